"""Exporting: one archive a user at a time, made by a job, kept for some days."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import exports
from segue.accounts.tables import DataExport
from segue.api.privacy.archive import ArchiveWriter, new_archive
from segue.api.privacy.contents import PARTS, README
from segue.api.privacy.holders import HOLDERS
from segue.kit import jobs
from segue.kit.blobs import forget_blob, lock_blob
from segue.kit.clock import now
from segue.kit.errors import NotFound
from segue.kit.exporting import Part, StoredFile, Text
from segue.kit.jobs import Job, JobContext, JobType
from segue.kit.storage import Blob

KEPT_FOR: Final = timedelta(days=7)
#: Of the progress, what the rows take; the audio takes the rest.
_ROWS_PERCENT: Final = 40
_BREATH_S: Final = 5.0
_DEDUPE_KEY: Final = "export"
_MEDIA_TYPE: Final = "application/zip"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a user's export stands: the job that makes it, and the newest file, unless it has expired."""

    job: Job
    export: DataExport


async def begin(session: AsyncSession, job_type: JobType, user_id: UUID, *, audio: bool) -> Standing:
    """Have an export made, unless one is being made; the file of the one before stays until then."""
    job = await jobs.enqueue(session, job_type, user_id=user_id, input_data={"audio": audio}, dedupe_key=_DEDUPE_KEY)
    await exports.begin(session, user_id, job.id)
    return await standing(session, user_id)


async def standing(session: AsyncSession, user_id: UUID) -> Standing:
    """Return how a user's export stands.

    Raises
    ------
    NotFound
        None was ever asked for.
    """
    export = await exports.export_of(session, user_id)
    if export is None:
        raise NotFound("You have no export: POST /me/export makes one.")
    return Standing(await jobs.get(session, user_id, export.job_id), export)


async def make(job: JobContext) -> dict[str, Any]:
    """Write all that is the job's user's into an archive, store it, and forget the one before."""
    with job.scratch_folder() as folder:
        path = folder / "export.zip"
        await _write(job, path)
        await job.report(97, "Storing")
        stored = job.runtime.storage.put_file(path, media_type=_MEDIA_TYPE)
        blob = await _while_alive(job, stored)
        before = await _keep(job, blob, path)
    if before not in (None, blob.sha256):
        await forget_blob(job.runtime.database, job.runtime.storage, HOLDERS, before)
    return {"size_bytes": blob.size}


async def _write(job: JobContext, path: Path) -> None:
    files: list[StoredFile] = []

    async def breathe(_: int) -> None:
        await job.report(job.progress.percent)

    with new_archive(path) as archive:
        archive.writestr("README.txt", README)
        for number, part in enumerate(PARTS):
            await job.report(_ROWS_PERCENT * number / len(PARTS), "Writing down what is yours")
            files += await _write_part(job, ArchiveWriter(archive, breathe), part)
        if job.input["audio"]:
            await job.report(_ROWS_PERCENT, "Packing the audio")
            packed = _Packed(job, sum(file.size for file in files))
            await ArchiveWriter(archive, packed).add_files(job.runtime.storage, files)


async def _write_part(job: JobContext, writer: ArchiveWriter, part: Part) -> list[StoredFile]:
    """Write the rows of a part; return its files, for which no transaction is to stay open."""
    files: list[StoredFile] = []
    database = job.runtime.database
    async with database.system_session() if part.system else job.session() as session:
        async for member in part.members(session, job.user_id):
            if isinstance(member, Text):
                await writer.add_text(member)
            else:
                files.append(member)
    return files


@dataclass(slots=True)
class _Packed:
    """Tells how much of the audio is packed."""

    job: JobContext
    total: int
    done: int = 0

    async def __call__(self, size: int) -> None:
        self.done += size
        await self.job.report(_ROWS_PERCENT + (96 - _ROWS_PERCENT) * min(1.0, self.done / max(self.total, 1)))


async def _keep(job: JobContext, blob: Blob, path: Path) -> str | None:
    """Note where the export lies; return the file of the one before."""
    async with job.session() as session:
        await lock_blob(session, blob.sha256)
        if not await job.runtime.storage.exists(blob.sha256):
            await _while_alive(job, job.runtime.storage.put_file(path, media_type=_MEDIA_TYPE))
        export = await exports.export_of(session, job.user_id)
        if export is None:
            raise NotFound("The account was deleted meanwhile.")
        before, made_at = export.sha256, now()
        export.sha256, export.size_bytes = blob.sha256, blob.size
        export.made_at, export.expires_at = made_at, made_at + KEPT_FOR
    return before


async def _while_alive(job: JobContext, work: Awaitable[Result]) -> Result:
    """Wait for something that tells nothing of itself, and show signs of life meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=_BREATH_S))[0]:
            await job.report(97, "Storing")
    finally:
        task.cancel()
    return task.result()
