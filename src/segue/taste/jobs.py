"""Taste's background work: finding a listener's taste, and learning where songs lie that were never heard."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.jobs import JobContext, JobType, Recurring
from segue.taste import building, learning, service


async def build(job: JobContext) -> dict[str, Any]:
    """Find the taste of the job's user anew, with what it tells of their preferences."""
    return await building.build(job)


async def learn_proxies(job: JobContext) -> dict[str, Any]:
    """Place everyone's songs that were never heard, by a model learned from everyone's songs, anew if it is old."""
    space = await learning.current_space(job.runtime)
    model = await learning.model_for(job, space, share=(0, 50))
    placed = await learning.place_anew(job, model, share=(50, 98))
    return {"space": space, "songs": model.songs, "heard": model.heard, "cosine": model.error, "placed": placed}


async def _due(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    return await service.due(session, after=after, limit=limit)


async def _operator(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    return await service.first_listener(session, after=after, limit=limit)


BUILD = JobType("taste.build", build)
LEARN_PROXIES = JobType("taste.learn_proxies", learn_proxies)
JOB_TYPES = (BUILD, LEARN_PROXIES)
RECURRING = (
    # The model first: tastes are then found by it.
    Recurring("taste.learn_daily", every=timedelta(days=1), due=_operator, job_type=LEARN_PROXIES),
    Recurring("taste.build_daily", every=timedelta(days=1), due=_due, job_type=BUILD),
)
