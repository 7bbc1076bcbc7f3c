"""A worker whose event loop hangs cannot rescue its job: it ends, says where it hung, and the next one does."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import UUID

import pytest

from tests.kit.jobs.conftest import Desk, StartWorker
from tests.kit.jobs.samples import BLOCK, NAP

STALL_S = 2


async def ended(desk: Desk, start_worker: StartWorker, log: Path, where: str) -> tuple[UUID, int]:
    """Block a worker, and return the job and how the worker ended."""
    job_id = await desk.start(BLOCK, **{"in": where})
    with log.open("wb") as file:
        worker = start_worker(log=file, job_stall_s=STALL_S)
    return job_id, await asyncio.to_thread(worker.wait, 40)


@pytest.mark.slow
async def test_a_worker_whose_loop_hangs_ends_and_tells_where(
    desk: Desk, start_worker: StartWorker, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    job_id, code = await ended(desk, start_worker, log, "python")
    assert code == 70
    assert "worker.hangs" in log.read_text()
    assert "in block" in log.read_text()
    assert (await desk.job(job_id)).status == "processing"


@pytest.mark.slow
async def test_a_loop_held_by_c_code_ends_it_too(desk: Desk, start_worker: StartWorker, tmp_path: Path) -> None:
    log = tmp_path / "log"
    _, code = await ended(desk, start_worker, log, "c")
    assert code == -signal.SIGALRM
    assert "in block" in log.read_text()


@pytest.mark.slow
async def test_the_next_worker_does_the_job(desk: Desk, start_worker: StartWorker, tmp_path: Path) -> None:
    job_id, _ = await ended(desk, start_worker, tmp_path / "log", "python")
    start_worker()
    job = await desk.until(job_id, within_s=60)
    assert (job.status, job.attempts) == ("complete", 2)


@pytest.mark.slow
async def test_a_worker_that_was_stopped_for_longer_goes_on(desk: Desk, start_worker: StartWorker) -> None:
    worker = start_worker(job_stall_s=STALL_S)
    job_id = await desk.start(NAP, seconds=1)
    await desk.until(job_id, within_s=30)
    os.kill(worker.pid, signal.SIGSTOP)
    await asyncio.sleep(2 * STALL_S)
    os.kill(worker.pid, signal.SIGCONT)
    await asyncio.sleep(2 * STALL_S)
    assert worker.poll() is None
    worker.terminate()
    assert await asyncio.to_thread(worker.wait, 10) == 0
