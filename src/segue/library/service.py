"""The library's decisions: bringing files in, once each."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.errors import NotFound
from segue.kit.jobs import JobType, enqueue
from segue.kit.pagination import Paging
from segue.kit.runtime import Runtime
from segue.library import repository
from segue.library.tables import Import, ImportProblem


async def bring(
    session: AsyncSession,
    runtime: Runtime,
    job_type: JobType,
    *,
    user_id: UUID,
    path: Path,
    filename: str,
    format_name: str,
) -> Import:
    """Take a recognised export in, to be read by a job; the same file again starts nothing once it has been read."""
    blob = await runtime.storage.put_file(path)
    await repository.lock_file(session, blob.sha256)
    brought = await repository.ensure_import(
        session,
        user_id=user_id,
        sha256=blob.sha256,
        size_bytes=blob.size,
        filename=filename[:255],
        format_name=format_name,
    )
    if brought.completed_at is None:
        # Another's import of the same file may have ended, and forgotten it, between the first line and the second.
        await runtime.storage.put_file(path)
        job = await enqueue(
            session,
            job_type,
            user_id=user_id,
            input_data={"import_id": str(brought.id)},
            dedupe_key=str(brought.id),
        )
        brought.job_id = job.id
    return brought


async def import_of(session: AsyncSession, import_id: UUID) -> Import:
    """Return an import of the session's user.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    """
    found = await repository.import_of(session, import_id)
    if found is None:
        raise NotFound("There is no such import of yours.")
    return found


async def imports_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Import], str | None]:
    """Return a page of a user's imports, newest first, and the cursor of the next."""
    return await repository.imports_of(session, user_id, paging)


async def problems_of(
    session: AsyncSession, import_id: UUID, *, after: int, limit: int
) -> tuple[Sequence[ImportProblem], int | None]:
    """Return refused rows of an import of the session's user, and after which number the next ones come."""
    await import_of(session, import_id)
    found = await repository.problems_of(session, import_id, after=after, limit=limit)
    return found, found[-1].number if len(found) == limit else None


async def undo(session: AsyncSession, runtime: Runtime, import_id: UUID) -> None:
    """Take back all that an import brought. What several imports told of goes with the one that told of it first."""
    found = await import_of(session, import_id)
    await repository.delete_import(session, import_id)
    await forget_file(runtime, found.sha256, import_id)


async def forget_file(runtime: Runtime, sha256: str, import_id: UUID) -> None:
    """Delete the file of an import that needs it no more, unless another import of the same file still does."""
    async with runtime.database.system_session() as session:
        if not await repository.is_awaited(session, sha256, but=import_id):
            await runtime.storage.delete(sha256)
