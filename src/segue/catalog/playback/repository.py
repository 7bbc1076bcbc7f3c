"""All SQL of renditions; every session is the system's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.playback.tables import Rendition
from segue.kit.clock import now

#: When something was played is noted no more often: order is all that matters.
_NOTED_EVERY: Final = timedelta(minutes=10)


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


async def is_used_since(session: AsyncSession, rendition: Rendition, moment: datetime) -> bool:
    """Tell whether a rendition was used after a moment."""
    query = select(Rendition.used_at).where(
        Rendition.source_sha256 == rendition.source_sha256, Rendition.recipe == rendition.recipe
    )
    used_at = await session.scalar(query)
    return used_at is not None and used_at > moment


async def forget(session: AsyncSession, rendition: Rendition) -> None:
    """Forget a rendition; its file is another matter."""
    await session.execute(_of(delete(Rendition), rendition.source_sha256, rendition.recipe))


async def is_rendition(session: AsyncSession, sha256: str) -> bool:
    """Whether a stored file is any rendition's."""
    return await session.scalar(select(Rendition.sha256).where(Rendition.sha256 == sha256).limit(1)) is not None


def _of(statement: Any, source_sha256: str, recipe: str) -> Any:
    return statement.where(Rendition.source_sha256 == source_sha256, Rendition.recipe == recipe)
