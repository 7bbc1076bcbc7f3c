"""The SQL of jobs, as their owners use them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.jobs.tables import ACTIVE, IS_ACTIVE, Job
from segue.kit.pagination import Paging, newest_first


async def add(
    session: AsyncSession, *, user_id: UUID, job_type: str, input_data: dict[str, Any], dedupe_key: str | None
) -> Job | None:
    """Insert a job, or return ``None`` if an active one of its type has the same key."""
    moment = now()
    statement = (
        insert(Job)
        .values(
            id=new_id(),
            user_id=user_id,
            job_type=job_type,
            status="queued",
            progress=0,
            input_data=input_data,
            attempts=0,
            turn=0,
            dedupe_key=dedupe_key,
            created_at=moment,
            updated_at=moment,
        )
        .on_conflict_do_nothing(index_elements=["user_id", "job_type", "dedupe_key"], index_where=IS_ACTIVE)
        .returning(Job)
    )
    return (await session.scalars(statement)).one_or_none()


async def give_ticket(session: AsyncSession, job_id: UUID, *, slots: int, delay: timedelta = timedelta()) -> None:
    """Put the queued job into Procrastinate's queue, in this transaction."""
    await session.execute(
        text("SELECT segue_queue_job(:job_id, :slots, :delay)"), {"job_id": job_id, "slots": slots, "delay": delay}
    )


async def active_with_key(session: AsyncSession, user_id: UUID, job_type: str, dedupe_key: str) -> Job | None:
    """Return the user's active job of that type and key."""
    statement = select(Job).where(
        Job.user_id == user_id, Job.job_type == job_type, Job.dedupe_key == dedupe_key, Job.status.in_(ACTIVE)
    )
    return (await session.scalars(statement)).one_or_none()


async def count_queued(session: AsyncSession, user_id: UUID) -> int:
    """Return how many of the user's jobs wait."""
    statement = select(func.count()).where(Job.user_id == user_id, Job.status == "queued")
    return (await session.scalars(statement)).one()


async def find(session: AsyncSession, user_id: UUID, job_id: UUID) -> Job | None:
    """Return the user's job as it is now."""
    statement = select(Job).where(Job.id == job_id, Job.user_id == user_id)
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


async def page(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Job], str | None]:
    """Return a page of the user's jobs, newest first."""
    return await newest_first(session, select(Job).where(Job.user_id == user_id), by=Job.id, paging=paging)


async def cancel(session: AsyncSession, job_id: UUID) -> bool:
    """Cancel the session's user's job if it is active, and tell the worker that runs it."""
    return bool((await session.execute(text("SELECT segue_cancel_job(:job_id)"), {"job_id": job_id})).scalar_one())


async def forget(session: AsyncSession, user_id: UUID) -> None:
    """Delete all jobs of a user; those that wait lose their tickets, and workers are told to stop those that run."""
    gone = await session.scalars(delete(Job).where(Job.user_id == user_id).returning(Job.ticket_id))
    tickets = [ticket for ticket in gone if ticket is not None]
    cancel = text("SELECT procrastinate_cancel_job_v1(t, true, true) FROM unnest(CAST(:tickets AS bigint[])) AS t")
    await session.execute(cancel, {"tickets": tickets})


async def forget_nobodys(session: AsyncSession, *, ended_before: datetime, users: Select[tuple[UUID]]) -> int:
    """Delete the jobs of nobody among `users` that ended before a moment; return how many."""
    old = Job.status.not_in(ACTIVE) & (Job.updated_at < ended_before)
    statement = delete(Job).where(old, Job.user_id.not_in(users)).returning(Job.id)
    return len((await session.scalars(statement)).all())
