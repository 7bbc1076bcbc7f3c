"""Whoever leaves leaves nothing behind; what is others' stays whole."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from segue.accounts.tables import PrivateSession, RefreshToken
from segue.api.privacy import deletion
from segue.catalog.repository import ensure_asset
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.kit.web.idempotency import StoredAnswer
from segue.library.tables import Import
from segue.studio.tables import Mashup, RemixRelation, StemMashupLink
from tests.accounts.test_external_users import SECRET, headers_of
from tests.api.privacy.belongings import (
    assets,
    blobs,
    delete_me,
    mashed_up,
    rows_naming,
    separated,
    stored,
    track_of,
)
from tests.api.test_listenbrainz import listen, player_of
from tests.http import API, app_of, client_of
from tests.songs import Caller, song_file, worker_of


async def signed_in_long_ago(runtime: Runtime, caller: Caller) -> None:
    async with runtime.database.system_session() as session:
        mine = RefreshToken.user_id == caller.user.user_id
        await session.execute(update(RefreshToken).where(mine).values(created_at=now() - timedelta(hours=1)))


class TestDelete:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.delete("/me")).status_code == 401

    async def test_a_wrong_password_is_refused(self, caller: Caller) -> None:
        assert await delete_me(caller, {"password": "incorrect horse battery"}) == 401
        assert (await caller.get("/me")).status_code == 200

    async def test_an_old_sign_in_alone_is_not_enough(self, caller: Caller, runtime: Runtime) -> None:
        await signed_in_long_ago(runtime, caller)
        response = await caller.delete("/me")
        assert (response.status_code, response.json()["type"]) == (403, "urn:segue:error:confirmation-needed")
        assert await delete_me(caller) == 204

    async def test_a_recent_sign_in_is_enough(self, caller: Caller) -> None:
        assert (await caller.delete("/me")).status_code == 204

    async def test_then_no_token_is_good_any_more(self, caller: Caller) -> None:
        secret = (await caller.post("/auth/tokens", json={"name": "player"})).json()["token"]
        assert await delete_me(caller) == 204
        assert (await caller.get("/me")).status_code == 401
        assert await delete_me(caller) == 401
        player = await caller.client.get("/1/validate-token", headers={"Authorization": f"Token {secret}"})
        assert player.json()["valid"] is False
        refreshed = await caller.client.post(f"{API}/auth/refresh", json={"refresh_token": caller.user.refresh_token})
        assert refreshed.status_code == 401

    async def test_of_two_at_once_one_deletes(self, caller: Caller) -> None:
        assert sorted(await asyncio.gather(delete_me(caller), delete_me(caller))) == [204, 401]

    async def test_no_row_of_any_table_names_them_and_no_file_is_left(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        files = song_file(tmp_path, bars=2), song_file(tmp_path, "second.flac", bars=2, seed=1)
        tracks = [track_of(await caller.uploaded(file)) for file in files]
        stems = [await separated(runtime, track, tmp_path) for track in tracks]
        mashup = await mashed_up(runtime, caller, stems, tmp_path)
        await (await player_of(caller)).submit(listen())
        await caller.post("/private_session", json={"on": True})
        me = (await caller.get("/me")).json()
        async with runtime.database.system_session() as session:
            answer = {"key": "a", "fingerprint": b"", "status": 200, "body": b"", "created_at": now()}
            await session.execute(insert(StoredAnswer).values(user_id=caller.user.user_id, **answer))

        def traces() -> tuple[object, ...]:
            return (caller.user.user_id, me["email"], me["profile"]["handle"], mashup, *tracks, *stems)

        assert len(await rows_naming(runtime, *traces())) > 10
        assert await delete_me(caller) == 204
        assert await rows_naming(runtime, *traces()) == {}
        assert (await assets(runtime), await blobs(runtime)) == ([], [])
        assert (await other.get("/me")).status_code == 200

    async def test_what_others_brought_too_stays(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        song = song_file(tmp_path, bars=2)
        await separated(runtime, track_of(await caller.uploaded(song)), tmp_path)
        theirs = await other.uploaded(song)
        assert await delete_me(caller) == 204
        # The song, and the stem that was made of it: whoever separates it next finds it done.
        assert len(await assets(runtime)) == 2
        assert (await other.client.get(theirs["url"])).content == song.read_bytes()
        assert await delete_me(other) == 204
        assert (await assets(runtime), await blobs(runtime)) == ([], [])

    async def test_anothers_published_mashup_stays_and_forgets_them(
        self, caller: Caller, other: Caller, anonymous: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        mine = await separated(runtime, track_of(await caller.uploaded(song_file(tmp_path, bars=2))), tmp_path)
        song = song_file(tmp_path, "second.flac", bars=2, seed=1)
        theirs = await separated(runtime, track_of(await other.uploaded(song)), tmp_path)
        mashup_id = await mashed_up(runtime, other, [mine, theirs], tmp_path)
        await mashed_up(runtime, caller, [mine, theirs], tmp_path)
        assert await delete_me(caller) == 204

        async with runtime.database.system_session() as session:
            (mashup,) = await session.scalars(select(Mashup))
            links = (await session.scalars(select(StemMashupLink.stem_id))).all()
            parents = (await session.scalars(select(RemixRelation.parent_track_id))).all()
        assert (mashup.id, links, len(parents)) == (mashup_id, [theirs], 1)
        handle = (await other.get("/profiles/me")).json()["handle"]
        assert len((await anonymous.get(f"/creators/{handle}")).json()["mashups"]) == 1
        playable = (await anonymous.get(f"/play/{mashup.track_id}")).json()
        assert (await anonymous.client.get(playable["url"])).content == f"mashup {mashup_id}".encode()

    async def test_jobs_that_run_are_stopped_first(self, caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
        async with worker_of(runtime):
            job_id = (await caller.uploaded(song_file(tmp_path, bars=16)))["job_id"]
            async with asyncio.timeout(20):
                while (await caller.get(f"/jobs/{job_id}")).json()["status"] == "queued":  # noqa: ASYNC110 - a request
                    await asyncio.sleep(0.05)
            assert await delete_me(caller) == 204
            assert await rows_naming(runtime, caller.user.user_id) in ({}, {"procrastinate_jobs": 1})
            async with asyncio.timeout(20):
                while await rows_naming(runtime, caller.user.user_id):  # noqa: ASYNC110 - the worker's tickets tell nobody
                    await asyncio.sleep(0.1)
        assert (await assets(runtime), await blobs(runtime)) == ([], [])

    async def test_a_waiting_import_is_forgotten_with_its_file(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        path = tmp_path / "songs.txt"
        path.write_text("The Piers - Harbour Lights\nMira Vale - Glass Orchard\n")
        with path.open("rb") as file:
            assert (await caller.post("/ingest", files={"file": ("songs.txt", file)})).status_code == 202
        assert len(await blobs(runtime)) == 1
        assert await delete_me(caller) == 204
        assert await blobs(runtime) == []

    async def test_killed_midway_nothing_has_happened(
        self, caller: Caller, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        track = track_of(await caller.uploaded(song_file(tmp_path, bars=2)))
        stem = await separated(runtime, track, tmp_path)
        await mashed_up(runtime, caller, [stem], tmp_path)

        async def rows() -> dict[str, int]:
            found = await rows_naming(runtime, caller.user.user_id)
            found.pop("rate_limits", None)  # an attempt counts, whatever comes of it, and is forgotten by itself
            return found

        before = await rows()

        async def die(*_: object) -> None:
            raise ConnectionAbortedError

        with monkeypatch.context() as patched:
            patched.setattr("segue.accounts.repository.delete_user", die)
            assert await delete_me(caller) == 500
        assert await rows() == before
        assert await delete_me(caller) == 204

    async def test_a_job_that_writes_meanwhile_is_not_in_the_way(self, caller: Caller, runtime: Runtime) -> None:
        await (await player_of(caller)).submit(listen())
        me = caller.user.user_id
        async with runtime.database.system_session() as session:
            session.add(Import(user_id=me, sha256="0" * 64, size_bytes=1, filename="x", format="zip"))
        with contextlib.suppress(OperationalError):  # it may be the one that gives way
            async with runtime.database.session(me) as job:
                (brought,) = await job.scalars(select(Import).with_for_update())
                deleting = asyncio.create_task(delete_me(caller))
                await asyncio.sleep(0.5)
                # It waits for the user, who is held, while their deletion waits for the import.
                job.add(PrivateSession(user_id=me, began_at=brought.created_at, ends_at=now()))
                await job.flush()
        assert await deleting == 204
        assert await rows_naming(runtime, me) == {}

    async def test_what_a_late_request_still_writes_is_refused(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        async with client_of(app_of(runtime)) as another_process:
            late = Caller(another_process, caller.user)
            assert (await late.get("/me")).status_code == 200
            assert await delete_me(caller) == 204
            assert (await late.upload(song_file(tmp_path, bars=2))).status_code == 401
            assert (await late.post("/auth/tokens", json={"name": "late"})).status_code == 401
            assert (await late.get("/me")).status_code == 401


class TestThoseWhoSignInElsewhere:
    async def test_a_token_of_before_makes_no_new_account_and_one_of_later_does(self, runtime: Runtime) -> None:
        user_id = uuid4()
        async with client_of(app_of(runtime, supabase_jwt_secret=SecretStr(SECRET))) as client:
            headers = headers_of(user_id)
            assert (await client.get(f"{API}/me", headers=headers)).status_code == 200
            assert (await client.delete(f"{API}/me", headers=headers)).status_code == 204
            assert (await client.delete(f"{API}/me", headers=headers)).status_code == 401
            assert await rows_naming(runtime, user_id) == {}
            refreshed = headers_of(user_id, amr=[{"method": "password", "timestamp": now().timestamp() - 60}])
            assert (await client.get(f"{API}/me", headers=refreshed)).status_code == 401
            later = headers_of(user_id, iat=now() + timedelta(seconds=5))
            assert (await client.get(f"{API}/me", headers=later)).status_code == 200

    async def test_a_sign_in_that_is_not_recent_is_not_enough(self, runtime: Runtime) -> None:
        an_hour_ago = int(now().timestamp()) - 3600
        async with client_of(app_of(runtime, supabase_jwt_secret=SecretStr(SECRET))) as client:
            for claims in ({"auth_time": an_hour_ago}, {"amr": [{"method": "otp", "timestamp": an_hour_ago}]}):
                response = await client.delete(f"{API}/me", headers=headers_of(uuid4(), **claims))
                assert response.status_code == 403


async def test_a_storage_that_does_not_answer_keeps_nobody_here(
    caller: Caller, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await caller.uploaded(song_file(tmp_path, bars=2))

    async def refuse(_: str) -> None:
        raise OSError("the disk is away")

    monkeypatch.setattr(runtime.storage, "delete", refuse)
    assert await delete_me(caller) == 204
    assert await assets(runtime) == []


async def test_an_upload_of_the_same_song_meanwhile_keeps_its_file(runtime: Runtime, tmp_path: Path) -> None:
    sha256 = await stored(runtime, b"a song", tmp_path)
    async with runtime.database.system_session() as session:
        await ensure_asset(session, sha256=sha256, size_bytes=6, media_type="audio/flac", probe={})
        forgetting = asyncio.create_task(deletion.forget_files(runtime, [sha256]))
        await asyncio.sleep(0.3)
        assert not forgetting.done()
    await forgetting
    assert await runtime.storage.exists(sha256)
