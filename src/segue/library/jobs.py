"""The library's background work: reading what was brought."""

import asyncio
from typing import Any
from uuid import UUID

from segue.kit.jobs import JobContext, JobType
from segue.library import service
from segue.library.importing import storing
from segue.library.importing.reading import read_export
from segue.library.tables import Import


async def bring_in(job: JobContext) -> dict[str, Any]:
    """Read the file of import `input["import_id"]` into its owner's library."""
    import_id = UUID(job.input["import_id"])
    async with job.session() as session:
        brought = await service.import_of(session, import_id)
    counts = brought.counts
    if counts is None:
        counts = await _read(job, brought)
    await service.forget_file(job.runtime, brought.sha256, import_id)
    return {"import_id": str(import_id), **counts}


async def _read(job: JobContext, brought: Import) -> dict[str, Any]:
    """Put what a file holds into its owner's library; return the counts."""
    with job.scratch_folder() as folder:
        async with job.runtime.storage.local_file(brought.sha256) as path:
            await job.report(0, "Reading the file")
            reading = asyncio.create_task(job.run(read_export, path, brought.filename, folder, share=(0, 35)))
            try:
                tracks = await storing.identify(job, folder, reading, share=(35, 70))
            finally:
                reading.cancel()
                await asyncio.wait({reading})
            digest = reading.result()
        await storing.add_listens(job, brought.id, digest, tracks, share=(70, 94))
        await storing.keep_songs(job, brought.id, digest, tracks, share=(94, 98))
        async with job.session() as session:
            return await service.complete(session, brought.id, digest.counts.as_json(), digest.problems())


BRING_IN = JobType("library.import", bring_in)
JOB_TYPES = (BRING_IN,)
