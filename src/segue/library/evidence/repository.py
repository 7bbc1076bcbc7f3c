"""All SQL of what listeners did with tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: What was only liked or banned is told at once, by whoever asks: it is no news of the library.
_STATE = """concat_ws('/',
    (SELECT concat(count(*), ' ', max(i.completed_at)) FROM imports i
        WHERE i.user_id = who.user_id AND i.completed_at IS NOT NULL),
    (SELECT count(*) FROM library_songs k WHERE k.user_id = who.user_id AND k.kept),
    (SELECT concat(count(*), ' ', max(p.created_at), ' ', sum(h.version)) FROM playlists p
        LEFT JOIN playlist_heads h ON h.playlist_id = p.id WHERE p.user_id = who.user_id))
"""


def _newest_of(table: str) -> str:
    """Return a walk through the tracks of a table: one look at its index for each, however many rows a track has."""
    return f"""
        {table}_walk AS (
            (SELECT track_id FROM {table} ORDER BY track_id DESC LIMIT 1)
            UNION ALL
            SELECT (SELECT t.track_id FROM {table} t WHERE t.track_id < w.track_id ORDER BY t.track_id DESC LIMIT 1)
            FROM {table}_walk w WHERE w.track_id IS NOT NULL
        )
    """  # noqa: S608 - constants of ours


_SOURCES = ("library_songs", "playlist_entries", "listens")
_KNOWN = f"""
    WITH RECURSIVE {", ".join(map(_newest_of, _SOURCES))}, known AS (
        SELECT track_id FROM (
            {" UNION ".join(f"(SELECT track_id FROM {table}_walk LIMIT :most)" for table in _SOURCES)}
        ) AS walked WHERE track_id IS NOT NULL ORDER BY track_id DESC LIMIT :most
    )
