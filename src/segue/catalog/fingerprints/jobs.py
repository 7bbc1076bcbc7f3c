"""The background work of recognising: fingerprints."""

from typing import Any
from uuid import UUID

from segue.catalog.fingerprints import service
from segue.kit.jobs import JobContext, JobType


async def fingerprint(job: JobContext) -> dict[str, Any]:
    """Fingerprint the track `input["track_id"]`."""
    await service.ensure_fingerprinted(job, UUID(job.input["track_id"]), share=(0, 95))
    return {"track_id": job.input["track_id"]}


FINGERPRINT = JobType("catalog.fingerprint", fingerprint)
JOB_TYPES = (FINGERPRINT,)
