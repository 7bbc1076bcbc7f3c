"""Jobs that come round: whoever is due gets a job enqueued, once a round, whichever worker sees it first.

A domain writes what comes round in its ``jobs.py``, and `segue.api.domains` composes all of it as ``RECURRING``::

    async def listeners(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
        # WHERE id > :after ORDER BY id LIMIT :limit
        return await repository.listeners(session, after=after, limit=limit)

    RECURRING = (Recurring("taste.infer_daily", every=timedelta(days=1), due=listeners, job_type=INFER),)

Each due user then gets a job of that type with an empty input, which runs, is watched and is tried again like any
other. Where a user still has the job of the round before, that one stays their only one. Who is to be looked after at
times of their own gets a short round, and a ``due`` that reads those times from the rows.

A round is a row. It goes on where it was left, a batch and a transaction at a time, so a worker that is killed loses
nobody and doubles nobody. After a time without workers one round is made up for, not all that were missed;
Procrastinate's own periodic tasks know no users, and drop what is ten minutes late.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.database import Database
from segue.kit.errors import RateLimited
from segue.kit.jobs.failures import DATABASE_GONE
from segue.kit.jobs.service import enqueue
from segue.kit.jobs.tables import JobRound
from segue.kit.jobs.types import JobType

LOOK_EVERY_S: Final = 10.0
#: Users of one transaction.
BATCH: Final = 200
_BEFORE_ALL: Final = UUID(int=0)

_log = structlog.get_logger(__name__)


class Due(Protocol):
    """Says who is due."""

    async def __call__(self, session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
        """Return the first `limit` ids of due users that follow `after`, in ascending order; fewer end the round."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """A job that comes round for users.

    Attributes
    ----------
    name
        ``domain.verb_how_often``; it is stored, so it never changes. It is the jobs' ``dedupe_key``, too.
    every
        From the beginning of one round to that of the next.
    due
        Asked in a session that acts for the system.
    job_type
        What each due user gets; its handler finds an empty input.
    """

    name: str
    every: timedelta
    due: Due
    job_type: JobType


class Schedule:
    """Enqueues what comes round; any number of workers may do it at once."""

    def __init__(self, database: Database, recurring: Iterable[Recurring], *, batch: int = BATCH) -> None:
        self._database = database
        self._recurring = tuple(recurring)
        self._batch = batch

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except DATABASE_GONE as error:
                _log.warning("schedule.database_gone", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Enqueue all that is due now, as far as no other worker is at it."""
        for recurring in self._recurring:
            try:
                while await self._go_on(recurring):
                    pass
            except DATABASE_GONE:
                raise
            except Exception:
                _log.exception("schedule.failed", name=recurring.name)  # one that is wrong must not stop the others

    async def _go_on(self, recurring: Recurring) -> bool:
        """Enqueue a batch; tell whether the round goes on."""
        async with self._database.system_session() as session:
            round_ = await _due_round(session, recurring.name)
            if round_ is None:
                return False
            users = await recurring.due(session, after=round_.after or _BEFORE_ALL, limit=self._batch)
            for user_id in users:
                await _enqueue(session, recurring, user_id)
            if len(users) == self._batch:
                round_.after = users[-1]
                return True
            moment = (await session.execute(select(func.now()))).scalar_one()
            round_.after, round_.due_at = None, next_after(round_.due_at, moment, recurring.every)
            return False


def next_after(due_at: datetime, moment: datetime, every: timedelta) -> datetime:
    """Return when the next round after `moment` begins: whole rounds after `due_at`, so that its hour stays."""
    return due_at + (max(timedelta(), moment - due_at) // every + 1) * every


async def _due_round(session: AsyncSession, name: str) -> JobRound | None:
    """Take the round in hand if it is due and no other worker has it; the first one of all is due at once."""
    # Mostly nothing is due: then nothing is written, nor locked.
    due_at = await session.scalar(select(JobRound.due_at).where(JobRound.name == name))
    if due_at is None:
        await session.execute(insert(JobRound).values(name=name, due_at=func.now()).on_conflict_do_nothing())
    query = select(JobRound).where(JobRound.name == name, JobRound.due_at <= func.now())
    return (await session.scalars(query.with_for_update(skip_locked=True))).one_or_none()


async def _enqueue(session: AsyncSession, recurring: Recurring, user_id: UUID) -> None:
    try:
        await enqueue(session, recurring.job_type, user_id=user_id, input_data={}, dedupe_key=recurring.name)
    except RateLimited:
        _log.warning("schedule.user_has_too_many", name=recurring.name, user_id=str(user_id))
