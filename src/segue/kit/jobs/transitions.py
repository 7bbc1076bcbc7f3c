"""The SQL of running jobs: only whoever holds a job's ticket changes it, so a worker that is late changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, case, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.database import Database
from segue.kit.jobs import repository
from segue.kit.jobs.failures import DATABASE_GONE, GiveUp
from segue.kit.jobs.progress import Progress
from segue.kit.jobs.tables import ACTIVE, Job

Outcome = TypeVar("Outcome")

LONGEST_WAIT_S: Final = 2.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job once: its ticket."""

    job_id: UUID
    ticket_id: int

    @property
    def holds(self) -> ColumnElement[bool]:
        """The condition that the job still runs under this claim."""
        return (Job.id == self.job_id) & (Job.ticket_id == self.ticket_id) & (Job.status == "processing")


class Transitions:
    """What a worker writes about the jobs that it runs.

    A write waits for the database to come back if it is away: work that is done is not lost to a restart.
    """

    def __init__(self, database: Database, *, slots: int) -> None:
        self._database = database
        self._slots = slots

    async def claim(self, claim: Claim) -> Job | None:
        """Start an attempt and return the job, or ``None`` if it is not this ticket's to run."""
        statement = (
            update(Job)
            .where(Job.id == claim.job_id, Job.ticket_id == claim.ticket_id, Job.status == "queued")
            .values(
                status="processing",
                attempts=Job.attempts + 1,
                progress=0,
                stage=None,
                started_at=func.coalesce(Job.started_at, func.now()),
                heartbeat_at=func.now(),
                updated_at=func.now(),
            )
            .returning(Job)
        )

        async def write(session: AsyncSession) -> Job | None:
            return (await session.scalars(statement)).one_or_none()

        return await self._patiently(write)

    async def beat(self, claim: Claim, progress: Progress | None) -> bool:
        """Write a heartbeat, and `progress` if there is any; tell whether the claim still holds."""
        values: dict[str, Any] = {"heartbeat_at": func.now()}
        if progress is not None:
            values |= {"progress": progress.percent, "stage": progress.stage, "updated_at": func.now()}
        async with self._database.system_session() as session:
            return await _write_one(session, claim, values)

    async def complete(self, claim: Claim, output_data: dict[str, Any], *, then: Sequence[str] = ()) -> bool:
        """Write the result, and queue a job of each of the types `then` names; tell whether the claim held."""
        values = {"status": "complete", "progress": 100, "output_data": output_data, "error_message": None}
        return await self._finish(claim, values, then)

    async def fail(self, claim: Claim, end: GiveUp) -> bool:
        """Write the error; tell whether the claim held."""
        return await self._finish(claim, {"status": "error", "error_message": end.message, "error_type": end.type})

    async def put_back(self, claim: Claim, *, after: timedelta = timedelta(), counts: bool = True) -> bool:
        """Queue the job again under a new ticket; an attempt that does not count is as if it had not been."""
        return await self._patiently(lambda session: put_back(session, claim, self._slots, after=after, counts=counts))

    async def _finish(self, claim: Claim, values: dict[str, Any], then: Sequence[str] = ()) -> bool:
        values |= {"completed_at": func.now(), "updated_at": func.now()}

        async def write(session: AsyncSession) -> bool:
            held = await _write_one(session, claim, values)
            for job_type in then if held else ():
                await _queue_after(session, claim, job_type, self._slots)
            return held

        return await self._patiently(write)

    async def _patiently(self, write: Callable[[AsyncSession], Awaitable[Outcome]]) -> Outcome:
        wait_s = 0.1
        while True:
            try:
                async with self._database.system_session() as session:
                    return await write(session)
            except DATABASE_GONE as error:
                _log.warning("jobs.database_gone", error=type(error).__name__, retry_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)


async def put_back(
    session: AsyncSession, claim: Claim, slots: int, *, after: timedelta = timedelta(), counts: bool = True
) -> bool:
    """Queue the job under a new ticket, in the session's transaction; see `Transitions.put_back`."""
    uncounted = 0 if counts else case((Job.status == "processing", 1), else_=0)
    statement = (
        update(Job)
        .where(Job.id == claim.job_id, Job.ticket_id == claim.ticket_id, Job.status.in_(ACTIVE))
        .values(
            status="queued",
            progress=0,
            stage=None,
            ticket_id=None,
            attempts=Job.attempts - uncounted,
            updated_at=func.now(),
        )
        .returning(Job.id)
    )
    if await session.scalar(statement) is None:
        return False
    await repository.give_ticket(session, claim.job_id, slots=slots, delay=after)
    return True


async def _queue_after(session: AsyncSession, claim: Claim, job_type: str, slots: int) -> None:
    """Queue a job of another type for the user whose job has just been completed."""
    done = await session.get_one(Job, claim.job_id)
    key = str(claim.job_id)
    follower = await repository.add(
        session, user_id=done.user_id, job_type=job_type, input_data={"after": key}, dedupe_key=key
    )
    if follower is not None:
        await repository.give_ticket(session, follower.id, slots=slots)


async def _write_one(session: AsyncSession, claim: Claim, values: dict[str, Any]) -> bool:
    statement = update(Job).where(claim.holds).values(values).returning(Job.id)
    return await session.scalar(statement) is not None
