"""The catalogue's background work: hearing what was brought."""

from typing import Any
from uuid import UUID

from segue.catalog import service
from segue.catalog.fingerprints import service as fingerprints
from segue.kit.jobs import JobContext, JobType


async def analyze(job: JobContext) -> dict[str, Any]:
    """Hear the track `input["track_id"]`, and keep by what it is recognised."""
    track_id = UUID(job.input["track_id"])
    await service.ensure_analyzed(job, track_id, share=(0, 90))
    await fingerprints.try_to_fingerprint(job, track_id, share=(90, 98))
    return {"track_id": str(track_id)}


ANALYZE = JobType("catalog.analyze", analyze)
JOB_TYPES = (ANALYZE,)
