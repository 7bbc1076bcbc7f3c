"""Separation and stems, over HTTP with a real database, real audio and the engine that needs no weights."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import OUR_LIMITS, decode
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.songs import Caller, song_file, worker_of


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return song_file(tmp_path, bars=4)


class TestSeparate:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/audio/separate", json={"track_id": str(new_id())})).status_code == 401

    async def test_another_users_track_is_not_found(self, caller: Caller, other: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await other.post("/audio/separate", json={"track_id": track_id})).status_code == 404

    async def test_asked_twice_it_is_one_job(self, caller: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        first, again = [await caller.post("/audio/separate", json={"track_id": track_id}) for _ in range(2)]
        assert first.status_code == again.status_code == 202
        assert first.json() == again.json()

    @pytest.mark.slow
    async def test_the_stems_are_as_long_as_the_song_and_sum_to_it(
        self, caller: Caller, runtime: Runtime, song: Path, tmp_path: Path
    ) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        async with worker_of(runtime):
            started = await caller.post("/audio/separate", json={"track_id": track_id})
            await caller.completed(started.json()["job_id"])
        stems = (await caller.get(f"/tracks/{track_id}/stems")).json()
        assert {stem["name"] for stem in stems} == {"vocals", "drums", "bass", "other"}
        mix = decode(song).audio.samples
        total = np.zeros_like(mix)
        for stem in stems:
            file = tmp_path / f"{stem['name']}.flac"
            file.write_bytes((await caller.client.get(stem["url"])).content)
            samples = decode(file, OUR_LIMITS).audio.samples
            assert samples.shape == mix.shape
            total += samples
        error_db = 10 * np.log10(np.mean((total - mix) ** 2) / np.mean(mix**2))
        assert error_db < -60

    @pytest.mark.slow
    async def test_the_same_audio_is_separated_once(
        self, caller: Caller, other: Caller, runtime: Runtime, song: Path
    ) -> None:
        jobs = []
        async with worker_of(runtime):
            for user in (caller, other):
                track_id = (await user.uploaded(song))["track_id"]
                started = await user.post("/audio/separate", json={"track_id": track_id})
                jobs.append(await user.completed(started.json()["job_id"]))
        first, second = [set(job["output_data"]["stems"].values()) for job in jobs]
        assert not first & second
        urls = [
            {
                stem["url"].split("/")[4]
                for stem in (await user.get(f"/tracks/{job['output_data']['track_id']}/stems")).json()
            }
            for user, job in zip((caller, other), jobs, strict=True)
        ]
        assert urls[0] == urls[1]


class TestStems:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/tracks/{new_id()}/stems")).status_code == 401

    async def test_another_users_stems_are_not_found(self, caller: Caller, other: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await other.get(f"/tracks/{track_id}/stems")).status_code == 404

    async def test_there_are_none_before_the_separation(self, caller: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await caller.get(f"/tracks/{track_id}/stems")).json() == []
