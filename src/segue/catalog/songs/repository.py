"""All SQL of songs' identity: what is known by an id or a name, and what is new. Each function is one statement."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs.folding import squeezed
from segue.catalog.songs.loaders.told import Told
from segue.catalog.songs.matching import Facts
from segue.catalog.songs.naming import SongName
from segue.catalog.songs.refs import IdentifierKind, SongRef
from segue.catalog.songs.search_repository import POPULAR
from segue.kit.clock import now

#: An artist's key and a title's, without spaces.
Lookup = tuple[str, str]
Identifier = tuple[IdentifierKind, str]

_FACTS: Final = (
    "s.track_id, s.title_key, s.bare_key, s.version_key, s.artist_keys, s.lead_key, s.album, s.year, s.duration_ms,"
    " s.popularity"
)
#: As many songs as are looked at under one pair of keys: of "Intro" by nobody there are thousands.
_PER_LOOKUP: Final = 12


@dataclass(frozen=True, slots=True)
class KnownSong:
    """A song of the catalogue, as far as telling it from others goes."""

    track_id: UUID
    facts: Facts
    popularity: float = 0.0


@dataclass(frozen=True, slots=True)
class NewSong:
    """A song that the catalogue shall have: how it is spelled, and its keys."""

    track_id: UUID
    ref: SongRef
    facts: Facts


def lookups_of(name: SongName) -> list[Lookup]:
    """Return the pairs of keys under which a song of this name is looked up; of nobody's song, with an empty artist."""
    titles = dict.fromkeys((squeezed(name.title), squeezed(name.bare)))
    return [(artist, title) for artist in dict.fromkeys(map(squeezed, name.artists or ("",))) for title in titles]


def words_of(name: SongName) -> list[str]:
    """Return the words by which a song of this name is found."""
    return sorted({word for key in (name.title, name.version, *name.artists) for word in key.split(" ") if word})


async def by_identifier(session: AsyncSession, identifiers: Sequence[Identifier]) -> dict[Identifier, KnownSong]:
    """Return the songs that are known by some ids."""
    statement = text(f"""
        SELECT i.kind, i.value, {_FACTS}
        FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS wanted (kind, value)
        JOIN song_identifiers i ON i.kind = wanted.kind AND i.value = wanted.value
        JOIN songs s ON s.track_id = i.track_id
    """)  # noqa: S608 - a constant list of columns
    kinds, values = _columns(identifiers, 2)
    rows = await session.execute(statement, {"kinds": kinds, "values": values})
    return {(kind, value): _known(facts) for kind, value, *facts in map(tuple, rows)}


async def by_name(session: AsyncSession, lookups: Sequence[Lookup]) -> dict[Lookup, list[KnownSong]]:
    """Return the songs that are looked up under some pairs of keys, the most popular of each."""
    statement = text(f"""
        SELECT wanted.artist_key AS artist, wanted.title_key AS title, {_FACTS}
        FROM unnest(CAST(:artists AS text[]), CAST(:titles AS text[])) AS wanted (artist_key, title_key)
        CROSS JOIN LATERAL (
            SELECT track_id FROM song_lookups l
            WHERE l.artist_key = wanted.artist_key AND l.title_key = wanted.title_key LIMIT :most
        ) found
        JOIN songs s ON s.track_id = found.track_id
    """)  # noqa: S608 - a constant list of columns
    artists, titles = _columns(lookups, 2)
    return _grouped(await session.execute(statement, {"artists": artists, "titles": titles, "most": _PER_LOOKUP}))


async def by_likeness(session: AsyncSession, lookups: Sequence[Lookup]) -> dict[Lookup, list[KnownSong]]:
    """Return songs that are looked up under nearly the same keys.

    Either the artist is the same and the titles begin alike, or the title is the same and the artists begin alike; for
    nobody's songs any artist will do. Beginnings are what the indexes serve: trigrams would cost milliseconds a song.
    """
    statement = text(f"""
        SELECT wanted.artist_key AS artist, wanted.title_key AS title, {_FACTS}
        FROM unnest(CAST(:artists AS text[]), CAST(:titles AS text[])) AS wanted (artist_key, title_key)
        CROSS JOIN LATERAL (
            (
                SELECT l.track_id FROM song_lookups l
                WHERE wanted.artist_key <> '' AND l.artist_key = wanted.artist_key
                    AND l.title_key >= left(wanted.title_key, 2) AND l.title_key < left(wanted.title_key, 2) || :end
                    AND similarity(l.title_key, wanted.title_key) > 0.3
                ORDER BY similarity(l.title_key, wanted.title_key) DESC LIMIT 4
            ) UNION (
                SELECT l.track_id FROM song_lookups l
                WHERE l.title_key = wanted.title_key
                    AND l.artist_key >= left(wanted.artist_key, 2) AND l.artist_key < left(wanted.artist_key, 2) || :end
                    AND (wanted.artist_key = '' OR similarity(l.artist_key, wanted.artist_key) > 0.3)
                LIMIT 4
            ) UNION (
                SELECT l.track_id FROM song_lookups l WHERE l.title_key = wanted.title_key AND l.artist_key = '' LIMIT 2
            )
        ) found
        JOIN songs s ON s.track_id = found.track_id
    """)  # noqa: S608 - a constant list of columns
    artists, titles = _columns(lookups, 2)
    return _grouped(await session.execute(statement, {"artists": artists, "titles": titles, "end": "\U0010fffd"}))


