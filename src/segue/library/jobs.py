"""The library's background work: reading what was brought."""

from typing import Any
from uuid import UUID

from segue.kit.clock import now
from segue.kit.jobs import JobContext, JobType
from segue.library import repository, service
from segue.library.importing import storing
from segue.library.importing.reading import read_export


async def bring_in(job: JobContext) -> dict[str, Any]:
    """Read the file of import `input["import_id"]` into its owner's library."""
    import_id = UUID(job.input["import_id"])
    async with job.session() as session:
        brought = await service.import_of(session, import_id)
    if brought.completed_at is not None and brought.counts is not None:
        return {"import_id": str(import_id), **brought.counts}
    with job.scratch_folder() as folder:
        async with job.runtime.storage.local_file(brought.sha256) as path:
            await job.report(0, "Reading the file")
            digest = await job.run(read_export, path, brought.filename, folder, share=(0, 35))
        tracks = await storing.identify(job, digest, share=(35, 70))
        new_listens = await storing.add_listens(job, import_id, digest, tracks, share=(70, 94))
        new_songs = await storing.keep_songs(job, import_id, digest, tracks, share=(94, 98))
        counts = {**digest.counts.as_json(), "new_listens": new_listens, "new_songs": new_songs}
        async with job.session() as session:
            await repository.replace_problems(session, import_id, ((p.where, p.reason) for p in digest.problems()))
            kept = await service.import_of(session, import_id)
            kept.counts, kept.completed_at = counts, now()
    await service.forget_file(job.runtime, brought.sha256, import_id)
    return {"import_id": str(import_id), **counts}


BRING_IN = JobType("library.import", bring_in)
JOB_TYPES = (BRING_IN,)
