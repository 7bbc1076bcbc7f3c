"""The catalogue's background work: analysis."""

from typing import Any
from uuid import UUID

from segue.catalog import service
from segue.kit.jobs import JobContext, JobType


async def analyze(job: JobContext) -> dict[str, Any]:
    """Hear the track `input["track_id"]`."""
    track_id = UUID(job.input["track_id"])
    await service.ensure_analyzed(job, track_id, share=(0, 95))
    return {"track_id": str(track_id)}


ANALYZE = JobType("catalog.analyze", analyze)
JOB_TYPES = (ANALYZE,)
