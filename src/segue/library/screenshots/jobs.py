"""Screenshots' background work: reading them, and keeping what was confirmed."""

from typing import Any
from uuid import UUID

from segue.kit.jobs import JobContext, JobType
from segue.library import service as library
from segue.library.screenshots import service
from segue.library.screenshots.reading import read_screenshot


async def read(job: JobContext) -> dict[str, Any]:
    """Read the image of import `input["import_id"]` into rows for its owner to look over; once."""
    import_id = UUID(job.input["import_id"])
    async with job.session() as session:
        brought = await library.import_of(session, import_id)
    if not brought.awaits_review and brought.completed_at is None:
        await job.report(0, "Reading the image")
        async with job.runtime.storage.local_file(brought.sha256) as path:
            sheet = await job.run(read_screenshot, path, job.runtime.settings.models_dir, share=(0, 80))
        await job.report(80, "Finding out which songs they may be")
        async with job.session() as session:
            told = job.progress
            await service.keep_sheet(session, import_id, sheet, lambda done: told.set(80 + 20 * done))
    async with job.session() as session:
        rows, _ = await service.rows_of(session, import_id, after=0, limit=service.MOST_ROWS)
    return {"import_id": str(import_id), "rows": len(rows), "matched": sum(row.track_id is not None for row in rows)}


async def keep(job: JobContext) -> dict[str, Any]:
    """Keep what the owner of import `input["import_id"]` confirmed; songs that nobody had are added."""
    import_id = UUID(job.input["import_id"])
    async with job.session() as session:
        brought = await library.import_of(session, import_id)
        rows = await service.confirmed_refs(session, import_id)
    if brought.completed_at is None:
        await job.report(0, "Finding out which songs they are")
        new = [(number, ref) for number, track_id, ref in rows if track_id is None]
        added = await library.tracks_of(job.runtime, [ref for _, ref in new])
        tracks = {number: track_id for number, track_id, _ in rows if track_id is not None}
        tracks |= {number: track_id for (number, _), track_id in zip(new, added, strict=True)}
        await job.report(50, "Keeping the songs")
        async with job.session() as session:
            counts = await service.keep(session, import_id, tracks, job.input["playlist"])
    else:
        counts = brought.counts or {}
    await library.forget_file(job.runtime, brought.sha256, import_id)
    return {"import_id": str(import_id), **counts}


READ_SCREENSHOT = JobType("library.read_screenshot", read)
KEEP_SCREENSHOT = JobType("library.keep_screenshot", keep)
JOB_TYPES = (READ_SCREENSHOT, KEEP_SCREENSHOT)
