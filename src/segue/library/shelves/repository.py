"""All SQL of shelves: tracks with audio that are a listener's own or kept by them, by artist and album.

Artists and albums are no rows. They are what the labels of tracks say, and their keys are made of the names: the same
names have the same key, in every listener's shelf.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TrackOrder = Literal["shelf", "title", "random", "starred", "plays"]
AlbumOrder = Literal["name", "artist", "newest", "random", "highest", "frequent", "recent", "starred", "year", "-year"]


@dataclass(frozen=True, slots=True)
class Which:
    """What of a shelf is asked for; all that is said has to hold.

    Attributes
    ----------
    track_ids
        Named so, public tracks need not be kept.
    artist_keys
        Of whom albums or single tracks are by; without it, and but for stars, artists are those whom albums are by.
    years
        The first and the last.
    words
        Lower-case; each is in the title, artist or album of a track, in the name or artist of an album, in the name of
        an artist.
    """

    track_ids: Sequence[UUID] | None = None
    album_keys: Sequence[str] | None = None
    artist_keys: Sequence[str] | None = None
    genre: str | None = None
    years: tuple[int, int] | None = None
    words: Sequence[str] = ()
    starred: bool = False

    def values(self, user_id: UUID) -> dict[str, Any]:
        """Return it as the statements' parameters."""
        first, last = self.years or (None, None)
        return {
            "user_id": user_id,
            "track_ids": None if self.track_ids is None else list(self.track_ids),
            "album_keys": None if self.album_keys is None else list(self.album_keys),
            "artist_keys": None if self.artist_keys is None else list(self.artist_keys),
            "genre": self.genre,
            "first_year": first,
            "last_year": last,
            "words": list(self.words),
            "starred": self.starred,
        }


@dataclass(frozen=True, slots=True)
class ShelfTrack:
    """A track on a shelf, with its audio and what its listener did with it.

    Attributes
    ----------
    artist, album, album_artist
        Never empty: what has no album is among the singles.
    loudness_lufs, true_peak_dbtp, tempo_bpm
        As they were heard; None until then.
    """

    id: UUID
    source: str
    title: str
    artist: str
    album: str
    album_artist: str
    album_key: str
    artist_key: str
    genre: str | None
    year: int | None
    track_number: int | None
    disc_number: int | None
    created_at: datetime
    asset_id: UUID
    sha256: str
    size_bytes: int
    media_type: str
    probe: Mapping[str, Any]
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    tempo_bpm: float | None
    rating: int | None
    starred_at: datetime | None
    plays: int
    last_played_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShelfAlbum:
    """Tracks that bear the same album and album artist."""

    key: str
    artist_key: str
    name: str
    artist: str
    songs: int
    duration_s: float
    genre: str | None
    year: int | None
    created_at: datetime
    plays: int
    last_played_at: datetime | None
    starred_at: datetime | None
    rating: int | None


@dataclass(frozen=True, slots=True)
class ShelfArtist:
    """Whom albums on a shelf are by."""

    key: str
    name: str
    albums: int
    songs: int
    starred_at: datetime | None
    rating: int | None


@dataclass(frozen=True, slots=True)
class Playable:
    """How much of a playlist a listener can hear."""

    songs: int = 0
    duration_s: float = 0.0


_COLUMNS: Final = (
    "t.id, t.source, t.title, t.artist, t.album, t.album_artist, t.genre, t.year, t.track_number, t.disc_number,"
    " t.created_at, t.asset_id"
)
_NOBODY: Final = "CASE source WHEN 'generated' THEN 'Segue' WHEN 'mashup' THEN 'Mashups' ELSE 'Unknown artist' END"
#: In one label several genres may stand, as taggers write them.
_GENRES: Final = r"regexp_split_to_array(genre, '\s*[;,/|]\s*')"
_IN_GENRE: Final = (
    f"(CAST(:genre AS text) IS NULL OR lower(CAST(:genre AS text)) = ANY(CAST(lower({_GENRES}::text) AS text[])))"
)
_IN_YEARS: Final = (
    "(CAST(:first_year AS int) IS NULL OR year BETWEEN CAST(:first_year AS int) AND CAST(:last_year AS int))"
)


def _all_words_in(expression: str) -> str:
    return (
        "NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS said (word)"
        f" WHERE strpos(lower({expression}), said.word) = 0)"
    )


