"""A job is enqueued with its transaction, by its owner, within limits, and takes its fair turn."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from segue.kit import jobs
from segue.kit.errors import NotFound, RateLimited
from segue.kit.ids import new_id
from segue.kit.jobs import Job
from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import Desk, working
from tests.kit.jobs.samples import ECHO, NAP


async def count(runtime: Runtime, table: str) -> int:
    async with runtime.database.system_session() as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_transaction_that_rolls_back_leaves_no_job(job_runtime: Runtime, desk: Desk) -> None:
    async with job_runtime.database.session(desk.user_id) as session:
        await jobs.enqueue(session, ECHO, user_id=desk.user_id, input_data={})
        await session.rollback()
    assert await count(job_runtime, "ai_jobs") == 0
    assert await count(job_runtime, "procrastinate_jobs") == 0


async def test_a_user_sees_no_job_of_another(desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    stranger = desk.of_another()
    for look in (stranger.job, stranger.cancel):
        with pytest.raises(NotFound):
            await look(job_id)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM procrastinate_jobs",
        "DELETE FROM procrastinate_jobs",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('segue', 'segue.run_job')",
        "UPDATE ai_jobs SET status = 'complete'",
        "DELETE FROM ai_jobs",
        "SELECT procrastinate_fetch_job_v2(NULL, NULL)",
    ],
)
async def test_a_users_session_cannot_reach_into_the_queue(job_runtime: Runtime, desk: Desk, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with job_runtime.database.session(desk.user_id) as session:
            await session.execute(text(statement))


async def test_a_users_session_cannot_cancel_anothers_job_in_sql(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    async with job_runtime.database.session(new_id()) as session:
        assert not (await session.execute(text("SELECT segue_cancel_job(:id)"), {"id": job_id})).scalar_one()
    assert (await desk.job(job_id)).status == "queued"


async def test_a_users_session_cannot_start_a_job_for_another(job_runtime: Runtime, desk: Desk) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with job_runtime.database.session(desk.user_id) as session:
            await jobs.enqueue(session, ECHO, user_id=new_id(), input_data={})


async def test_the_same_key_gives_the_same_job_until_it_has_ended(job_runtime: Runtime, desk: Desk) -> None:
    async def start(desk: Desk) -> UUID:
        async with job_runtime.database.session(desk.user_id) as session:
            job = await jobs.enqueue(session, ECHO, user_id=desk.user_id, input_data={}, dedupe_key="analyze/1")
            return job.id

    first = await start(desk)
    assert await start(desk) == first
    assert await start(desk.of_another()) != first
    async with working(job_runtime):
        await desk.until(first)
    assert await start(desk) != first


async def test_who_has_too_many_jobs_waiting_is_told_to_wait(job_runtime: Runtime, desk: Desk) -> None:
    job_runtime.database.session_info["settings"] = job_runtime.settings.model_copy(update={"queued_jobs_per_user": 2})
    await desk.start(ECHO)
    await desk.start(ECHO)
    with pytest.raises(RateLimited) as refusal:
        await desk.start(ECHO)
    assert int(refusal.value.headers["Retry-After"]) > 0
    await desk.of_another().start(ECHO)


async def test_ten_jobs_of_one_user_do_not_starve_another(job_runtime: Runtime, desk: Desk) -> None:
    many = [await desk.start(ECHO, say=number) for number in range(10)]
    other = desk.of_another()
    one = await other.start(ECHO)
    async with working(job_runtime, worker_concurrency=1):
        ended = [await desk.until(job_id) for job_id in many]
    order = sorted([*ended, await other.job(one)], key=lambda job: job.started_at or job.created_at)
    assert [job.id for job in order] == [many[0], one, *many[1:]]


async def test_a_stream_of_newcomers_does_not_hold_a_waiting_job_up_for_ever(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime, worker_concurrency=1):
        last = [await desk.start(NAP, seconds=0.1) for _ in range(2)][-1]
        newcomers: list[tuple[Desk, UUID]] = []
        while (await desk.job(last)).status == "queued" and len(newcomers) < 25:
            waiting = [job_id for newcomer, job_id in newcomers if (await newcomer.job(job_id)).status == "queued"]
            if len(waiting) < 3:
                newcomer = desk.of_another()
                newcomers.append((newcomer, await newcomer.start(NAP, seconds=0.1)))
            await asyncio.sleep(0.02)
        await desk.until(last)
    assert len(newcomers) < 20


def most_at_once(ended: list[Job]) -> int:
    """Return how many of the jobs ran at one moment."""
    spans = [(job.started_at, job.completed_at) for job in ended if job.started_at and job.completed_at]
    return max(len([1 for start, end in spans if start <= moment < end]) for moment, _ in spans)


@pytest.mark.parametrize("limit", [1, 2])
async def test_no_more_of_a_users_jobs_run_at_once_than_allowed(job_runtime: Runtime, desk: Desk, limit: int) -> None:
    settings = job_runtime.settings.model_copy(update={"jobs_per_user": limit})
    job_runtime.database.session_info["settings"] = settings

    ids = [await desk.start(NAP, seconds=0.3) for _ in range(4)]
    async with working(job_runtime, worker_concurrency=4, jobs_per_user=limit):
        assert most_at_once([await desk.until(job_id) for job_id in ids]) == limit
