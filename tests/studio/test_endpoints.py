"""Mashups from request to public page, over HTTP with a real database and real audio."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from segue.audio.files import encode
from segue.audio.signal import Audio
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.studio.tables import MashupStem, RemixRelation, StemMashupLink
from tests.songs import Caller, song_file, sung_song_file, worker_of


@pytest.fixture
def songs(tmp_path: Path) -> tuple[Path, Path]:
    a = sung_song_file(tmp_path, "a.flac", tempo_bpm=140, bars=16, tonic=2)
    b = song_file(tmp_path, "b.flac", tempo_bpm=150, bars=16, seed=1)
    return a, b


async def uploaded_tracks(caller: Caller, songs: tuple[Path, Path]) -> list[str]:
    return [(await caller.uploaded(song))["track_id"] for song in songs]


async def finished_mashup(caller: Caller, runtime: Runtime, songs: tuple[Path, Path]) -> dict[str, Any]:
    """Make a mashup of two songs to its end and return how `GET /mashup/ai/{id}` shows it."""
    tracks = await uploaded_tracks(caller, songs)
    async with worker_of(runtime):
        job_id = (await caller.post("/mashup/ai", json={"tracks": tracks})).json()["jobId"]
        await caller.completed(job_id, within_s=120)
    answer: dict[str, Any] = (await caller.get(f"/mashup/ai/{job_id}")).json()
    return answer


class TestStart:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        tracks = [str(new_id()), str(new_id())]
        assert (await anonymous.post("/mashup/ai", json={"tracks": tracks})).status_code == 401

    async def test_another_users_track_is_not_found(
        self, caller: Caller, other: Caller, songs: tuple[Path, Path]
    ) -> None:
        tracks = await uploaded_tracks(caller, songs)
        assert (await other.post("/mashup/ai", json={"tracks": tracks})).status_code == 404

    async def test_another_users_stem_is_not_found(self, caller: Caller) -> None:
        stems = [str(new_id()), str(new_id())]
        assert (await caller.post("/mashup/ai", json={"stems": stems})).status_code == 404

    @pytest.mark.parametrize(
        "request_body",
        [
            {},
            {"tracks": [str(new_id())]},
            {"tracks": ["01a1fbbd-0420-719b-ab81-588080a44bc5"] * 2},
            {"tracks": [str(new_id())] * 2, "stems": [str(new_id())] * 2},
            {"tracks": [str(new_id()), str(new_id())], "vibe": "loudest"},
            {"tracks": [str(new_id()), str(new_id())], "intensity": 2},
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, caller: Caller, request_body: dict[str, Any]) -> None:
        response = await caller.post("/mashup/ai", json=request_body)
        assert response.status_code == 422
        assert response.json()["errors"]


class TestMashup:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/mashup/ai/{new_id()}")).status_code == 401
        assert (await anonymous.get(f"/mashup/ai/{new_id()}/download")).status_code == 401
        assert (await anonymous.post(f"/mashups/{new_id()}/publish")).status_code == 401

    @pytest.mark.slow
    async def test_it_is_made_told_played_credited_and_published(
        self, caller: Caller, other: Caller, anonymous: Caller, runtime: Runtime, songs: tuple[Path, Path]
    ) -> None:
        shown = await finished_mashup(caller, runtime, songs)
        mashup, report = shown["mashup"], shown["mashup"]["report"]
        assert shown["status"] == "complete"
        assert report["loudness_lufs"] == pytest.approx(-14, abs=0.3)
        assert report["true_peak_dbtp"] <= -1
        assert report["alignment"]
        assert report["compatibility"]["score"] == mashup["compatibility"]

        await self.others_cannot_reach_it(other, shown["jobId"], mashup["id"], mashup["track_id"])
        await self.it_downloads(caller, shown["jobId"])
        await self.it_is_fingerprinted(caller, mashup)
        await self.it_is_credited(runtime, mashup)
        await self.it_is_published(caller, anonymous, mashup)
        await self.what_it_is_made_of_stays(caller, runtime)

    async def others_cannot_reach_it(self, other: Caller, job_id: str, mashup_id: str, track_id: str) -> None:
        assert (await other.get(f"/mashup/ai/{job_id}")).status_code == 404
        assert (await other.get(f"/mashup/ai/{job_id}/download")).status_code == 404
        assert (await other.post(f"/mashups/{mashup_id}/publish")).status_code == 404
        assert (await other.get(f"/play/{track_id}")).status_code == 404

    async def it_downloads(self, caller: Caller, job_id: str) -> None:
        whole = await caller.get(f"/mashup/ai/{job_id}/download")
        assert whole.status_code == 200
        assert whole.headers["content-type"] == "audio/mpeg"
        part = await caller.client.get(
            f"/api/v1/mashup/ai/{job_id}/download", headers={**caller.user.headers, "Range": "bytes=0-9"}
        )
        assert (part.status_code, part.content) == (206, whole.content[:10])

    async def it_is_fingerprinted(self, caller: Caller, mashup: dict[str, Any]) -> None:
        sources = await caller.get(f"/tracks/{mashup['track_id']}/sources")
        assert (sources.status_code, sources.json()["job_id"]) == (200, None)

    async def it_is_credited(self, runtime: Runtime, mashup: dict[str, Any]) -> None:
        async with runtime.database.system_session() as session:
            shares = (await session.scalars(select(StemMashupLink.contribution))).all()
            parts = (await session.scalars(select(MashupStem.role))).all()
            parents = (await session.scalars(select(RemixRelation.parent_track_id))).all()
        assert sum(shares) == pytest.approx(1)
        assert len(parts) == len(shares) >= 2
        assert len(parents) == 2

    async def it_is_published(self, caller: Caller, anonymous: Caller, mashup: dict[str, Any]) -> None:
        handle = (await caller.get("/profiles/me")).json()["handle"]
        assert (await anonymous.get(f"/creators/{handle}")).json()["mashups"] == []
        published = await caller.post(f"/mashups/{mashup['id']}/publish", json={"title": "Two <b>songs</b>"})
        assert published.status_code == 200
        page = (await anonymous.get(f"/creators/{handle}")).json()
        assert [shown["title"] for shown in page["mashups"]] == ["Two <b>songs</b>"]
        assert page["mashups"][0]["sources"] == ["a", "b"]
        assert (await anonymous.get(f"/play/{mashup['track_id']}")).json()["type"] == "ai"
        again = (await caller.post(f"/mashups/{mashup['id']}/publish")).json()
        assert again["published_at"] == published.json()["published_at"]

        html = await anonymous.client.get(f"/@{handle}")
        assert html.status_code == 200
        assert "Two &lt;b&gt;songs&lt;/b&gt;" in html.text
        audio = await anonymous.client.get(f"/listen/{mashup['track_id']}", follow_redirects=True)
        assert audio.headers["content-type"] == "audio/mpeg"

    async def what_it_is_made_of_stays(self, caller: Caller, runtime: Runtime) -> None:
        async with runtime.database.system_session() as session:
            parent = (await session.scalars(select(RemixRelation.parent_track_id))).first()
        assert (await caller.delete(f"/tracks/{parent}")).status_code == 409

    @pytest.mark.slow
    async def test_chosen_stems_of_two_tracks_make_one(
        self, caller: Caller, runtime: Runtime, songs: tuple[Path, Path]
    ) -> None:
        stems: list[dict[str, str]] = []
        async with worker_of(runtime):
            for track_id in await uploaded_tracks(caller, songs):
                job = await caller.post("/audio/separate", json={"track_id": track_id})
                await caller.completed(job.json()["job_id"])
                made = (await caller.get(f"/tracks/{track_id}/stems")).json()
                stems.append({stem["name"]: stem["id"] for stem in made})
            one_track = await caller.post("/mashup/ai", json={"stems": [stems[0]["drums"], stems[0]["bass"]]})
            assert one_track.status_code == 422
            job = await caller.post("/mashup/ai", json={"stems": [stems[0]["other"], stems[1]["drums"]]})
            job_id = job.json()["jobId"]
            await caller.completed(job_id, within_s=120)
        report = (await caller.get(f"/mashup/ai/{job_id}")).json()["mashup"]["report"]
        assert report["tempo_bpm"] > 0

    @pytest.mark.slow
    async def test_a_song_without_a_voice_is_refused_with_a_way_out(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        silence = tmp_path / "silence.flac"
        encode(Audio(np.zeros((1, 8 * 44100), dtype=np.float32), 44100), silence)
        tracks = await uploaded_tracks(caller, (silence, song_file(tmp_path, bars=4)))
        async with worker_of(runtime):
            job_id = (await caller.post("/mashup/ai", json={"tracks": tracks})).json()["jobId"]
            job = await caller.ended(job_id)
        assert job["status"] == "error"
        assert "Nothing of silence would be heard" in job["error_message"]

    async def test_an_unfinished_mashup_cannot_be_downloaded(self, caller: Caller, songs: tuple[Path, Path]) -> None:
        tracks = await uploaded_tracks(caller, songs)
        job_id = (await caller.post("/mashup/ai", json={"tracks": tracks})).json()["jobId"]
        assert (await caller.get(f"/mashup/ai/{job_id}/download")).status_code == 409


class TestCreatorPage:
    async def test_nobody_of_that_name_is_not_found(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/creators/nobody")).status_code == 404
        assert (await anonymous.client.get("/@nobody")).status_code == 404