_SHELF: Final = f"""
    WITH mine AS (
        SELECT {_COLUMNS} FROM source_tracks t
        WHERE t.user_id = :user_id AND t.asset_id IS NOT NULL
            AND (CAST(:track_ids AS uuid[]) IS NULL OR t.id = ANY(CAST(:track_ids AS uuid[])))
        UNION ALL
        SELECT {_COLUMNS} FROM source_tracks t JOIN library_songs l ON l.track_id = t.id
        WHERE l.user_id = :user_id AND (l.kept OR l.liked) AND CAST(:track_ids AS uuid[]) IS NULL
            AND t.visibility = 'public' AND t.asset_id IS NOT NULL AND t.user_id <> :user_id
        UNION ALL
        SELECT {_COLUMNS} FROM source_tracks t
        WHERE t.id = ANY(CAST(:track_ids AS uuid[]))
            AND t.visibility = 'public' AND t.asset_id IS NOT NULL AND t.user_id <> :user_id
    ), named AS (
        SELECT id, source, title, genre, year, track_number, disc_number, created_at, asset_id,
            coalesce(nullif(artist, ''), {_NOBODY}) AS artist,
            coalesce(nullif(album_artist, ''), nullif(artist, ''), {_NOBODY}) AS album_artist,
            coalesce(nullif(album, ''), 'Singles') AS album
        FROM mine
    ), shelf AS MATERIALIZED (
        SELECT *, md5(lower(album_artist) || chr(31) || lower(album)) AS album_key,
            md5(lower(album_artist)) AS artist_key, md5(lower(artist)) AS track_artist_key
        FROM named
    ), wanted AS (
        SELECT * FROM shelf
        WHERE (CAST(:album_keys AS text[]) IS NULL OR album_key = ANY(CAST(:album_keys AS text[])))
            AND (
                CAST(:artist_keys AS text[]) IS NULL OR artist_key = ANY(CAST(:artist_keys AS text[]))
                OR track_artist_key = ANY(CAST(:artist_keys AS text[]))
            )
    )
"""  # noqa: S608 - constants of ours
_HEARD: Final = """
    SELECT track_id, count(*) AS plays, max(listened_at) AS last_played_at FROM listens
    WHERE user_id = :user_id AND NOT skipped AND track_id IN (SELECT id FROM wanted) GROUP BY track_id
"""
_TRACK_ORDERS: Final[Mapping[TrackOrder, str]] = {
    "shelf": "lower(album_artist), lower(album), disc_number NULLS FIRST, track_number, lower(title), id",
    "title": "lower(title), id",
    "random": "random()",
    "starred": "starred_at DESC, id",
    "plays": "plays DESC, rating DESC NULLS LAST, lower(title), id",
}
_TRACKS: Final = f"""
    {_SHELF}, chosen AS (
        SELECT w.*, l.rating, CASE WHEN l.liked THEN l.added_at END AS starred_at,
            coalesce(h.plays, 0) AS plays, h.last_played_at
        FROM wanted w
        LEFT JOIN library_songs l ON l.user_id = :user_id AND l.track_id = w.id
        LEFT JOIN ({_HEARD}) AS h ON h.track_id = w.id
        WHERE {_IN_GENRE} AND {_IN_YEARS} AND {_all_words_in("concat_ws(' ', w.title, w.artist, w.album)")}
            AND (NOT CAST(:starred AS boolean) OR l.liked)
        ORDER BY %s LIMIT :most OFFSET :skip
    )
    SELECT c.id, c.source, c.title, c.artist, c.album, c.album_artist, c.album_key, c.artist_key, c.genre, c.year,
        c.track_number, c.disc_number, c.created_at, c.asset_id, a.sha256, a.size_bytes, a.media_type, a.probe,
        (a.analysis ->> 'loudness_lufs')::float8, (a.analysis ->> 'true_peak_dbtp')::float8,
        (a.analysis ->> 'tempo_bpm')::float8, c.rating, c.starred_at, c.plays, c.last_played_at
    FROM chosen c JOIN assets a ON a.id = c.asset_id ORDER BY %s
"""  # noqa: S608 - constants of ours
_ALBUM_ORDERS: Final[Mapping[AlbumOrder, str]] = {
    "name": "lower(name), key",
    "artist": "lower(artist), lower(name), key",
    "newest": "created_at DESC, key",
    "random": "random()",
    "highest": "rating DESC, lower(name), key",
    "frequent": "plays DESC, lower(name), key",
    "recent": "last_played_at DESC, key",
    "starred": "starred_at DESC, key",
    "year": "year, lower(name), key",
    "-year": "year DESC, lower(name), key",
}
#: What lists by what a listener did leave out: albums with which nothing was done.
_ALBUM_CONDITIONS: Final[Mapping[str, str]] = {
    "highest": "rating IS NOT NULL",
    "frequent": "plays > 0",
    "recent": "last_played_at IS NOT NULL",
}
_ALBUMS: Final = f"""
    {_SHELF}, albums AS (
        SELECT w.album_key AS key, min(w.artist_key) AS artist_key, min(w.album) AS name, min(w.album_artist) AS artist,
            count(*) AS songs, sum((a.probe ->> 'duration_s')::float8) AS duration_s, min(w.genre) AS genre,
            max(w.year) AS year, max(w.created_at) AS created_at, coalesce(sum(h.plays), 0)::bigint AS plays,
            max(h.last_played_at) AS last_played_at
        FROM wanted w JOIN assets a ON a.id = w.asset_id
        LEFT JOIN ({_HEARD}) AS h ON h.track_id = w.id
        GROUP BY w.album_key HAVING bool_or({_IN_GENRE})
    )
    SELECT * FROM (
        SELECT b.*, m.starred_at, m.rating FROM albums b
        LEFT JOIN shelf_marks m ON m.user_id = :user_id AND m.kind = 'album' AND m.key = b.key
    ) AS marked
    WHERE {_IN_YEARS} AND {_all_words_in("concat_ws(' ', name, artist)")}
        AND (NOT CAST(:starred AS boolean) OR starred_at IS NOT NULL) AND %s
    ORDER BY %s LIMIT :most OFFSET :skip
"""  # noqa: S608 - constants of ours
_ARTISTS: Final = f"""
    {_SHELF}, credited AS (
        SELECT artist_key, album_artist AS artist, album_key, id FROM wanted
        UNION ALL
        SELECT track_artist_key, artist, album_key, id FROM wanted
        WHERE track_artist_key <> artist_key AND (CAST(:artist_keys AS text[]) IS NOT NULL OR CAST(:starred AS boolean))
    ), artists AS (
        SELECT artist_key AS key, min(artist) AS name, count(DISTINCT album_key) AS albums, count(DISTINCT id) AS songs
        FROM credited
        WHERE CAST(:artist_keys AS text[]) IS NULL OR artist_key = ANY(CAST(:artist_keys AS text[]))
        GROUP BY artist_key
    )
    SELECT a.*, m.starred_at, m.rating FROM artists a
    LEFT JOIN shelf_marks m ON m.user_id = :user_id AND m.kind = 'artist' AND m.key = a.key
    WHERE {_all_words_in("name")} AND (NOT CAST(:starred AS boolean) OR m.starred_at IS NOT NULL)
    ORDER BY lower(name), key LIMIT :most OFFSET :skip
"""  # noqa: S608 - constants of ours
_GENRE_COUNTS: Final = f"""
    {_SHELF}, parted AS (
        SELECT album_key, btrim(unnest({_GENRES})) AS genre FROM wanted WHERE genre <> ''
    )
    SELECT min(genre), count(*), count(DISTINCT album_key) FROM parted WHERE genre <> ''
    GROUP BY lower(genre) ORDER BY 2 DESC, 1
"""  # noqa: S608 - constants of ours
_IDS: Final = f"{_SHELF} SELECT id FROM wanted"  # noqa: S608 - constants of ours
_NEWEST: Final = f"{_SHELF} SELECT count(*), max(created_at) FROM wanted"  # noqa: S608 - constants of ours


