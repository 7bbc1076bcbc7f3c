"""A runtime, a user, and workers in this process or in processes of their own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, BinaryIO
from uuid import UUID

import pytest
import pytest_asyncio

from segue.kit import jobs
from segue.kit.ids import new_id
from segue.kit.jobs import Job, JobType, Worker
from segue.kit.runtime import Runtime
from tests.kit.jobs.samples import JOB_TYPES

ENDED = ("complete", "error", "cancelled")


class Desk:
    """What a test does with jobs: each step in a transaction of its own, as requests do."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.user_id = new_id()

    def of_another(self) -> "Desk":
        """Return another user's desk."""
        return Desk(self.runtime)

    async def start(self, job_type: JobType, **input_data: Any) -> UUID:
        """Enqueue and commit."""
        async with self.runtime.database.session(self.user_id) as session:
            return (await jobs.enqueue(session, job_type, user_id=self.user_id, input_data=input_data)).id

    async def job(self, job_id: UUID) -> Job:
        async with self.runtime.database.session(self.user_id) as session:
            return await jobs.get(session, self.user_id, job_id)

    async def cancel(self, job_id: UUID) -> Job:
        async with self.runtime.database.session(self.user_id) as session:
            return await jobs.cancel(session, self.user_id, job_id)

    async def until(self, job_id: UUID, *statuses: str, within_s: float = 15) -> Job:
        """Wait until the job has one of `statuses` (any end, if none is named)."""

        async def reached() -> bool:
            return (await self.job(job_id)).status in (statuses or ENDED)

        await poll(reached, within_s)
        return await self.job(job_id)

    async def until_progress(self, job_id: UUID, percent: int, within_s: float = 15) -> Job:
        """Wait until the job is so far."""

        async def reached() -> bool:
            return (await self.job(job_id)).progress >= percent

        await poll(reached, within_s)
        return await self.job(job_id)


@pytest_asyncio.fixture
async def job_runtime(runtime: Runtime) -> AsyncIterator[Runtime]:
    """A runtime whose jobs are tried twice."""
    runtime.database.session_info["settings"] = settings = runtime.settings.model_copy(update={"job_attempts": 2})
    yield replace(runtime, settings=settings)
    await runtime.notifications.close()


@pytest.fixture
def desk(job_runtime: Runtime) -> Desk:
    return Desk(job_runtime)


@asynccontextmanager
async def working(runtime: Runtime, **changes: Any) -> AsyncIterator[Worker]:
    """Run a worker in this process, with some settings changed, and stop it."""
    worker = Worker(replace(runtime, settings=runtime.settings.model_copy(update=changes)), JOB_TYPES)
    task = asyncio.create_task(worker.run(handle_signals=False))
    try:
        yield worker
    finally:
        worker.stop()
        await task


StartWorker = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(job_runtime: Runtime) -> Iterator[StartWorker]:
    """Start worker processes; whatever is left of them is killed."""
    started = []

    def start(*, log: BinaryIO | None = None, **changes: Any) -> subprocess.Popen[bytes]:
        settings = job_runtime.settings.model_copy(update=changes)
        environment = dict(os.environ) | {
            "SEGUE_DATABASE_URL": str(settings.database_url),
            "SEGUE_DATA_DIR": str(settings.data_dir),
            "SEGUE_SECRET_KEY": "for tests only",
            "SEGUE_JOB_ATTEMPTS": str(settings.job_attempts),
            "SEGUE_WORKER_CONCURRENCY": str(settings.worker_concurrency),
            "SEGUE_JOB_STALL_S": str(settings.job_stall_s),
        }
        process = subprocess.Popen([sys.executable, "-m", "tests.kit.jobs.worker_process"], env=environment, stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


async def poll(condition: Callable[[], Awaitable[bool]], within_s: float) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - it changes in the database, or in another process
            await asyncio.sleep(0.05)
