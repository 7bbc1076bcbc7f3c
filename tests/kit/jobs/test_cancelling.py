"""Cancelling a job stops it wherever it is."""

from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from segue.kit.errors import Conflict
from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import Desk, poll, working
from tests.kit.jobs.samples import ECHO, NAP, WORK


async def test_a_waiting_job_never_starts(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    assert (await desk.cancel(job_id)).status == "cancelled"
    async with job_runtime.database.system_session() as session:
        assert (await session.execute(text("SELECT count(*) FROM procrastinate_jobs"))).scalar_one() == 0


@pytest.mark.slow
async def test_the_process_of_a_running_job_is_killed_within_two_seconds(
    job_runtime: Runtime, desk: Desk, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    async with working(job_runtime):
        job_id = await desk.start(WORK, seconds=60, pid_file=str(pid_file))
        await desk.until_progress(job_id, 11)
        child = psutil.Process(int(pid_file.read_text()))
        assert (await desk.cancel(job_id)).status == "cancelled"

        async def is_dead() -> bool:
            return not child.is_running()

        await poll(is_dead, within_s=2)
        job = await desk.job(job_id)
        assert (job.status, job.output_data) == ("cancelled", None)
        assert job.completed_at is not None

        async def queue_is_empty() -> bool:
            async with job_runtime.database.system_session() as session:
                left = await session.execute(text("SELECT count(*) FROM procrastinate_jobs"))
                return int(left.scalar_one()) == 0

        await poll(queue_is_empty, within_s=3)


async def test_the_next_job_of_the_user_starts_when_one_is_cancelled(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        first = await desk.start(NAP, seconds=60)
        second = await desk.start(ECHO)
        await desk.until(first, "processing")
        await desk.cancel(first)
        assert (await desk.until(second, within_s=3)).status == "complete"


async def test_cancelling_twice_is_the_same_as_once(desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    first = await desk.cancel(job_id)
    second = await desk.cancel(job_id)
    assert first.completed_at == second.completed_at


async def test_what_has_ended_cannot_be_cancelled(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job_id = await desk.start(ECHO)
        await desk.until(job_id)
    with pytest.raises(Conflict, match="complete"):
        await desk.cancel(job_id)