async def lock(session: AsyncSession) -> None:
    """Wait until nobody else adds songs; others wait until this transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('songs'))"))


async def add(session: AsyncSession, songs: Sequence[NewSong]) -> None:
    """Add external tracks with their keys; four statements, however many they are."""
    track_ids = [song.track_id for song in songs]
    await session.execute(
        text("""
            INSERT INTO source_tracks (id, source, title, artist, visibility, created_at)
            SELECT id, 'external', title, nullif(artist, ''), 'public', :now
            FROM unnest(CAST(:ids AS uuid[]), CAST(:titles AS text[]), CAST(:artists AS text[]))
                AS new (id, title, artist)
        """),
        {
            "ids": track_ids,
            "titles": [song.ref.title for song in songs],
            "artists": [song.ref.artist for song in songs],
            "now": now(),
        },
    )
    await session.execute(
        text("""
            INSERT INTO songs (
                track_id, title_key, bare_key, version_key, artist_keys, lead_key, album, year, duration_ms, words,
                is_popular
            )
            SELECT id, title, bare, version, string_to_array(artists, chr(10)), lead, album, year, duration,
                array_to_tsvector(string_to_array(words, ' ')),
                (SELECT count(*) < :popular FROM songs WHERE is_popular)
            FROM unnest(
                CAST(:ids AS uuid[]), CAST(:titles AS text[]), CAST(:bares AS text[]), CAST(:versions AS text[]),
                CAST(:artists AS text[]), CAST(:leads AS text[]), CAST(:albums AS text[]), CAST(:years AS int[]),
                CAST(:durations AS int[]), CAST(:words AS text[])
            ) AS new (id, title, bare, version, artists, lead, album, year, duration, words)
        """),
        {"ids": track_ids, "popular": POPULAR, **_facts_columns(songs)},
    )
    lookups = [(song.track_id, lookup) for song in songs for lookup in lookups_of(song.facts.name)]
    await session.execute(
        text("""
            INSERT INTO song_lookups (artist_key, title_key, track_id)
            SELECT * FROM unnest(CAST(:artists AS text[]), CAST(:titles AS text[]), CAST(:ids AS uuid[]))
            ORDER BY 1, 2
        """),
        {
            "artists": [artist for _, (artist, _) in lookups],
            "titles": [title for _, (_, title) in lookups],
            "ids": [track_id for track_id, _ in lookups],
        },
    )
    words = sorted({word for song in songs for word in words_of(song.facts.name)})
    await session.execute(
        text("INSERT INTO song_words SELECT unnest(CAST(:words AS text[])) ON CONFLICT DO NOTHING"), {"words": words}
    )


async def add_identifiers(session: AsyncSession, identifiers: Mapping[Identifier, UUID]) -> None:
    """Let songs be known by further ids; an id that another song has stays with it."""
    kinds, values = _columns(list(identifiers), 2)
    await session.execute(
        text("""
            INSERT INTO song_identifiers (kind, value, track_id)
            SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:ids AS uuid[])) ORDER BY 1, 2
            ON CONFLICT DO NOTHING
        """),
        {"kinds": kinds, "values": values, "ids": list(identifiers.values())},
    )


async def fill_in(session: AsyncSession, refs: Mapping[UUID, SongRef]) -> None:
    """Add what refs know of their songs and the catalogue does not yet: album, year, duration."""
    found = list(refs.items())
    await session.execute(
        text("""
            UPDATE songs s SET album = coalesce(s.album, new.album), year = coalesce(s.year, new.year),
                duration_ms = coalesce(s.duration_ms, new.duration_ms)
            FROM unnest(CAST(:ids AS uuid[]), CAST(:albums AS text[]), CAST(:years AS int[]), CAST(:durations AS int[]))
                AS new (track_id, album, year, duration_ms)
            WHERE s.track_id = new.track_id
        """),
        {
            "ids": [track_id for track_id, _ in found],
            "albums": [ref.album for _, ref in found],
            "years": [ref.year for _, ref in found],
            "durations": [ref.duration_ms for _, ref in found],
        },
    )


def _facts_columns(songs: Sequence[NewSong]) -> dict[str, list[Any]]:
    names = [song.facts.name for song in songs]
    return {
        "titles": [name.title for name in names],
        "bares": [name.bare for name in names],
        "versions": [name.version for name in names],
        "artists": ["\n".join(name.artists) for name in names],
        "leads": [name.lead for name in names],
        "albums": [song.ref.album for song in songs],
        "years": [song.ref.year for song in songs],
        "durations": [song.ref.duration_ms for song in songs],
        "words": [" ".join(words_of(name)) for name in names],
    }


def _columns(rows: Sequence[tuple[str, ...]], count: int) -> list[list[str]]:
    return [[row[column] for row in rows] for column in range(count)]


def _grouped(rows: Iterable[Row[Any]]) -> dict[Lookup, list[KnownSong]]:
    found: dict[Lookup, list[KnownSong]] = {}
    for artist, title, *facts in map(tuple, rows):
        found.setdefault((artist, title), []).append(_known(facts))
    return found


def _known(columns: Sequence[Any]) -> KnownSong:
    track_id, title, bare, version, artists, lead, album, year, duration_ms, popularity = columns
    name = SongName(title, bare, version, tuple(artists), lead)
    return KnownSong(track_id, Facts(name, album, year, duration_ms), popularity)


async def tell(session: AsyncSession, told: Sequence[tuple[UUID, Told]]) -> None:
    """Keep what a collection tells of songs: the highest popularity, all labels, of each feature what came first."""
    by_track: dict[UUID, list[Told]] = {}
    for track_id, one in told:
        by_track.setdefault(track_id, []).append(one)
    await session.execute(
        text("""
            UPDATE songs s SET popularity = greatest(s.popularity, new.popularity),
                tags = coalesce(s.tags, '{}') || new.tags || (
                    SELECT coalesce(jsonb_object_agg(kind, labels), '{}') FROM (
                        SELECT kind, jsonb_agg(DISTINCT label ORDER BY label) AS labels
                        FROM unnest(CAST(:labels AS text[])) AS kind, jsonb_array_elements_text(
                            coalesce(s.tags -> kind, '[]') || coalesce(new.tags -> kind, '[]')
                        ) AS label
                        GROUP BY kind
                    ) AS all_labels
                ) || jsonb_strip_nulls(jsonb_build_object('features',
                    coalesce(new.tags -> 'features' || coalesce(s.tags -> 'features', '{}'), s.tags -> 'features')
                ))
            FROM unnest(CAST(:ids AS uuid[]), CAST(:popularities AS real[]), CAST(:tags AS jsonb[]))
                AS new (track_id, popularity, tags)
            WHERE s.track_id = new.track_id
        """),
        {
            "labels": ["genres", "moods", "instruments"],
            "ids": list(by_track),
            "popularities": [max(one.popularity or 0.0 for one in all_told) for all_told in by_track.values()],
            "tags": [_tags(all_told) for all_told in by_track.values()],
        },
    )


def _tags(told: Sequence[Told]) -> str:
    features: dict[str, float] = {}
    for one in told:
        features = {**one.features, **features}
    tags: dict[str, object] = {
        "genres": sorted(frozenset().union(*(one.genres for one in told))),
        "moods": sorted(frozenset().union(*(one.moods for one in told))),
        "instruments": sorted(frozenset().union(*(one.instruments for one in told))),
        "features": features,
    }
    return json.dumps({name: value for name, value in tags.items() if value or name == "genres"})


async def names_of(session: AsyncSession, track_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return the id, title, artist, album, year and duration in ms of tracks that the session's user may see."""
    query = text("""
        SELECT t.id, t.title, t.artist, s.album, s.year, s.duration_ms FROM source_tracks t
        LEFT JOIN songs s ON s.track_id = t.id WHERE t.id = ANY (:ids)
    """)
    return (await session.execute(query, {"ids": list(track_ids)})).all()


async def identifiers_of(session: AsyncSession, track_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return tracks' ids elsewhere, one of each kind: the track's own id, the kind, the value."""
    query = text("""
        SELECT track_id, kind, min(value) AS value FROM song_identifiers
        WHERE track_id = ANY (:ids) GROUP BY track_id, kind
    """)
    return (await session.execute(query, {"ids": list(track_ids)})).all()
