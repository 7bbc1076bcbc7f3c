"""Which export of their data a user has: the job that makes it, and the file until it expires."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import repository
from segue.accounts.tables import DataExport
from segue.kit.clock import now


async def begin(session: AsyncSession, user_id: UUID, job_id: UUID) -> None:
    """Note which job makes a user's export; the file of the one before stays until then."""
    await repository.begin_export(session, user_id, job_id)


async def export_of(session: AsyncSession, user_id: UUID) -> DataExport | None:
    """Return the export of a user's data, begun or made."""
    return await repository.export_of(session, user_id)


async def expire(session: AsyncSession) -> Sequence[str]:
    """Forget the files of exports that have expired; return which they are."""
    return await repository.expire_exports(session, at=now())


async def is_export(session: AsyncSession, sha256: str) -> bool:
    """Whether a stored file is an export of somebody's data."""
    return await repository.is_export(session, sha256)
