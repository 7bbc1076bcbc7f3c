"""Generated tracks from request to sound, over HTTP with a real database, a real worker and the real engine."""

from typing import Any

import pytest
from sqlalchemy import select

from segue.generation.tables import Generation
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.generation.bands.conftest import generated_track
from tests.songs import Caller, worker_of

SHORT = {"mode": "new", "duration": 10}


async def made(caller: Caller, runtime: Runtime, **body: Any) -> dict[str, Any]:
    """Have a short track made to its end and return how `GET /generate/{job_id}` shows it."""
    async with worker_of(runtime):
        response = await caller.post("/generate", json={**SHORT, **body})
        assert response.status_code == 202, response.text
        job_id = response.json()["job_id"]
        await caller.completed(job_id, within_s=180)
    answer: dict[str, Any] = (await caller.get(f"/generate/{job_id}")).json()
    return answer


class TestStart:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/generate", json=SHORT)).status_code == 401

    async def test_a_source_that_is_not_there_is_not_found(self, caller: Caller) -> None:
        for mode in ("extend", "similar"):
            body = {**SHORT, "mode": mode, "source_id": str(new_id())}
            assert (await caller.post("/generate", json=body)).status_code == 404
        body = {**SHORT, "mode": "radio", "playlist_id": str(new_id())}
        assert (await caller.post("/generate", json=body)).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"mode": "loud"},
            {"mode": "new", "duration": 3},
            {"mode": "new", "duration": 10_000},
            {"mode": "new", "seed": -1},
            {"mode": "similar"},
            {"mode": "extend"},
            {"mode": "new", "source_id": str(new_id())},
            {"mode": "new", "playlist_id": str(new_id())},
            {"mode": "new", "duration": 901},
            {"mode": "new", "create_band": True, "band_id": str(new_id())},
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, caller: Caller, body: dict[str, Any]) -> None:
        assert (await caller.post("/generate", json=body)).status_code == 422

    async def test_a_song_is_made_longer_by_two_minutes_unless_it_is_said(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        source_id = str(await generated_track(runtime, caller))  # 12.5 seconds
        body = {"mode": "extend", "source_id": source_id}
        refused = await caller.post("/generate", json={**body, "duration": 12})
        assert refused.status_code == 422
        assert "12 seconds already" in refused.json()["detail"]
        for more in ({}, {"duration": 1000}):
            assert (await caller.post("/generate", json={**body, **more})).status_code == 202
        async with runtime.database.system_session() as session:
            assert sorted(await session.scalars(select(Generation.duration_s))) == [132.5, 1000.0]


class TestTrack:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        for path in ("", "/midi", "/project"):
            assert (await anonymous.get(f"/generate/{new_id()}{path}")).status_code == 401

    async def test_anothers_is_not_found(self, caller: Caller, other: Caller) -> None:
        job_id = (await caller.post("/generate", json=SHORT)).json()["job_id"]
        for path in ("", "/midi", "/project"):
            assert (await other.get(f"/generate/{job_id}{path}")).status_code == 404

    @pytest.mark.slow
    async def test_it_is_made_told_and_played_with_its_parts(self, caller: Caller, runtime: Runtime) -> None:
        track = await made(caller, runtime)
        assert track["status"] == "complete"
        sound = await caller.client.get(track["url"], headers={"Range": "bytes=0-3"})
        assert (sound.status_code, sound.content) == (206, b"fLaC")
        beginning = await caller.client.get(track["beginning_url"])
        assert beginning.headers["content-type"] == "audio/mpeg"
        assert set(track["stems"]) == {"vocals", "drums", "bass", "other"}
        assert (await caller.client.get(track["stems"]["bass"])).content[:4] == b"fLaC"
        shown = (await caller.get(f"/tracks/{track['track_id']}")).json()
        assert (shown["source"], shown["title"]) == ("generated", track["title"])
        assert shown["analysis"]["duration_s"] == pytest.approx(10, abs=4)
        assert (await caller.get(f"/generate/{track['job_id']}/project")).status_code == 200