"""  # noqa: S608 - constants of ours


@dataclass(frozen=True, slots=True)
class TrackHistory:
    """What a listener did with a track.

    Attributes
    ----------
    plays, skips, recent_plays
        Recent are those since the moment that was asked for.
    last_played_at
        None where nobody knows.
    completion
        How much of it a play lasts on average, 0 to 1; None where lengths are unknown.
    kept, added_at
        Whether it is kept in the library or in a playlist, and since when; what is only liked is not.
    """

    track_id: UUID
    plays: int
    skips: int
    recent_plays: int
    last_played_at: datetime | None
    completion: float | None
    liked: bool | None
    rating: int | None
    kept: bool
    added_at: datetime | None


async def histories(session: AsyncSession, user_id: UUID, *, recent_from: datetime) -> list[TrackHistory]:
    """Return what a listener did with each track that they have anything to do with."""
    found = await session.execute(
        text("""
            WITH heard AS (
                SELECT l.track_id, count(*) FILTER (WHERE NOT l.skipped) AS plays,
                    count(*) FILTER (WHERE l.skipped) AS skips,
                    count(*) FILTER (WHERE NOT l.skipped AND l.listened_at >= :recent_from) AS recent,
                    max(l.listened_at) AS last, avg(l.played_ms) FILTER (WHERE NOT l.skipped) AS played_ms
                FROM listens l WHERE l.user_id = :user_id GROUP BY l.track_id
            ), kept AS (
                SELECT track_id, min(added_at) AS added_at FROM (
                    SELECT track_id, added_at FROM library_songs
                    WHERE user_id = :user_id AND kept AND liked IS NOT FALSE
                    UNION ALL
                    SELECT e.track_id, coalesce(e.added_at, p.created_at) FROM playlists p
                    JOIN playlist_entries e ON e.playlist_id = p.id WHERE p.user_id = :user_id
                ) AS places GROUP BY track_id
            ), said AS (
                SELECT track_id, liked, rating, play_count, skip_count, last_played_at FROM library_songs
                WHERE user_id = :user_id
            )
            SELECT track_id, greatest(coalesce(plays, 0), coalesce(play_count, 0)),
                greatest(coalesce(skips, 0), coalesce(skip_count, 0)), coalesce(recent, 0),
                greatest(last, last_played_at), least(1, played_ms / s.duration_ms)::float8,
                liked, rating, kept.track_id IS NOT NULL, kept.added_at
            FROM heard FULL JOIN kept USING (track_id) FULL JOIN said USING (track_id)
            LEFT JOIN songs s USING (track_id)
        """),
        {"user_id": user_id, "recent_from": recent_from},
    )
    return [TrackHistory(*row) for row in found]


async def opinions(
    session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID]
) -> dict[UUID, tuple[bool | None, int | None]]:
    """Return whether a listener likes tracks, and how they rate them, where they have said so."""
    found = await session.execute(
        text("""
            SELECT track_id, liked, rating FROM library_songs
            WHERE user_id = :user_id AND track_id = ANY(CAST(:track_ids AS uuid[]))
        """),
        {"user_id": user_id, "track_ids": list(track_ids)},
    )
    return {track_id: (liked, rating) for track_id, liked, rating in found}


async def state(session: AsyncSession, user_id: UUID) -> str:
    """Return a word that changes when a file, a connected service or a list brings something or is taken back."""
    found = await session.scalars(
        text(f"SELECT {_STATE} FROM (SELECT CAST(:user_id AS uuid) AS user_id) AS who"),  # noqa: S608 - ours
        {"user_id": user_id},
    )
    return str(found.one())


async def changed(session: AsyncSession, seen: Mapping[UUID, tuple[str, datetime]]) -> set[UUID]:
    """Return those users whose library looks otherwise than it was seen, or who have heard anything since."""
    found = await session.scalars(
        text(f"""
            SELECT who.user_id FROM unnest(
                CAST(:user_ids AS uuid[]), CAST(:states AS text[]), CAST(:moments AS timestamptz[])
            ) AS who (user_id, state, moment)
            WHERE EXISTS (SELECT FROM listens l WHERE l.user_id = who.user_id AND l.listened_at > who.moment)
                OR {_STATE} <> who.state
        """),  # noqa: S608 - a constant of ours
        {
            "user_ids": list(seen),
            "states": [state for state, _ in seen.values()],
            "moments": [moment for _, moment in seen.values()],
        },
    )
    return set(found)


async def count_since(session: AsyncSession, user_id: UUID, moment: datetime, *, most: int) -> int:
    """Return how many listens a listener has since a moment, counting no further than `most`."""
    found = await session.scalars(
        text("""
            SELECT count(*) FROM (
                SELECT FROM listens WHERE user_id = :user_id AND listened_at > :moment LIMIT :most
            ) AS newest
        """),
        {"user_id": user_id, "moment": moment, "most": most},
    )
    return int(found.one())


async def contexts(
    session: AsyncSession, track_ids: Sequence[UUID], *, per_track: int
) -> list[tuple[UUID, list[int], list[float]]]:
    """Return in whose history, in which week of it and in which playlist tracks are, as hashes, and how strongly.

    Parameters
    ----------
    per_track
        Of one track at most so many of each kind, the strongest.
    """
    found = await session.execute(
        text("""
            WITH wanted AS (SELECT unnest(CAST(:track_ids AS uuid[])) AS track_id), held AS (
                SELECT l.track_id, 1 AS kind, l.user_id::text AS context, ln(1 + count(*)) AS strength
                FROM wanted JOIN listens l USING (track_id) WHERE NOT l.skipped GROUP BY 1, l.user_id
                UNION ALL
                SELECT l.track_id, 2, concat(l.user_id, date_trunc('week', l.listened_at)), ln(1 + count(*))
                FROM wanted JOIN listens l USING (track_id) WHERE NOT l.skipped
                GROUP BY 1, l.user_id, date_trunc('week', l.listened_at)
                UNION ALL
                SELECT e.track_id, 3, e.playlist_id::text, 1 FROM wanted JOIN playlist_entries e USING (track_id)
                UNION ALL
                SELECT k.track_id, 4, k.user_id::text, 1 FROM wanted JOIN library_songs k USING (track_id)
                WHERE k.liked IS NOT FALSE
            )
            SELECT track_id, array_agg(hashtextextended(context, kind)), array_agg(strength::float8) FROM (
                SELECT *, row_number() OVER (PARTITION BY track_id, kind ORDER BY strength DESC, context) AS place
                FROM held
            ) AS placed WHERE place <= :most GROUP BY track_id
        """),
        {"track_ids": list(track_ids), "most": per_track},
    )
    return [(track_id, hashes, strengths) for track_id, hashes, strengths in found]


async def known_tracks(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Return tracks that anybody has to do with, the newest, at most `limit`."""
    found = await session.scalars(text(f"{_KNOWN} SELECT track_id FROM known"), {"most": limit})  # noqa: S608 - ours
    return list(found)


async def count_known(session: AsyncSession, *, most: int) -> int:
    """Return how many tracks anybody has to do with, counting no further than `most`."""
    found = await session.scalars(text(f"{_KNOWN} SELECT count(*) FROM known"), {"most": most})  # noqa: S608 - ours
    return int(found.one())


async def listeners(session: AsyncSession, *, after: UUID, limit: int) -> list[UUID]:
    """Return users who have listens or kept songs, by their ids, those that follow `after`."""
    found = await session.scalars(
        text("""
            SELECT u.id FROM users u WHERE u.id > :after AND (
                EXISTS (SELECT FROM listens l WHERE l.user_id = u.id)
                OR EXISTS (SELECT FROM library_songs k WHERE k.user_id = u.id)
            ) ORDER BY u.id LIMIT :most
        """),
        {"after": after, "most": limit},
    )
    return list(found)


async def has_any(session: AsyncSession, user_id: UUID) -> bool:
    """Tell whether a user has a listen, a kept song or a list."""
    found = await session.scalars(
        text("""
            SELECT EXISTS (SELECT FROM listens WHERE user_id = :user_id)
                OR EXISTS (SELECT FROM library_songs WHERE user_id = :user_id)
                OR EXISTS (SELECT FROM playlists WHERE user_id = :user_id)
        """),
        {"user_id": user_id},
    )
    return bool(found.one())
