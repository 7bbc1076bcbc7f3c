"""Whatever state a crash leaves behind, the watch puts it right."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from sqlalchemy import text

from segue.kit.jobs.progress import Progress
from segue.kit.jobs.rescue import Rescue
from segue.kit.jobs.transitions import Claim, Transitions
from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import Desk, StartWorker, working
from tests.kit.jobs.samples import ECHO, KILL_WORKER, WORK

TWO_ATTEMPTS = 2


async def system(runtime: Runtime, statement: str, **values: object) -> None:
    """Do what a crash, or somebody at the database's prompt, could do."""
    async with runtime.database.system_session() as session:
        await session.execute(text(statement), values)


async def take(runtime: Runtime, desk: Desk, job_id: UUID) -> Claim:
    """Take the job as a worker does, and then do nothing: its worker has died."""
    async with runtime.database.system_session() as session:
        ticket = await session.execute(text("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)"))
        return Claim(job_id, int(ticket.scalar_one()))


def rescue(runtime: Runtime, *, stale_s: float = 0) -> Rescue:
    return Rescue(runtime.database, attempts=TWO_ATTEMPTS, slots=1, stale=timedelta(seconds=stale_s))


async def test_a_job_without_a_heartbeat_is_queued_again_and_runs(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    claim = await take(job_runtime, desk, job_id)
    await Transitions(job_runtime.database, slots=1).claim(claim)
    assert await rescue(job_runtime).look() == [job_id]
    assert (await desk.job(job_id)).status == "queued"
    async with working(job_runtime):
        job = await desk.until(job_id)
    assert (job.status, job.attempts) == ("complete", 2)


async def test_a_job_that_is_alive_is_left_alone(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    await Transitions(job_runtime.database, slots=1).claim(await take(job_runtime, desk, job_id))
    assert await rescue(job_runtime, stale_s=20).look() == []
    assert (await desk.job(job_id)).status == "processing"


async def test_waiting_jobs_are_left_alone(job_runtime: Runtime, desk: Desk) -> None:
    await desk.start(ECHO)
    await desk.start(ECHO)
    assert await rescue(job_runtime).look() == []


async def test_a_ticket_that_was_taken_and_forgotten_is_given_again(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    await take(job_runtime, desk, job_id)
    assert await rescue(job_runtime).look() == [job_id]
    async with working(job_runtime):
        assert (await desk.until(job_id)).attempts == 1


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM procrastinate_jobs",
        "UPDATE ai_jobs SET ticket_id = NULL",
        "UPDATE procrastinate_jobs SET status = 'failed'",
    ],
)
async def test_a_waiting_job_without_a_ticket_gets_one(job_runtime: Runtime, desk: Desk, damage: str) -> None:
    job_id = await desk.start(ECHO)
    await system(job_runtime, damage)
    assert await rescue(job_runtime, stale_s=20).look() == [job_id]
    async with working(job_runtime):
        assert (await desk.until(job_id)).status == "complete"


async def test_a_dead_workers_ticket_does_not_hold_its_users_lock(job_runtime: Runtime, desk: Desk) -> None:
    first = await desk.start(ECHO)
    claim = await take(job_runtime, desk, first)
    transitions = Transitions(job_runtime.database, slots=1)
    await transitions.claim(claim)
    await transitions.complete(claim, {})  # and dies before Procrastinate hears of it
    second = await desk.start(ECHO)
    await rescue(job_runtime).look()
    async with working(job_runtime):
        assert (await desk.until(second)).status == "complete"


async def test_a_job_whose_workers_keep_dying_ends_in_an_error(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    for _ in range(TWO_ATTEMPTS):
        await Transitions(job_runtime.database, slots=1).claim(await take(job_runtime, desk, job_id))
        await rescue(job_runtime).look()
    job = await desk.job(job_id)
    assert (job.status, job.error_type, job.attempts) == ("error", "worker-lost", 2)


async def test_a_worker_back_from_the_dead_changes_nothing(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO, say="once")
    transitions = Transitions(job_runtime.database, slots=1)
    zombie = await take(job_runtime, desk, job_id)
    await transitions.claim(zombie)
    await rescue(job_runtime).look()
    assert await transitions.claim(zombie) is None
    assert not await transitions.beat(zombie, Progress())
    assert not await transitions.put_back(zombie)
    assert not await transitions.complete(zombie, {"said": "by a zombie"})
    async with working(job_runtime):
        job = await desk.until(job_id)
    assert job.output_data == {"said": "once", "attempt": 2}
    assert not await transitions.complete(zombie, {"said": "by a zombie"})


@pytest.mark.slow
async def test_a_killed_worker_loses_no_job(job_runtime: Runtime, desk: Desk, start_worker: StartWorker) -> None:
    victim = start_worker()
    job_id = await desk.start(WORK, seconds=4)
    await desk.until_progress(job_id, 11, within_s=30)
    start_worker()
    victim.kill()
    job = await desk.until(job_id, within_s=60)
    assert (job.status, job.attempts) == ("complete", 2)


@pytest.mark.slow
async def test_a_worker_told_to_stop_puts_its_job_back_and_is_gone_soon(
    job_runtime: Runtime, desk: Desk, start_worker: StartWorker, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    worker = start_worker()
    job_id = await desk.start(WORK, seconds=60, pid_file=str(pid_file))
    await desk.until_progress(job_id, 11, within_s=30)
    worker.terminate()
    assert await asyncio.to_thread(worker.wait, 10) == 0
    job = await desk.job(job_id)
    assert (job.status, job.attempts) == ("queued", 0)
    assert not psutil.pid_exists(int(pid_file.read_text()))


@pytest.mark.slow
async def test_a_job_that_kills_its_workers_is_given_up(
    job_runtime: Runtime, desk: Desk, start_worker: StartWorker
) -> None:
    job_id = await desk.start(KILL_WORKER)
    for _ in range(TWO_ATTEMPTS):
        start_worker().wait(60)
    start_worker()
    job = await desk.until(job_id, within_s=60)
    assert (job.status, job.error_type) == ("error", "worker-lost")
