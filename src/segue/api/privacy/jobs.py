"""The background work of privacy: exports, and the daily sweep."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.api.privacy import exporting, sweeping
from segue.kit.jobs import JobContext, JobType, Recurring

#: Whose job the sweep is: nobody's, so nobody can watch it, and it goes with other jobs of nobody's.
NOBODY: Final = UUID(int=2**128 - 1)


async def sweep(job: JobContext) -> dict[str, Any]:
    """Delete what nobody needs any more."""
    swept = await sweeping.sweep(job.runtime, report=job.report)
    return swept.as_json()


async def nobody(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:  # noqa: ARG001 - as `Due` asks
    """Return who the sweep is for: it comes round once for the whole installation."""
    return [NOBODY] if after < NOBODY else []


SWEEP = JobType("privacy.sweep", sweep)
EXPORT = JobType("privacy.export", exporting.make)
JOB_TYPES = (EXPORT, SWEEP)
RECURRING = (Recurring("privacy.sweep_daily", every=timedelta(days=1), due=nobody, job_type=SWEEP),)
