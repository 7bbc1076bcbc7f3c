"""Imports over HTTP: brought, read by a job, counted once, taken back."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from segue.catalog.repository import ensure_asset
from segue.catalog.tables import SourceTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.library import repository, service
from segue.library.tables import Import, LibrarySong, Listen, Playlist, PlaylistEntry
from tests.songs import Caller, worker_of


async def brought(caller: Caller, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        response = await caller.post("/ingest", files={"file": (path.name, file)})
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def imported(caller: Caller, runtime: Runtime, *paths: Path) -> list[dict[str, Any]]:
    """Bring files one after another, have them read, and return how `GET /imports/{id}` shows them."""
    shown = []
    async with worker_of(runtime):
        for path in paths:
            started = await brought(caller, path)
            await caller.completed(started["job_id"])
            shown.append((await caller.get(f"/imports/{started['id']}")).json())
    return shown


async def listens_of(runtime: Runtime, caller: Caller) -> list[tuple[str, bool]]:
    async with runtime.database.session(caller.user.user_id) as session:
        query = (
            select(SourceTrack.title, Listen.skipped)
            .join(SourceTrack, SourceTrack.id == Listen.track_id)
            .order_by(Listen.listened_at)
        )
        return [(title, skipped) for title, skipped in await session.execute(query)]


class TestIngest:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller, extended: Path) -> None:
        with extended.open("rb") as file:
            assert (await anonymous.post("/ingest", files={"file": file})).status_code == 401

    async def test_a_history_becomes_listens_and_what_was_left_out_is_told(
        self, caller: Caller, runtime: Runtime, extended: Path
    ) -> None:
        (shown,) = await imported(caller, runtime, extended)
        assert shown["format"] == "spotify-extended"
        assert shown["counts"] == {
            "entries": 6,
            "songs": 3,
            "listens": 4,
            "kept": 0,
            "refused": 1,
            "omitted": {"private session": 1},
            "new_listens": 4,
            "new_songs": 0,
        }
        assert await listens_of(runtime, caller) == [
            ("Harbour Lights", False),
            ("Low Tide", True),
            ("Glass Orchard", False),
            ("Harbour Lights", False),
        ]

    async def test_the_same_file_again_changes_nothing(self, caller: Caller, runtime: Runtime, extended: Path) -> None:
        first, second = await imported(caller, runtime, extended, extended)
        assert first == second
        assert len(await listens_of(runtime, caller)) == 4

    async def test_a_listen_that_two_exports_tell_of_counts_once(
        self, caller: Caller, runtime: Runtime, extended: Path, account_data: Path
    ) -> None:
        _, second = await imported(caller, runtime, extended, account_data)
        assert second["counts"]["listens"] == 4
        assert second["counts"]["new_listens"] == 0
        assert len(await listens_of(runtime, caller)) == 4

    async def test_a_playlist_keeps_its_order_and_a_favourite_is_liked(
        self, caller: Caller, runtime: Runtime, playlist: Path
    ) -> None:
        (shown,) = await imported(caller, runtime, playlist)
        assert shown["counts"]["new_songs"] == 3
        async with runtime.database.session(caller.user.user_id) as session:
            entries = await session.execute(
                select(SourceTrack.title)
                .join(PlaylistEntry, PlaylistEntry.track_id == SourceTrack.id)
                .join(Playlist, Playlist.id == PlaylistEntry.playlist_id)
                .where(Playlist.name == "Evening")
                .order_by(PlaylistEntry.position)
            )
            assert [title for (title,) in entries] == ["Harbour Lights", "Glass Orchard", "Harbour Lights"]
            liked = await session.execute(
                select(SourceTrack.title)
                .join(LibrarySong, LibrarySong.track_id == SourceTrack.id)
                .where(LibrarySong.liked)
            )
            assert [title for (title,) in liked] == ["Low Tide"]

    async def test_names_of_any_length_go_in(self, caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
        path = tmp_path / "tunemymusic.csv"
        names = [character * 5_000 for character in ("å", "曲", "🎵", "x ")]
        rows = [f"{name},{name},{name},{name},Playlist,{name},{name}" for name in names]
        head = "Track name,Artist name,Album,Playlist name,Type,ISRC,Apple - id"
        path.write_text("\n".join([head, *rows]))
        (shown,) = await imported(caller, runtime, path)
        assert (shown["counts"]["refused"], shown["counts"]["new_songs"]) == (0, 4)

    async def test_tunemymusic_has_an_address_of_its_own(self, caller: Caller, playlist: Path) -> None:
        with playlist.open("rb") as file:
            response = await caller.post("/ingest_tunemymusic", files={"file": (playlist.name, file)})
        assert (response.status_code, response.json()["format"]) == (202, "tunemymusic-csv")

    async def test_a_zip_of_exports_is_read_whole(
        self, caller: Caller, runtime: Runtime, extended: Path, account_data: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "my_spotify_data.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(extended, f"Spotify Extended Streaming History/{extended.name}")
            archive.write(account_data, f"Spotify Account Data/{account_data.name}")
            archive.writestr("ReadMe.pdf", b"%PDF-1.4")
        (shown,) = await imported(caller, runtime, path)
        assert (shown["format"], shown["counts"]["listens"], shown["counts"]["new_listens"]) == ("zip", 8, 4)

    @pytest.mark.slow
    async def test_two_listeners_share_songs_and_nothing_else(
        self, caller: Caller, other: Caller, runtime: Runtime, extended: Path
    ) -> None:
        await imported(caller, runtime, extended)
        await imported(other, runtime, extended)
        assert await listens_of(runtime, other) == await listens_of(runtime, caller)
        async with runtime.database.system_session() as session:
            query = select(func.count()).select_from(SourceTrack).where(SourceTrack.source == "external")
            assert (await session.scalars(query)).one() == 3

    async def test_the_file_is_forgotten_once_it_has_been_read(
        self, caller: Caller, runtime: Runtime, extended: Path
    ) -> None:
        await imported(caller, runtime, extended)
        blobs = runtime.settings.data_dir / "blobs"
        assert not [path for path in blobs.rglob("*") if path.is_file()]

    async def test_a_file_that_is_audio_too_stays(self, caller: Caller, runtime: Runtime, extended: Path) -> None:
        blob = await runtime.storage.put_file(extended)
        async with runtime.database.system_session() as session:
            await ensure_asset(session, sha256=blob.sha256, size_bytes=blob.size, media_type="audio/flac", probe={})
        await imported(caller, runtime, extended)
        assert await runtime.storage.exists(blob.sha256)

    async def test_an_attempt_that_died_does_not_spoil_the_counts(
        self, caller: Caller, runtime: Runtime, extended: Path
    ) -> None:
        (whole,) = await imported(caller, runtime, extended)
        async with runtime.database.system_session() as session:
            # As if the worker had died when all was there and nothing was noted yet.
            await session.execute(update(Import).values(counts=None, completed_at=None))
        (again,) = await imported(caller, runtime, extended)
        assert (again["id"], again["counts"]) == (whole["id"], whole["counts"])

    async def test_only_a_form_may_be_as_large_as_a_history(self, caller: Caller) -> None:
        assert (await caller.post("/ingest", json={"file": "x" * 2**20})).status_code == 413

    @pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"%PDF-1.7 ...", b"{}", b"PK\x03\x04broken"])
    async def test_what_is_no_export_is_refused_with_what_can_be_imported(self, caller: Caller, content: bytes) -> None:
        response = await caller.post("/ingest", files={"file": ("x", io.BytesIO(content))})
        assert response.status_code == 422
        assert response.json()["type"].endswith(":unreadable-export")
        assert (await caller.get("/imports")).json()["items"] == []


class TestList:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/imports")).status_code == 401

    async def test_another_users_imports_are_not_listed(self, caller: Caller, other: Caller, extended: Path) -> None:
        started = await brought(caller, extended)
        assert (await other.get("/imports")).json()["items"] == []
        assert [one["id"] for one in (await caller.get("/imports")).json()["items"]] == [started["id"]]


class TestShow:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/imports/{new_id()}")).status_code == 401

    async def test_another_users_import_is_not_found(self, caller: Caller, other: Caller, extended: Path) -> None:
        started = await brought(caller, extended)
        assert (await other.get(f"/imports/{started['id']}")).status_code == 404
        assert (await caller.get(f"/imports/{started['id']}")).status_code == 200


class TestProblems:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/imports/{new_id()}/problems")).status_code == 401

    async def test_another_users_problems_are_not_found(self, caller: Caller, other: Caller, extended: Path) -> None:
        started = await brought(caller, extended)
        assert (await other.get(f"/imports/{started['id']}/problems")).status_code == 404

    async def test_each_refused_row_says_where_it_stands_and_why(
        self, caller: Caller, runtime: Runtime, extended: Path
    ) -> None:
        (shown,) = await imported(caller, runtime, extended)
        (problem,) = (await caller.get(f"/imports/{shown['id']}/problems")).json()["items"]
        assert "6" in problem["place"]
        assert problem["reason"]

    async def test_they_come_in_pages(self, caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
        path = tmp_path / "StreamingHistory0.json"
        good = {"endTime": "2024-03-01 10:00", "artistName": "A", "trackName": "B", "msPlayed": 60_000}
        path.write_text(json.dumps([good] + [{**good, "endTime": f"never {n}"} for n in range(3)]))
        (shown,) = await imported(caller, runtime, path)
        first = (await caller.get(f"/imports/{shown['id']}/problems?limit=2")).json()
        rest = (await caller.get(f"/imports/{shown['id']}/problems?limit=2&after={first['next_after']}")).json()
        assert [one["number"] for one in first["items"] + rest["items"]] == [1, 2, 3]
        assert rest["next_after"] is None


class TestUndo:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.delete(f"/imports/{new_id()}")).status_code == 401

    async def test_another_users_import_is_not_found(
        self, caller: Caller, other: Caller, runtime: Runtime, extended: Path
    ) -> None:
        (shown,) = await imported(caller, runtime, extended)
        assert (await other.delete(f"/imports/{shown['id']}")).status_code == 404
        assert len(await listens_of(runtime, caller)) == 4

    async def test_all_that_an_import_brought_goes_and_it_may_be_brought_again(
        self, caller: Caller, runtime: Runtime, extended: Path
    ) -> None:
        (shown,) = await imported(caller, runtime, extended)
        assert (await caller.delete(f"/imports/{shown['id']}")).status_code == 204
        assert await listens_of(runtime, caller) == []
        (again,) = await imported(caller, runtime, extended)
        assert UUID(again["id"]) != UUID(shown["id"])
        assert len(await listens_of(runtime, caller)) == 4

    async def test_what_the_listener_has_liked_since_stays(
        self, caller: Caller, runtime: Runtime, playlist: Path
    ) -> None:
        (shown,) = await imported(caller, runtime, playlist)
        async with runtime.database.session(caller.user.user_id) as session:
            song = select(SourceTrack.id).where(SourceTrack.title == "Glass Orchard")
            track_id = (await session.scalars(song)).one()
            await service.set_liked(session, caller.user.user_id, track_id, liked=True)
        await caller.delete(f"/imports/{shown['id']}")
        async with runtime.database.session(caller.user.user_id) as session:
            assert (await session.scalars(select(LibrarySong.track_id))).all() == [track_id]

    async def test_one_that_is_still_to_be_read_is_cancelled(
        self, caller: Caller, runtime: Runtime, extended: Path
    ) -> None:
        started = await brought(caller, extended)
        assert (await caller.delete(f"/imports/{started['id']}")).status_code == 204
        assert (await caller.get(f"/jobs/{started['job_id']}")).json()["status"] == "cancelled"
        await imported(caller, runtime, extended)
        assert len(await listens_of(runtime, caller)) == 4

    async def test_what_is_just_being_brought_goes_too(
        self, caller: Caller, runtime: Runtime, extended: Path, playlist: Path
    ) -> None:
        shown, _ = await imported(caller, runtime, extended, playlist)
        user_id = caller.user.user_id
        async with runtime.database.session(user_id) as session:
            track_id = (await session.scalars(select(SourceTrack.id).limit(1))).one()
            line = f"{track_id}\t2024-05-01T10:00:00+00:00\t200000\tf\tspotify-extended\n"
            await repository.add_listens(session, line.encode(), user_id=user_id, import_id=UUID(shown["id"]))
            undoing = asyncio.create_task(caller.delete(f"/imports/{shown['id']}"))
            await asyncio.wait({undoing}, timeout=0.5)
            assert not undoing.done(), "it waits for those who are bringing something"
        assert (await undoing).status_code == 204
        assert await listens_of(runtime, caller) == []
