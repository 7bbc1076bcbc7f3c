"""The stems' background work: separation."""

from typing import Any
from uuid import UUID

from segue.kit.jobs import JobContext, JobType
from segue.stems import service


async def separate(job: JobContext) -> dict[str, Any]:
    """Part the track `input["track_id"]` into stems."""
    stems = await service.ensure_separated(job, UUID(job.input["track_id"]), share=(0, 95))
    return {"track_id": job.input["track_id"], "stems": {stem.name: str(stem.id) for stem in stems}}


SEPARATE = JobType("stems.separate", separate)
JOB_TYPES = (SEPARATE,)
