"""Stored files and the rows that need them, kept in step: a lock by content, and who still needs what."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from segue.kit.database import Database
from segue.kit.storage import Storage, StoredBlob

_AT_A_TIME: Final = 1_000


@dataclass(frozen=True, slots=True)
class BlobHolder:
    """Rows that need stored files: a column with their SHA-256, and the condition under which a row does need its own.

    Every column that names a blob has one, all of them composed in `segue.api.privacy.holders`.
    """

    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
    condition: ColumnElement[bool] | None = None

    def query(self, *conditions: ColumnElement[bool]) -> Any:
        """Return the query for the blobs that rows under these conditions need."""
        own = () if self.condition is None else (self.condition,)
        return select(self.column).where(self.column.is_not(None), *own, *conditions)


async def lock_blob(session: AsyncSession, sha256: str) -> None:
    """Let nobody else begin or cease to need this content until the transaction ends.

    Whoever writes a row that needs a blob takes this first, and then makes sure that the blob is there; whoever deletes
    a blob takes it first, and then makes sure that no row needs it.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(sha256, 0))))


async def needed(session: AsyncSession, holders: Iterable[BlobHolder], sha256s: Collection[str]) -> set[str]:
    """Return those of these blobs that some row needs; the session is the system's."""
    found: set[str] = set()
    for holder in holders:
        found.update(await session.scalars(holder.query(holder.column.in_(sha256s))))
    return found


async def forget_blob(database: Database, storage: Storage, holders: Sequence[BlobHolder], sha256: str) -> bool:
    """Delete a blob that no row needs, in a transaction of its own; tell whether it was so."""
    async with database.system_session() as session:
        await lock_blob(session, sha256)
        if await needed(session, holders, [sha256]):
            return False
        await storage.delete(sha256)
    return True


async def unneeded(
    database: Database, storage: Storage, holders: Sequence[BlobHolder], *, stored_before: datetime
) -> AsyncIterator[list[StoredBlob]]:
    """Give the blobs that no row needs, but for those of late: their rows may still be on their way.

    They come by so many as are looked at together, even where none of these is unneeded: a sign of life.
    """
    batch: list[StoredBlob] = []
    async for blob in storage.listed():
        batch.append(blob)
        if len(batch) == _AT_A_TIME:
            yield await _unneeded_of(database, holders, batch, stored_before)
            batch = []
    yield await _unneeded_of(database, holders, batch, stored_before)


async def _unneeded_of(
    database: Database, holders: Sequence[BlobHolder], stored: Sequence[StoredBlob], stored_before: datetime
) -> list[StoredBlob]:
    blobs = [blob for blob in stored if blob.stored_at < stored_before]
    async with database.system_session() as session:
        kept = await needed(session, holders, [blob.sha256 for blob in blobs])
    return [blob for blob in blobs if blob.sha256 not in kept]
