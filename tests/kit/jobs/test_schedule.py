"""What comes round comes to each due user once a round, however many workers see to it and whenever they die."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.jobs import Job, JobContext, JobType, Recurring, Worker, enqueue
from segue.kit.jobs.schedule import Due, Schedule, next_after
from segue.kit.jobs.tables import JobRound
from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import poll
from tests.kit.jobs.samples import ECHO, JOB_TYPES

DAY = timedelta(days=1)


def among(users: Iterable[UUID]) -> Due:
    """Say that these users are due."""
    ordered = sorted(users)

    async def due(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
        return [user_id for user_id in ordered if user_id > after][:limit]

    return due


def daily(users: Iterable[UUID], name: str = "test.echo_daily") -> Recurring:
    return Recurring(name, every=DAY, due=among(users), job_type=ECHO)


async def jobs_by_user(runtime: Runtime) -> Counter[UUID]:
    async with runtime.database.system_session() as session:
        return Counter((await session.scalars(select(Job.user_id))).all())


async def end_all_jobs(runtime: Runtime) -> None:
    async with runtime.database.system_session() as session:
        await session.execute(update(Job).values(status="complete"))


async def make_due(runtime: Runtime) -> None:
    """Let a day pass."""
    async with runtime.database.system_session() as session:
        await session.execute(update(JobRound).values(due_at=JobRound.due_at - DAY))


async def test_two_workers_that_race_give_each_user_one_job(runtime: Runtime) -> None:
    users = [new_id() for _ in range(25)]
    schedules = [Schedule(runtime.database, [daily(users)], batch=4) for _ in range(2)]
    await asyncio.gather(*(schedule.look() for schedule in schedules for _ in range(3)))
    await schedules[0].look()  # what one left because the other was at it
    assert await jobs_by_user(runtime) == Counter(users)


async def test_a_round_that_was_cut_off_goes_on_where_it_was(runtime: Runtime) -> None:
    users = sorted(new_id() for _ in range(9))
    all_of_them = among(users)
    asked = 0

    async def fall_over(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise ConnectionAbortedError("the worker is gone")
        return await all_of_them(session, after=after, limit=limit)

    falling = Recurring("test.echo_daily", every=DAY, due=fall_over, job_type=ECHO)
    await Schedule(runtime.database, [falling], batch=3).look()
    assert await jobs_by_user(runtime) == Counter(users[:6])
    await end_all_jobs(runtime)  # so that nothing but the round's own memory keeps them from getting a second one
    await Schedule(runtime.database, [daily(users)], batch=3).look()
    assert await jobs_by_user(runtime) == Counter(users)


async def test_it_comes_again_only_in_the_next_round(runtime: Runtime) -> None:
    user_id = new_id()
    schedule = Schedule(runtime.database, [daily([user_id])])
    await schedule.look()
    await end_all_jobs(runtime)
    await schedule.look()
    assert await jobs_by_user(runtime) == {user_id: 1}
    await make_due(runtime)
    await schedule.look()
    assert await jobs_by_user(runtime) == {user_id: 2}


async def test_rounds_that_were_missed_are_made_up_for_once(runtime: Runtime) -> None:
    user_id = new_id()
    schedule = Schedule(runtime.database, [daily([user_id])])
    await schedule.look()
    for _ in range(5):
        await make_due(runtime)
    for _ in range(3):
        await end_all_jobs(runtime)
        await schedule.look()
    assert await jobs_by_user(runtime) == {user_id: 2}


async def test_who_still_has_the_job_of_the_round_before_gets_no_other(runtime: Runtime) -> None:
    user_id = new_id()
    schedule = Schedule(runtime.database, [daily([user_id])])
    await schedule.look()
    await make_due(runtime)
    await schedule.look()
    assert await jobs_by_user(runtime) == {user_id: 1}


async def test_who_has_too_many_jobs_is_passed_over_and_keeps_nobody_waiting(runtime: Runtime) -> None:
    busy, idle = sorted((new_id(), new_id()))
    runtime.database.session_info["settings"] = runtime.settings.model_copy(update={"queued_jobs_per_user": 1})
    async with runtime.database.session(busy) as session:
        await enqueue(session, ECHO, user_id=busy, input_data={})
    await Schedule(runtime.database, [daily([busy, idle])]).look()
    assert await jobs_by_user(runtime) == {busy: 1, idle: 1}


async def test_one_that_fails_does_not_stop_the_others(runtime: Runtime) -> None:
    async def broken(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
        await session.execute(text("SELECT 1 / 0"))
        return []

    user_id = new_id()
    fails = Recurring("test.broken", every=DAY, due=broken, job_type=ECHO)
    await Schedule(runtime.database, [fails, daily([user_id])]).look()
    assert await jobs_by_user(runtime) == {user_id: 1}


async def test_workers_run_what_comes_round(runtime: Runtime) -> None:
    ran: list[UUID] = []

    async def note(job: JobContext) -> dict[str, Any]:
        ran.append(job.user_id)
        return {"input": job.input}

    users = [new_id(), new_id(), new_id()]
    noting = JobType("test.note", note)
    recurring = Recurring("test.note_daily", every=DAY, due=among(users), job_type=noting)
    workers = [Worker(runtime, [*JOB_TYPES, noting], [recurring]) for _ in range(2)]
    working = [asyncio.create_task(worker.run(handle_signals=False)) for worker in workers]
    try:

        async def all_ran() -> bool:
            return len(ran) >= len(users)

        await poll(all_ran, within_s=15)
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.gather(*working)
    assert sorted(ran) == sorted(users)


async def test_a_new_round_is_due_at_once(runtime: Runtime) -> None:
    before = now()
    await Schedule(runtime.database, [daily([])]).look()
    async with runtime.database.system_session() as session:
        due_at = (await session.scalars(select(JobRound.due_at))).one()
    assert before + DAY <= due_at <= now() + DAY


@given(
    late=st.timedeltas(timedelta(0), timedelta(days=4000)),
    every=st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
)
def test_the_next_round_keeps_the_hour_and_lies_ahead(late: timedelta, every: timedelta) -> None:
    due_at = datetime(2026, 1, 1, 3, tzinfo=UTC)
    following = next_after(due_at, due_at + late, every)
    assert timedelta() < following - (due_at + late) <= every
    assert (following - due_at) % every == timedelta()
