"""The background work of generation: making a track."""

from typing import Any

from segue.generation.making import make_track
from segue.kit.jobs import JobContext, JobType


async def generate(job: JobContext) -> dict[str, Any]:
    """Make the track of the generation that is this job's."""
    return await make_track(job)


GENERATE = JobType("generation.generate", generate)
JOB_TYPES = (GENERATE,)
