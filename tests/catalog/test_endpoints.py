"""Upload, tracks and play, over HTTP with a real database and real audio."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from segue.catalog.tables import Asset, SourceTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.http import app_of, client_of, signed_up_user
from tests.songs import Caller, song_file, worker_of


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return song_file(tmp_path, tempo_bpm=120)


class TestUpload:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller, song: Path) -> None:
        assert (await anonymous.upload(song)).status_code == 401

    async def test_it_gives_a_track_a_job_and_an_address(self, caller: Caller, song: Path) -> None:
        response = await caller.upload(song, "My song.flac")
        assert response.status_code == 201, response.text
        answer = response.json()
        assert set(answer) == {"url", "filename", "size", "track_id", "job_id"}
        assert (answer["filename"], answer["size"]) == ("My song.flac", song.stat().st_size)
        assert (await caller.client.get(answer["url"])).content == song.read_bytes()

    async def test_the_unversioned_path_answers_too(self, caller: Caller, song: Path) -> None:
        with song.open("rb") as file:
            response = await caller.client.post("/api/upload", headers=caller.user.headers, files={"file": file})
        assert response.status_code == 201

    async def test_the_same_file_again_is_the_same_track_and_asset(
        self, caller: Caller, other: Caller, song: Path, runtime: Runtime
    ) -> None:
        first, again = await caller.uploaded(song), await caller.uploaded(song)
        elsewhere = await other.uploaded(song)
        assert first["track_id"] == again["track_id"] != elsewhere["track_id"]
        async with runtime.database.system_session() as session:
            assert await session.scalar(select(func.count()).select_from(Asset)) == 1
            assert await session.scalar(select(func.count()).select_from(SourceTrack)) == 2

    async def test_a_key_that_is_sent_twice_uploads_once(self, caller: Caller, song: Path) -> None:
        first, again = [await caller.upload(song, headers={"Idempotency-Key": "once"}) for _ in range(2)]
        assert first.json() == again.json()
        assert again.headers["Idempotent-Replayed"] == "true"

    async def test_what_is_no_audio_is_refused_with_its_reason(
        self, caller: Caller, tmp_path: Path, runtime: Runtime
    ) -> None:
        page = tmp_path / "song.mp3"
        page.write_text("<!doctype html><title>No song</title>" * 100)
        response = await caller.upload(page)
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert "web page" in response.json()["detail"]
        async with runtime.database.system_session() as session:
            assert await session.scalar(select(func.count()).select_from(Asset)) == 0

    async def test_a_file_over_the_limit_is_refused(self, runtime: Runtime, song: Path) -> None:
        async with client_of(app_of(runtime, upload_max_bytes=1000)) as client:
            response = await Caller(client, await signed_up_user(client)).upload(song)
        assert response.status_code == 413

    async def test_a_song_over_the_length_limit_is_refused(self, runtime: Runtime, song: Path) -> None:
        async with client_of(app_of(runtime, upload_max_s=2)) as client:
            response = await Caller(client, await signed_up_user(client)).upload(song)
        assert response.status_code == 422
        assert "long" in response.json()["detail"]

    @pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b.flac", "\u202egnp.flac", "x" * 250 + ".flac"])
    async def test_a_strange_name_does_no_harm(self, caller: Caller, song: Path, name: str) -> None:
        response = await caller.upload(song, name)
        assert response.status_code == 201
        title = (await caller.get(f"/tracks/{response.json()['track_id']}")).json()["title"]
        assert title
        assert "/" not in title
        assert title.isprintable()


class TestTracks:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/tracks")).status_code == 401
        assert (await anonymous.get(f"/tracks/{new_id()}")).status_code == 401
        assert (await anonymous.delete(f"/tracks/{new_id()}")).status_code == 401

    async def test_another_users_track_is_not_found(self, caller: Caller, other: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await other.get(f"/tracks/{track_id}")).status_code == 404
        assert (await other.delete(f"/tracks/{track_id}")).status_code == 404
        assert (await caller.get(f"/tracks/{track_id}")).status_code == 200

    @pytest.mark.slow
    async def test_analysis_is_there_when_its_job_is_done(self, caller: Caller, runtime: Runtime, song: Path) -> None:
        upload = await caller.uploaded(song)
        assert (await caller.get(f"/tracks/{upload['track_id']}")).json()["analysis"] is None
        async with worker_of(runtime):
            await caller.completed(upload["job_id"])
        analysis = (await caller.get(f"/tracks/{upload['track_id']}")).json()["analysis"]
        assert analysis["tempo_bpm"] == pytest.approx(120, rel=0.02)
        assert len(analysis["embedding"]) == 768
        assert analysis["key"]["camelot"] == "8B"

    @pytest.mark.slow
    async def test_what_was_heard_once_is_not_heard_again(
        self, caller: Caller, other: Caller, runtime: Runtime, song: Path
    ) -> None:
        async with worker_of(runtime):
            await caller.completed((await caller.uploaded(song))["job_id"])
            job = await other.completed((await other.uploaded(song))["job_id"])
        started, ended = job["started_at"], job["completed_at"]
        assert started[:16] == ended[:16]
        track = (await other.get(f"/tracks/{job['output_data']['track_id']}")).json()
        assert track["analysis"]["tempo_bpm"] == pytest.approx(120, rel=0.02)

    async def test_they_are_listed_newest_first_in_pages(self, caller: Caller, other: Caller, tmp_path: Path) -> None:
        uploaded = [
            (await caller.uploaded(song_file(tmp_path, f"{n}.flac", bars=2, seed=n)))["track_id"] for n in range(3)
        ]
        page = (await caller.get("/tracks", params={"limit": 2})).json()
        assert [track["id"] for track in page["items"]] == uploaded[:0:-1]
        rest = (await caller.get("/tracks", params={"limit": 2, "cursor": page["next_cursor"]})).json()
        assert [track["id"] for track in rest["items"]] == uploaded[:1]
        assert rest["next_cursor"] is None
        assert (await other.get("/tracks")).json()["items"] == []

    async def test_a_deleted_track_is_gone(self, caller: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await caller.delete(f"/tracks/{track_id}")).status_code == 204
        assert (await caller.get(f"/tracks/{track_id}")).status_code == 404


class TestPlay:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller, caller: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await anonymous.get(f"/play/{track_id}")).status_code == 401

    async def test_another_users_track_is_not_found(self, caller: Caller, other: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        assert (await other.get(f"/play/{track_id}")).status_code == 404

    async def test_it_gives_an_address_that_answers_ranges(self, caller: Caller, song: Path) -> None:
        track_id = (await caller.uploaded(song))["track_id"]
        playable = (await caller.get(f"/play/{track_id}")).json()
        assert playable["type"] == "real"
        part = await caller.client.get(playable["url"], headers={"Range": "bytes=100-199"})
        assert part.status_code == 206
        assert part.content == song.read_bytes()[100:200]
