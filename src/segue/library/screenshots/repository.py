"""All SQL of screenshots."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.library.screenshots.tables import Screenshot, ScreenshotRow
from segue.library.tables import Playlist


async def ensure_screenshot(
    session: AsyncSession, import_id: UUID, *, media_type: str, width: int, height: int
) -> None:
    """Note what an import is an image of, once."""
    values = {"import_id": import_id, "media_type": media_type, "width": width, "height": height}
    await session.execute(insert(Screenshot).values(values).on_conflict_do_nothing())


async def screenshot_of(session: AsyncSession, import_id: UUID) -> Screenshot | None:
    """Return what an import is an image of, or none where it is something else."""
    return await session.get(Screenshot, import_id)


async def rows_of(
    session: AsyncSession, import_id: UUID, *, after: int = 0, limit: int | None = None
) -> Sequence[ScreenshotRow]:
    """Return rows of a screenshot, from the top."""
    query = select(ScreenshotRow).where(ScreenshotRow.import_id == import_id, ScreenshotRow.number > after)
    return (await session.scalars(query.order_by(ScreenshotRow.number).limit(limit))).all()


async def row_of(session: AsyncSession, import_id: UUID, number: int) -> ScreenshotRow | None:
    """Return one row, as it is now and until the transaction ends."""
    return await session.get(ScreenshotRow, (import_id, number), with_for_update=True)


async def last_number(session: AsyncSession, import_id: UUID) -> int:
    """Return the number of the last row, 0 where there is none."""
    query = select(func.coalesce(func.max(ScreenshotRow.number), 0)).where(ScreenshotRow.import_id == import_id)
    return (await session.scalars(query)).one()


async def replace_rows(session: AsyncSession, import_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the rows of a screenshot in place of those that were there."""
    await session.execute(delete(ScreenshotRow).where(ScreenshotRow.import_id == import_id))
    if rows:
        await session.execute(insert(ScreenshotRow), list(rows))


async def playlist_names(session: AsyncSession, user_id: UUID, source: str) -> set[str]:
    """Return what a user's lists from somewhere are called."""
    query = select(Playlist.source_name).where(Playlist.user_id == user_id, Playlist.source == source)
    return {name for name in await session.scalars(query) if name is not None}
