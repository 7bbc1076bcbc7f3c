"""A job runs, tells how far it is, and ends in one way."""

import os
from pathlib import Path

import pytest

from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import Desk, working
from tests.kit.jobs.samples import ECHO, HANG, LOSE_CHILD, LOSE_DATABASE, REFUSE, STUMBLE, UNKNOWN, WORK


async def test_a_job_gives_what_its_handler_returned(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(ECHO, say="hello"))
    assert (job.status, job.progress, job.output_data) == ("complete", 100, {"said": "hello", "attempt": 1})
    assert job.started_at is not None
    assert job.completed_at is not None
    assert job.created_at <= job.started_at <= job.completed_at


async def test_the_progress_of_a_child_process_becomes_its_share_of_the_jobs(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job_id = await desk.start(WORK, seconds=1.5)
        early = await desk.until_progress(job_id, 11)
        job = await desk.until(job_id)
    assert early.status == "processing"
    assert 11 <= early.progress <= 90
    assert job.status == "complete"
    assert job.output_data is not None
    assert job.output_data["pid"] != os.getpid()


async def test_what_the_user_must_mend_is_final_at_once_and_said_in_its_own_words(
    job_runtime: Runtime, desk: Desk
) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(REFUSE))
    assert (job.status, job.attempts) == ("error", 1)
    assert (job.error_type, job.error_message) == ("invalid-audio", "This is a picture of a cat.")


async def test_a_fault_of_ours_is_tried_again(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(STUMBLE, until=2))
    assert (job.status, job.output_data) == ("complete", {"attempt": 2})


async def test_a_fault_that_stays_ends_in_an_error_that_gives_no_detail_away(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(STUMBLE, until=9))
    assert (job.status, job.attempts, job.error_type) == ("error", 2, "internal")
    assert "secret" not in str(job.error_message)


@pytest.mark.slow
async def test_a_child_that_is_killed_is_tried_again_then_given_up(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(LOSE_CHILD))
    assert (job.status, job.attempts, job.error_type) == ("error", 2, "child-died")


@pytest.mark.slow
async def test_a_job_whose_connection_breaks_is_tried_again(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(LOSE_DATABASE))
    assert (job.status, job.output_data) == ("complete", {"attempt": 2})


async def test_a_job_that_gives_no_sign_of_life_is_stopped(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime, job_stall_s=0.5):
        job = await desk.until(await desk.start(HANG))
    assert (job.status, job.attempts, job.error_type) == ("error", 2, "stalled")


async def test_a_job_that_no_worker_knows_ends_in_an_error(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job = await desk.until(await desk.start(UNKNOWN))
    assert (job.status, job.error_type) == ("error", "unavailable")


async def test_nothing_is_left_in_the_queue(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        for job_type in (ECHO, REFUSE):
            await desk.until(await desk.start(job_type))
    async with job_runtime.database.system_session() as session:
        left = (await session.connection()).exec_driver_sql
        assert (await left("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0
        assert (await left("SELECT count(*) FROM procrastinate_workers")).scalar_one() == 0


@pytest.mark.slow
async def test_stopping_a_worker_puts_its_job_back_without_counting_the_attempt(
    job_runtime: Runtime, desk: Desk, tmp_path: Path
) -> None:
    async with working(job_runtime):
        job_id = await desk.start(WORK, seconds=30)
        await desk.until_progress(job_id, 11)
    job = await desk.job(job_id)
    assert (job.status, job.attempts, job.progress) == ("queued", 0, 0)
