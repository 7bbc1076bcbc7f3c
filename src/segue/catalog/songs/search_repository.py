"""All SQL of finding songs as somebody types: by words, by whole names, by words that are nearly those."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

#: So many songs are the popular ones: what two typed letters leave of them is sorted in milliseconds.
POPULAR: Final = 20_000
_SHOWN: Final = (
    "s.track_id, t.title, t.artist, s.title_key, s.artist_keys, s.album, s.year, s.duration_ms, s.popularity"
    " FROM found JOIN songs s ON s.track_id = found.track_id JOIN source_tracks t ON t.id = s.track_id"
)


@dataclass(frozen=True, slots=True)
class FoundSong:
    """A song as a list shows it, with its keys."""

    track_id: UUID
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_ms: int | None
    popularity: float
    title_key: str
    artist_keys: tuple[str, ...]


async def with_words(
    session: AsyncSession, words: Sequence[Sequence[str]], *, popular: bool, most: int
) -> list[FoundSong]:
    """Return the most popular songs with all of some words.

    Parameters
    ----------
    words
        For each word its spellings, of which one will do; the last word may go on.
    popular
        Whether to look among the popular songs only.
    """
    query = _tsquery(words, goes_on=True)
    # An index takes long for what begins with one or two letters: whole words decide, where there are any.
    few = not popular and len(words) > 1 and max(map(len, words[-1])) < 3
    # Of what is not popular a few thousand are enough to choose from.
    statement = text(f"""
        WITH found AS MATERIALIZED (
            SELECT track_id FROM (
                SELECT track_id, popularity FROM songs
                WHERE words @@ CAST(:whole AS tsquery) AND (words @@ CAST(:query AS tsquery)) IS TRUE
                    {"AND is_popular" if popular else "LIMIT 4000"}
            ) matching ORDER BY popularity DESC LIMIT :most
        )
        SELECT {_SHOWN}
    """)  # noqa: S608 - constants
    whole = _tsquery(words[:-1], goes_on=False) if few else query
    return _shown(await session.execute(statement, {"query": query, "whole": whole, "most": most}))


async def called(session: AsyncSession, key: str, *, most: int) -> list[FoundSong]:
    """Return the most popular songs that are called so, or whose artist is: `key` has no spaces."""
    statement = text(f"""
        WITH found AS MATERIALIZED (
            SELECT s.track_id FROM (
                (SELECT track_id FROM song_lookups WHERE title_key = :key LIMIT 400)
                UNION (SELECT track_id FROM song_lookups WHERE artist_key = :key LIMIT 400)
            ) named JOIN songs s ON s.track_id = named.track_id ORDER BY s.popularity DESC LIMIT :most
        )
        SELECT {_SHOWN}
    """)  # noqa: S608 - constants
    return _shown(await session.execute(statement, {"key": key, "most": most}))


async def with_ids(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, FoundSong]:
    """Return songs by their tracks."""
    statement = text(f"""
        WITH found AS MATERIALIZED (SELECT unnest(CAST(:ids AS uuid[])) AS track_id)
        SELECT {_SHOWN}
    """)
    return {song.track_id: song for song in _shown(await session.execute(statement, {"ids": list(track_ids)}))}


async def known_words(session: AsyncSession, words: Sequence[str], *, begun: str) -> set[str]:
    """Return those words that some song's name has, and `begun` if some word begins so."""
    statement = text("""
        SELECT w FROM unnest(CAST(:words AS text[])) AS w WHERE EXISTS (SELECT FROM song_words WHERE word = w)
        UNION ALL
        SELECT :begun WHERE EXISTS (SELECT FROM song_words WHERE word >= :begun AND word < :begun || :end)
    """)
    return set(await session.scalars(statement, {"words": list(words), "begun": begun, "end": "\U0010fffd"}))


async def near_words(
    session: AsyncSession, words: Sequence[str], *, begun_alike: bool, most: int
) -> dict[str, list[str]]:
    """Return words of songs' names that look like others: of those with the same two letters first, or of all.

    Words are few, even of a million songs: comparing trigrams of words takes a tenth of what those of names take.
    """
    alike, beginning = (
        (
            "s.word >= left(wanted.word, 2) AND s.word < left(wanted.word, 2) || :end",
            "left(s.word, length(wanted.word))",
        )
        if begun_alike
        else ("s.word % wanted.word AND :end <> ''", "s.word")
    )
    statement = text(f"""
        SELECT wanted.word AS wanted, near.word
        FROM unnest(CAST(:words AS text[])) AS wanted (word) CROSS JOIN LATERAL (
            SELECT s.word, similarity({beginning}, wanted.word) AS likeness FROM song_words s
            WHERE {alike} AND similarity({beginning}, wanted.word) > 0.25
            ORDER BY likeness DESC, s.word LIMIT :most
        ) near
        ORDER BY near.likeness DESC
    """)  # noqa: S608 - constants
    near: dict[str, list[str]] = {}
    for row in await session.execute(statement, {"words": list(words), "most": most, "end": "\U0010fffd"}):
        near.setdefault(row.wanted, []).append(row.word)
    return near


async def rank(session: AsyncSession) -> None:
    """Mark anew which songs are the popular ones, in the system's session: after popularities have changed."""
    await session.execute(
        text("""
            WITH best AS (SELECT track_id FROM songs ORDER BY popularity DESC, track_id LIMIT :most)
            UPDATE songs s SET is_popular = NOT is_popular
            WHERE is_popular <> EXISTS (SELECT FROM best b WHERE b.track_id = s.track_id)
        """),
        {"most": POPULAR},
    )


def _tsquery(words: Sequence[Sequence[str]], *, goes_on: bool) -> str:
    """Return a query in PostgreSQL's own words."""
    parts = []
    for number, spellings in enumerate(words, 1):
        suffix = ":*" if goes_on and number == len(words) else ""
        quoted = (spelling.replace("\\", "\\\\").replace("'", "''") for spelling in spellings)
        parts.append("(" + " | ".join(f"'{word}'{suffix}" for word in quoted) + ")")
    return " & ".join(parts)


def _shown(rows: Sequence[Row[Any]] | Any) -> list[FoundSong]:
    return [
        FoundSong(
            track_id=row.track_id,
            title=row.title,
            artist=row.artist,
            album=row.album,
            year=row.year,
            duration_ms=row.duration_ms,
            popularity=row.popularity,
            title_key=row.title_key,
            artist_keys=tuple(row.artist_keys),
        )
        for row in rows
    ]
