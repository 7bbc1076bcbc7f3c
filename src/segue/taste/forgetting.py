"""Listens that are forgotten, with what they said of a taste: it is found anew without them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.errors import RateLimited
from segue.kit.jobs import Job, JobType, enqueue
from segue.library.history import service as history
from segue.library.history.service import Which
from segue.taste import repository


async def forget_one(
    session: AsyncSession, user_id: UUID, track_id: UUID, listened_at: datetime, *, build: JobType
) -> Job | None:
    """Forget a listen; return the job that finds the taste anew, if there is a taste.

    Raises
    ------
    NotFound
        There is none of this track at this moment.
    """
    await history.forget_one(session, user_id, track_id, listened_at)
    return await _found_anew(session, user_id, build)


async def forget_period(
    session: AsyncSession, user_id: UUID, which: Which, *, build: JobType
) -> tuple[int, Job | None]:
    """Forget the listens of a period; return how many, and the job that finds the taste anew.

    Raises
    ------
    InvalidRequest
        Nothing says which listens are meant.
    """
    count = await history.forget_period(session, user_id, which)
    return count, await _found_anew(session, user_id, build) if count else None


async def _found_anew(session: AsyncSession, user_id: UUID, build: JobType) -> Job | None:
    if await repository.made_by(session, user_id) is None:
        return None
    try:
        job = await enqueue(session, build, user_id=user_id, input_data={}, dedupe_key="forgotten")
        if job.status != "queued":  # it may have read all before this was forgotten
            job = await enqueue(session, build, user_id=user_id, input_data={}, dedupe_key="forgotten meanwhile")
    except RateLimited:
        return None
    return job
