"""The background work of discovery: what was made for a radio comes into the queue, whether anybody looks or not."""

from typing import Any

from segue.discovery import service
from segue.kit.jobs import JobContext, JobType


async def feed(job: JobContext) -> dict[str, Any]:
    """Let a radio that runs take in what was made for it."""
    async with job.session() as session:
        found = await service.look(session, job.user_id)
    return {"version": found.version, "ahead": len(found.line.upcoming)}


#: Follows each generation; see `segue.api.domains`.
FEED = JobType("discovery.feed", feed)
JOB_TYPES = (FEED,)
