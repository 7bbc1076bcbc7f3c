"""Whatever is killed while work is under way, the work is done all the same, once, and nothing is lost."""

import asyncio
import io
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import psycopg
import pytest
import soundfile

from segue.kit.ids import new_id
from tests.http import API
from tests.journeys.system import System
from tests.songs import Caller, sung_song_file

STEMS = {"vocals", "drums", "bass", "other"}


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A song that is parted for some seconds, and that nobody has brought before."""
    return sung_song_file(tmp_path, tempo_bpm=120, bars=24, seed=new_id().int % 2**32)


async def caught_separating(user: Caller, song: Path) -> tuple[dict[str, Any], str]:
    """Upload a song, have it heard, and return it and its separation's job, which is under way."""
    upload = await user.uploaded(song)
    await user.completed(upload["job_id"])
    job_id: str = (await user.post("/audio/separate", json={"track_id": upload["track_id"]})).json()["job_id"]
    async with asyncio.timeout(30):
        while (job := (await user.get(f"/jobs/{job_id}")).json())["progress"] < 10:
            assert job["status"] in ("queued", "processing"), job
            await asyncio.sleep(0.05)
    assert job["status"] == "processing"
    return upload, job_id


async def patiently_completed(user: Caller, job_id: str, within_s: float) -> dict[str, Any]:
    """Wait for a job of a system that is not there all the time, and that answers 503 when its database is not."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                response = await user.get(f"/jobs/{job_id}")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            assert response.status_code in (200, 503), response.text
            job: dict[str, Any] = response.json()
            if job.get("completed_at"):
                assert job["status"] == "complete", job
                return job
            await asyncio.sleep(0.1)


async def separated_once(system: System, user: Caller, upload: dict[str, Any], song: Path) -> None:
    """Check that the stems are all there, whole, and there once, and that the attempts left nothing lying about."""
    stems = (await user.get(f"/tracks/{upload['track_id']}/stems")).json()
    assert sorted(stem["name"] for stem in stems) == sorted(STEMS)
    files = [(await user.client.get(stem["url"])).content for stem in stems]
    total = np.sum([soundfile.read(io.BytesIO(file))[0] for file in files], axis=0)
    assert np.abs(total - soundfile.read(song)[0]).max() < 1e-3
    assert list((system.folder / "scratch").iterdir()) == []
    with psycopg.connect(system.postgres.ensure_running()) as connection:
        counted = connection.execute("SELECT count(*) FROM stems WHERE track_id = %s", [upload["track_id"]])
        assert counted.fetchone() == (len(STEMS),)


async def is_alive(user: Caller, song: Path) -> None:
    """Check that new work is taken and done."""
    again = await user.upload(song)
    assert again.status_code == 201
    await user.completed(again.json()["job_id"], within_s=20)


def outlives(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
async def test_a_killed_workers_job_is_done_within_the_minute(system: System, user: Caller, song: Path) -> None:
    upload, job_id = await caught_separating(user, song)
    at_work = psutil.Process(system.worker_pid)
    family = [at_work, *at_work.children(recursive=True)]
    assert len(family) > 1
    system.kill_worker()
    job = await user.completed(job_id, within_s=60)
    assert job["attempts"] == 2
    assert outlives(family) == []
    await separated_once(system, user, upload, song)


@pytest.mark.slow
async def test_a_killed_database_loses_nothing(system: System, user: Caller, song: Path) -> None:
    upload, job_id = await caught_separating(user, song)
    system.kill_postmaster()
    job = await patiently_completed(user, job_id, within_s=60)
    assert job["attempts"] == 1
    await separated_once(system, user, upload, song)
    assert (await user.client.get(upload["url"])).content == song.read_bytes()
    await is_alive(user, song)


@pytest.mark.slow
async def test_while_the_database_is_away_requests_are_told_to_come_back(system: System, user: Caller) -> None:
    answers: list[httpx.Response] = []
    system.kill_postmaster()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not answers or answers[-1].status_code != 200):
        answers.append(await user.get("/tracks"))
    assert answers[-1].status_code == 200
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}


@pytest.mark.slow
async def test_killed_as_a_whole_it_starts_again_and_finishes(system: System, user: Caller, song: Path) -> None:
    upload, job_id = await caught_separating(user, song)
    system.kill()
    system.start()
    await patiently_completed(user, job_id, within_s=60)
    await separated_once(system, user, upload, song)
    assert (await user.client.get(upload["url"])).content == song.read_bytes()
    assert (await user.client.get(f"{API}/auth/me", headers=user.user.headers)).status_code == 200
    await is_alive(user, song)


@pytest.mark.slow
async def test_told_to_stop_it_leaves_no_process_and_later_goes_on(system: System, user: Caller, song: Path) -> None:
    upload, job_id = await caught_separating(user, song)
    at_work = system.processes()
    assert len(at_work) > 5
    assert system.stop() == 0
    assert outlives(at_work) == []
    assert system.processes() == []
    system.start()
    job = await patiently_completed(user, job_id, within_s=60)
    assert job["attempts"] == 1, "a stop is nobody's failure"
    await separated_once(system, user, upload, song)


def test_a_second_one_says_that_the_first_runs(system: System) -> None:
    second = system.run("up", "--no-models")
    assert second.returncode != 0
    said = " ".join((second.stdout + second.stderr).split())
    assert f"already runs at {system.url}" in said
    assert "Traceback" not in said
    assert system.is_up
