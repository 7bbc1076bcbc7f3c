"""How fast do jobs start, and how many can one worker process do?"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.table import Row
from segue.kit import jobs, migrations
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.kit.jobs import Job, JobContext, JobType, Worker
from segue.kit.logs import set_up_logs
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.runtime import Runtime, complete, compose
from segue.kit.settings import Settings

LATENCY_JOBS = 200
THROUGHPUT_JOBS = 1000
USERS = 50


async def nothing(_: JobContext) -> dict[str, Any]:
    """Do nothing."""
    return {}


NOTHING = JobType("benchmark.nothing", nothing)


async def start(runtime: Runtime, user_id: UUID) -> UUID:
    """Enqueue one job in a transaction of its own."""
    async with runtime.database.session(user_id) as session:
        return (await jobs.enqueue(session, NOTHING, user_id=user_id, input_data={})).id


async def ended(runtime: Runtime, user_id: UUID, job_id: UUID) -> Job:
    """Watch a job to its end."""
    states = jobs.watch(runtime.database, runtime.notifications, user_id, job_id)
    return [job async for job in states if job][-1]


async def latencies_ms(runtime: Runtime) -> tuple[list[float], list[float]]:
    """Enqueue jobs one by one, each of a new user; return the times to their start, and to the news of their end."""
    to_start, to_news = [], []
    for _ in range(LATENCY_JOBS):
        user_id = new_id()
        begun = time.perf_counter()
        job = await ended(runtime, user_id, await start(runtime, user_id))
        to_news.append(1000 * (time.perf_counter() - begun))
        assert job.started_at is not None  # noqa: S101 - it has ended
        to_start.append(1000 * (job.started_at - job.created_at).total_seconds())
    return to_start, to_news


async def jobs_per_s(runtime: Runtime) -> tuple[float, float, float]:
    """Enqueue many jobs of several users, then run them; return both rates, and the milliseconds of CPU a job."""
    users = [new_id() for _ in range(USERS)]
    begun = time.perf_counter()
    last = [await start(runtime, users[number % USERS]) for number in range(THROUGHPUT_JOBS)][-USERS:]
    enqueued = THROUGHPUT_JOBS / (time.perf_counter() - begun)
    worker = Worker(runtime, [NOTHING])
    begun, cpu = time.perf_counter(), time.process_time()
    running = asyncio.create_task(worker.run(handle_signals=False))
    for user_id, job_id in zip(users, last, strict=True):
        await ended(runtime, user_id, job_id)
    rate = THROUGHPUT_JOBS / (time.perf_counter() - begun)
    cpu_ms = 1000 * (time.process_time() - cpu) / THROUGHPUT_JOBS
    worker.stop()
    await running
    return enqueued, rate, cpu_ms


def measure() -> list[Row]:
    """Measure on a server of our own."""
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        settings = Settings(
            _env_file=None, data_dir=Path(folder) / "data", queued_jobs_per_user=10**6, log_level="warning"
        )
        set_up_logs(settings)
        settings = complete(settings.model_copy(update={"database_url": server.ensure_running()}))
        migrations.upgrade(str(settings.database_url))
        try:
            return asyncio.run(_measure(settings))
        finally:
            server.stop()


async def _measure(settings: Settings) -> list[Row]:
    database = Database(str(settings.database_url))
    runtime = compose(settings, database)
    worker = Worker(runtime, [NOTHING])
    running = asyncio.create_task(worker.run(handle_signals=False))
    await asyncio.sleep(1)
    to_start, to_news = await latencies_ms(runtime)
    worker.stop()
    await running
    enqueued, rate, cpu_ms = await jobs_per_s(runtime)
    await runtime.notifications.close()
    await database.close()
    rows = []
    for question, values in (("enqueue to start", to_start), ("enqueue to a watcher's news of the end", to_news)):
        rows.append(Row(f"{question}, ms (median)", f"{LATENCY_JOBS} jobs, one by one", statistics.median(values)))
        rows.append(Row(f"{question}, ms (p95)", f"{LATENCY_JOBS} jobs", statistics.quantiles(values, n=20)[-1]))
    crowd = f"{THROUGHPUT_JOBS} jobs of {USERS} users"
    rows.append(Row("enqueued, one transaction each, jobs/s", crowd, enqueued))
    rows.append(Row("run by one worker process, jobs/s", crowd, rate))
    rows.append(Row("CPU of a job that does nothing, ms", crowd, cpu_ms))
    return rows