async def tracks(
    session: AsyncSession, user_id: UUID, which: Which, *, order: TrackOrder, limit: int, offset: int
) -> list[ShelfTrack]:
    """Return tracks of a shelf."""
    by = _TRACK_ORDERS[order]
    statement = text(_TRACKS % (by, by if order != "random" else "c.id"))
    found = await session.execute(statement, {**which.values(user_id), "most": limit, "skip": offset})
    return [ShelfTrack(*row) for row in found]


async def track_ids(session: AsyncSession, user_id: UUID, which: Which) -> list[UUID]:
    """Return the ids of all tracks of a shelf that are asked for by key."""
    found = await session.scalars(text(_IDS), which.values(user_id))
    return list(found)


async def albums(
    session: AsyncSession, user_id: UUID, which: Which, *, order: AlbumOrder, limit: int, offset: int
) -> list[ShelfAlbum]:
    """Return albums of a shelf."""
    statement = text(_ALBUMS % (_ALBUM_CONDITIONS.get(order, "true"), _ALBUM_ORDERS[order]))
    found = await session.execute(statement, {**which.values(user_id), "most": limit, "skip": offset})
    return [ShelfAlbum(**row) for row in found.mappings()]


async def artists(
    session: AsyncSession, user_id: UUID, which: Which, *, limit: int | None, offset: int
) -> list[ShelfArtist]:
    """Return artists of a shelf, by name."""
    found = await session.execute(text(_ARTISTS), {**which.values(user_id), "most": limit, "skip": offset})
    return [ShelfArtist(**row) for row in found.mappings()]


async def genres(session: AsyncSession, user_id: UUID) -> list[tuple[str, int, int]]:
    """Return the genres on a shelf, with how many songs and albums they have, the largest first."""
    found = await session.execute(text(_GENRE_COUNTS), Which().values(user_id))
    return [(genre, songs, albums) for genre, songs, albums in found]


async def newest(session: AsyncSession, user_id: UUID) -> tuple[int, datetime | None]:
    """Return how many tracks are on a shelf, and when the newest came."""
    count, moment = (await session.execute(text(_NEWEST), Which().values(user_id))).one()
    return count, moment


async def playable_in(session: AsyncSession, playlist_ids: Sequence[UUID]) -> dict[UUID, Playable]:
    """Return how much of playlists the session's user can hear; those of which nothing are left out."""
    found = await session.execute(
        text("""
            SELECT e.playlist_id, count(*), sum((a.probe ->> 'duration_s')::float8)
            FROM playlist_entries e JOIN source_tracks t ON t.id = e.track_id JOIN assets a ON a.id = t.asset_id
            WHERE e.playlist_id = ANY(CAST(:playlist_ids AS uuid[])) GROUP BY e.playlist_id
        """),
        {"playlist_ids": list(playlist_ids)},
    )
    return {playlist_id: Playable(songs, duration_s) for playlist_id, songs, duration_s in found}
