"""The watch that every worker keeps on all jobs: what nobody runs any more is queued again, or ended."""

import asyncio
import time
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.database import Database
from segue.kit.jobs.failures import DATABASE_GONE, abandoned
from segue.kit.jobs.tables import Job
from segue.kit.jobs.transitions import Claim, put_back

WATCH_EVERY_S: Final = 5.0
#: Who has not been heard of for so long is dead.
STALE: Final = timedelta(seconds=20)
#: After a gap (the database was away, the machine slept) everybody first gets time to be heard of.
GRACE_S: Final = 12.0
#: Held in the database while one worker watches: "jobs" in ASCII.
ADVISORY_LOCK: Final = 0x6A6F6273

# An active row is lost when its heartbeat has stopped, when it has no ticket in the queue, or when its ticket was
# taken by a worker that died, or forgot, before it claimed the row.
LOST = """
SELECT j.id, j.ticket_id, j.attempts FROM ai_jobs j
LEFT JOIN procrastinate_jobs t ON t.id = j.ticket_id AND t.status IN ('todo', 'doing')
LEFT JOIN procrastinate_workers w ON w.id = t.worker_id
WHERE (j.status = 'processing' AND j.heartbeat_at < now() - :stale)
   OR (j.status = 'queued' AND t.id IS NULL)
   OR (j.status = 'queued' AND t.status = 'doing' AND (
        w.id IS NULL OR w.last_heartbeat < now() - :stale OR EXISTS (
            SELECT FROM procrastinate_events e WHERE e.job_id = t.id AND e.type = 'started' AND e.at < now() - :stale)))
FOR UPDATE OF j SKIP LOCKED
"""

# A ticket that ended, or that a dead worker holds and no row stands behind, would hold its user's lock for ever.
DROP_TICKETS = """
DELETE FROM procrastinate_jobs t WHERE t.queue_name = 'segue' AND (
    t.status NOT IN ('todo', 'doing')
    OR (t.status = 'doing'
        AND NOT EXISTS (SELECT FROM ai_jobs j WHERE j.ticket_id = t.id AND j.status IN ('queued', 'processing'))
        AND NOT EXISTS (
            SELECT FROM procrastinate_workers w WHERE w.id = t.worker_id AND w.last_heartbeat >= now() - :stale)))
"""

_log = structlog.get_logger(__name__)


class Rescue:
    """Looks for lost jobs every few seconds; any number of workers may do it at once."""

    def __init__(self, database: Database, *, attempts: int, slots: int, stale: timedelta = STALE) -> None:
        self._database = database
        self._attempts = attempts
        self._slots = slots
        self._stale = stale
        self._last_look = time.time()
        self._not_before = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._look_unless_after_a_gap()
            except DATABASE_GONE:
                self._not_before = time.time() + GRACE_S
            except Exception:
                _log.exception("rescue.failed")  # one strange row must not end the watch over all others
            await asyncio.sleep(WATCH_EVERY_S)

    async def look(self) -> list[UUID]:
        """Look once; return the ids of the jobs that were rescued or ended."""
        async with self._database.system_session() as session:
            if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK}):
                return []
            lost = (await session.execute(text(LOST), {"stale": self._stale})).all()
            for job_id, ticket_id, attempts in lost:
                await self._rescue(session, job_id, ticket_id, attempts)
            await session.execute(text(DROP_TICKETS), {"stale": self._stale})
        return [job_id for job_id, _, _ in lost]

    async def _look_unless_after_a_gap(self) -> None:
        moment = time.time()
        if moment - self._last_look > 3 * WATCH_EVERY_S:
            self._not_before = moment + GRACE_S
        self._last_look = moment
        if moment >= self._not_before:
            await self.look()
        else:
            await self._ask_the_database()

    async def _ask_the_database(self) -> None:
        # While it stays away, the time that everybody gets once it is back has not begun.
        async with self._database.system_session() as session:
            await session.execute(text("SELECT 1"))

    async def _rescue(self, session: AsyncSession, job_id: UUID, ticket_id: int | None, attempts: int) -> None:
        # The ticket goes: should its worker come back to life, it finds nothing to finish, and nothing to break.
        await session.execute(text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": ticket_id})
        if attempts < self._attempts:
            _log.warning("job.rescued", job_id=str(job_id), attempts=attempts)
            await self._put_back(session, job_id, ticket_id)
            return
        _log.error("job.abandoned", job_id=str(job_id), attempts=attempts)
        end = abandoned(attempts)
        moment = now()
        await session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(
                status="error", error_message=end.message, error_type=end.type, completed_at=moment, updated_at=moment
            )
        )

    async def _put_back(self, session: AsyncSession, job_id: UUID, ticket_id: int | None) -> None:
        if ticket_id is None:  # never had one: somebody wrote the row by hand
            await session.execute(
                text("SELECT segue_queue_job(:id, :slots, '0'::interval)"), {"id": job_id, "slots": self._slots}
            )
            return
        await put_back(session, Claim(job_id, ticket_id), self._slots)
