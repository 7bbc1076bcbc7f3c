"""The catalogue's background work: hearing what was brought, importing what others publish."""

from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from segue.catalog import service
from segue.catalog.fingerprints import service as fingerprints
from segue.catalog.importing import import_path
from segue.kit.jobs import JobContext, JobType

#: A job's result holds so many refused rows.
_PROBLEMS = 100


async def analyze(job: JobContext) -> dict[str, Any]:
    """Hear the track `input["track_id"]`, and keep by what it is recognised."""
    track_id = UUID(job.input["track_id"])
    await service.ensure_analyzed(job, track_id, share=(0, 90))
    await fingerprints.try_to_fingerprint(job, track_id, share=(90, 98))
    return {"track_id": str(track_id)}


async def import_collection(job: JobContext) -> dict[str, Any]:
    """Import what lies at `input["path"]` on the worker's machine, as `input["kind"]` if it is not to be found out."""
    imported = await import_path(
        job.runtime,
        Path(job.input["path"]),
        kind=job.input.get("kind"),
        progress=lambda share: job.progress.set(98 * share),
    )
    return {**imported.counts(), "problems": [asdict(problem) for problem in imported.problems[:_PROBLEMS]]}


ANALYZE = JobType("catalog.analyze", analyze)
IMPORT = JobType("catalog.import", import_collection)
JOB_TYPES = (ANALYZE, IMPORT)
