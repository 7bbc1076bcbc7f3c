"""All SQL of playback. Sessions that see renditions are the system's."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.playback.tables import Rendition
from segue.catalog.tables import SourceTrack
from segue.kit.clock import now

#: When something was played is noted no more often: order is all that matters.
_NOTED_EVERY: Final = timedelta(minutes=10)
#: Titles that share less are no spellings of one another.
_ALIKE: Final = 0.4


async def use(session: AsyncSession, source_sha256: str, recipe: str) -> Rendition | None:
    """Return a rendition, if there is one, and note that it is used."""
    found = await session.get(Rendition, (source_sha256, recipe))
    if found is not None and now() - found.used_at > _NOTED_EVERY:
        await session.execute(_of(update(Rendition), source_sha256, recipe).values(used_at=now()))
    return found


async def add(session: AsyncSession, values: dict[str, Any]) -> Rendition:
    """Keep a rendition; one that somebody else has made meanwhile stays."""
    await session.execute(insert(Rendition).values(**values).on_conflict_do_nothing())
    return await session.get_one(Rendition, (values["source_sha256"], values["recipe"]))


async def total_bytes(session: AsyncSession) -> int:
    """Return how much room all of them take."""
    return int(await session.scalar(select(func.coalesce(func.sum(Rendition.size_bytes), 0))) or 0)


async def least_used(session: AsyncSession, *, limit: int) -> Sequence[Rendition]:
    """Return those that nobody has used for longest."""
    return (await session.scalars(select(Rendition).order_by(Rendition.used_at).limit(limit))).all()


async def of_source(session: AsyncSession, source_sha256: str) -> Sequence[Rendition]:
    """Return all that was made of a file."""
    return (await session.scalars(select(Rendition).where(Rendition.source_sha256 == source_sha256))).all()


async def forget(session: AsyncSession, rendition: Rendition) -> None:
    """Forget a rendition; its file is another matter."""
    await session.execute(_of(delete(Rendition), rendition.source_sha256, rendition.recipe))


async def is_rendition(session: AsyncSession, sha256: str) -> bool:
    """Whether a stored file is any rendition's."""
    return await session.scalar(select(Rendition.sha256).where(Rendition.sha256 == sha256).limit(1)) is not None


def _of(statement: Any, source_sha256: str, recipe: str) -> Any:
    return statement.where(Rendition.source_sha256 == source_sha256, Rendition.recipe == recipe)


async def lengths(session: AsyncSession, track_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return the id, source and duration in ms of those of these tracks that the session's user may see."""
    query = text("""
        SELECT t.id, t.source,
            coalesce(round(1000 * CAST(a.probe ->> 'duration_s' AS float8))::int, s.duration_ms) AS duration_ms
        FROM source_tracks t LEFT JOIN assets a ON a.id = t.asset_id LEFT JOIN songs s ON s.track_id = t.id
        WHERE t.id = ANY(CAST(:track_ids AS uuid[]))
    """)
    return (await session.execute(query, {"track_ids": list(track_ids)})).all()


async def uploads_like(session: AsyncSession, user_id: UUID, title: str, *, limit: int) -> Sequence[SourceTrack]:
    """Return those of a user's uploads whose titles share most with a title, as trigrams tell it."""
    alike = func.word_similarity(title, SourceTrack.title)
    query = select(SourceTrack).where(
        SourceTrack.user_id == user_id,
        SourceTrack.source == "uploaded",
        func.greatest(alike, func.word_similarity(SourceTrack.title, title)) > _ALIKE,
    )
    return (await session.scalars(query.order_by(alike.desc(), SourceTrack.id).limit(limit))).unique().all()
