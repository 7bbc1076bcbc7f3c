"""The database dies under a running worker and comes back: nothing is lost, and nobody need restart anything."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from pydantic import PostgresDsn, SecretStr

from segue.kit import jobs, migrations
from segue.kit.database import Database
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.runtime import Runtime, compose
from segue.kit.settings import Settings
from tests.kit.jobs.conftest import Desk, working
from tests.kit.jobs.samples import ECHO, NAP, WORK

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow


@dataclass
class Mortal:
    """A server of this test's own, and a runtime on it."""

    server: EmbeddedPostgres
    runtime: Runtime

    async def kill(self) -> None:
        pid = self.server.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    async def revive(self) -> None:
        await asyncio.to_thread(self.server.ensure_running)


@pytest_asyncio.fixture
async def mortal(server_folder: Path, tmp_path: Path) -> AsyncIterator[Mortal]:
    server = EmbeddedPostgres(server_folder / uuid4().hex[:8])
    url = await asyncio.to_thread(server.ensure_running)
    await asyncio.to_thread(migrations.upgrade, url)
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=PostgresDsn(url),
        secret_key=SecretStr("s" * 48),
        job_attempts=2,
    )
    database = Database(url)
    runtime = compose(settings, database)
    yield Mortal(server, runtime)
    await runtime.notifications.close()
    await database.close()
    await asyncio.to_thread(server.stop)


async def last_status(runtime: Runtime, desk: Desk, job_id: UUID) -> str | None:
    """Watch the job to its end and return how it ended, as the watcher was told."""
    status = None
    states = jobs.watch(runtime.database, runtime.notifications, desk.user_id, job_id, keep_alive_s=5)
    async for job in states:
        status = job.status if job else status
    return status


@pytest.mark.parametrize(
    ("away_s", "work_s"),
    [(0.5, 3), pytest.param(30, 20, marks=pytest.mark.slow, id="longer than a heartbeat is fresh")],
)
async def test_a_job_goes_on_while_the_database_dies_and_comes_back(
    mortal: Mortal, away_s: float, work_s: float
) -> None:
    desk = Desk(mortal.runtime)
    async with working(mortal.runtime):
        running = await desk.start(WORK, seconds=work_s)
        waiting = await desk.start(ECHO)
        watcher = asyncio.create_task(last_status(mortal.runtime, desk, running))
        await desk.until_progress(running, 20)
        await mortal.kill()
        await asyncio.sleep(away_s)
        await mortal.revive()
        job = await desk.until(running, within_s=30)
        assert (job.status, job.attempts) == ("complete", 1)
        assert (await desk.until(waiting, within_s=10)).status == "complete"
        assert await asyncio.wait_for(watcher, 10) == "complete"
        assert (await desk.until(await desk.start(NAP, seconds=0.2), within_s=10)).status == "complete"
