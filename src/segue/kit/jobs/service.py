"""What owners do with jobs: start, look, watch, cancel."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.database import Database
from segue.kit.errors import Conflict, NotFound, RateLimited
from segue.kit.jobs import repository
from segue.kit.jobs.failures import DATABASE_GONE
from segue.kit.jobs.limits import JobLimits
from segue.kit.jobs.tables import Job
from segue.kit.jobs.types import JobType
from segue.kit.pagination import Paging
from segue.kit.realtime import JOBS_CHANNEL, NotificationHub

KEEP_ALIVE_S = 15.0


async def enqueue(
    session: AsyncSession,
    job_type: JobType,
    *,
    user_id: UUID,
    input_data: dict[str, Any],
    dedupe_key: str | None = None,
) -> Job:
    """Start a job when the session's transaction commits, or not at all.

    Parameters
    ----------
    session
        Acts for `user_id`, or for the system.
    input_data
        JSON; the handler finds it as ``job.input``.
    dedupe_key
        If the user has an active job of this type and key, that one is returned and none is started.

    Raises
    ------
    RateLimited
        If the user has as many jobs waiting as the settings allow.
    """
    if dedupe_key is not None and (
        same := await repository.active_with_key(session, user_id, job_type.name, dedupe_key)
    ):
        return same
    limits = JobLimits.of(session)
    if await repository.count_queued(session, user_id) >= limits.queued:
        raise RateLimited(f"You have {limits.queued} jobs waiting: start more when some are done.", retry_after_s=30)
    job = await repository.add(
        session, user_id=user_id, job_type=job_type.name, input_data=input_data, dedupe_key=dedupe_key
    )
    if job is None:  # somebody started the same a moment ago, or it has just ended: look again
        return await enqueue(session, job_type, user_id=user_id, input_data=input_data, dedupe_key=dedupe_key)
    await repository.give_ticket(session, job.id, slots=limits.running)
    return job


async def get(session: AsyncSession, user_id: UUID, job_id: UUID) -> Job:
    """Return the user's job.

    Raises
    ------
    NotFound
        If there is none, or it is somebody else's.
    """
    job = await repository.find(session, user_id, job_id)
    if job is None:
        raise NotFound("There is no such job.")
    return job


async def is_active(session: AsyncSession, job_type: JobType, *, user_id: UUID, dedupe_key: str) -> bool:
    """Tell whether a job of the user's of that type and key waits or runs."""
    return await repository.active_with_key(session, user_id, job_type.name, dedupe_key) is not None


async def recent(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Job], str | None]:
    """Return a page of the user's jobs, newest first, and the cursor of the next."""
    return await repository.page(session, user_id, paging)


async def cancel(session: AsyncSession, user_id: UUID, job_id: UUID) -> Job:
    """Cancel the job; when the transaction commits, its process is killed. Cancelling twice changes nothing.

    Raises
    ------
    NotFound
        If there is none, or it is somebody else's.
    Conflict
        If it had ended by itself.
    """
    await get(session, user_id, job_id)
    await repository.cancel(session, job_id)
    job = await get(session, user_id, job_id)
    if job.status != "cancelled":
        raise Conflict(f"The job has ended already: {job.status}.")
    return job


async def forget(session: AsyncSession, user_id: UUID) -> None:
    """Stop and delete all jobs of a user who leaves; the session is the system's."""
    await repository.forget(session, user_id)


async def forget_nobodys(session: AsyncSession, *, ended_before: datetime, users: Select[tuple[UUID]]) -> int:
    """Delete the jobs that ended before a moment and are nobody's among `users`; return how many."""
    return await repository.forget_nobodys(session, ended_before=ended_before, users=users)


async def watch(
    database: Database,
    notifications: NotificationHub,
    user_id: UUID,
    job_id: UUID,
    *,
    keep_alive_s: float = KEEP_ALIVE_S,
) -> AsyncGenerator[Job | None, None]:
    """Yield the job as it is now, then after each change, until it is over or gone.

    ``None`` says that nothing happened for `keep_alive_s`. After a lost connection to the database the present state
    is yielded again.
    """
    async with notifications.subscribe(JOBS_CHANNEL, str(job_id)) as subscription:
        known: tuple[object, ...] | None = None
        while True:
            try:
                async with database.session(user_id) as session:
                    job = await repository.find(session, user_id, job_id)
            except DATABASE_GONE:
                yield None
                await asyncio.sleep(1)
                known = None
                continue
            if job is None:
                return
            state = (job.status, job.progress, job.stage)
            yield job if state != known else None
            known = state
            if job.is_over:
                return
            if await subscription.wait(keep_alive_s) == "reconnected":
                known = None
