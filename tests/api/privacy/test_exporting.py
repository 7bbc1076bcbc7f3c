"""Whoever leaves takes everything with them, and can bring it to another Segue."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from segue.api.privacy.contents import NOBODYS, PARTS, WITHOUT_KEY
from segue.catalog.tables import SourceTrack
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.library.tables import LibrarySong, Listen, Playlist, PlaylistEntry
from segue.taste.tables import Feedback
from tests.api.privacy.belongings import blobs, delete_me, mashed_up, separated, track_of
from tests.library.conftest import account_data, extended, playlist
from tests.songs import Caller, song_file, worker_of

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

__all__ = ["account_data", "extended", "playlist"]


@pytest.fixture
def brought(extended: Path, account_data: Path, playlist: Path) -> list[tuple[str, bytes]]:
    """Four plays told twice, a playlist and a favourite."""
    return [(path.name, path.read_bytes()) for path in (extended, account_data, playlist)]


async def exported(caller: Caller, runtime: Runtime, **asked: bool) -> zipfile.ZipFile:
    """Have an export made and fetch it."""
    async with worker_of(runtime):
        response = await caller.post("/me/export", json=asked)
        assert response.status_code == 202, response.text
        await caller.completed(response.json()["job_id"])
    shown = (await caller.get("/me/export")).json()
    data = await caller.client.get(shown["url"])
    assert (data.status_code, len(data.content)) == (200, shown["size_bytes"])
    return zipfile.ZipFile(io.BytesIO(data.content))


def lines_in(archive: zipfile.ZipFile, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(path).splitlines()]


async def bring(caller: Caller, runtime: Runtime, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    """Import files, and return what is shown of them."""
    shown = []
    async with worker_of(runtime):
        for name, data in files:
            response = await caller.post("/ingest", files={"file": (name, data)})
            assert response.status_code == 202, response.text
            await caller.completed(response.json()["job_id"])
            shown.append((await caller.get(f"/imports/{response.json()['id']}")).json())
    return shown


async def listens_of(runtime: Runtime, caller: Caller) -> set[tuple[str, str | None, datetime, int | None, bool]]:
    """Return a listener's plays and skips by the names of their songs, to the second."""
    query = (
        select(SourceTrack.title, SourceTrack.artist, Listen.listened_at, Listen.played_ms, Listen.skipped)
        .join(SourceTrack, SourceTrack.id == Listen.track_id)
        .where(Listen.user_id == caller.user.user_id)
    )
    async with runtime.database.system_session() as session:
        return {
            (title, artist, moment.replace(microsecond=0), played_ms, skipped)
            for title, artist, moment, played_ms, skipped in await session.execute(query)
        }


async def likes_of(runtime: Runtime, caller: Caller) -> dict[str, bool | None]:
    query = select(SourceTrack.title, LibrarySong.liked).join(SourceTrack, SourceTrack.id == LibrarySong.track_id)
    async with runtime.database.system_session() as session:
        rows = await session.execute(query.where(LibrarySong.user_id == caller.user.user_id))
        return {title: liked for title, liked in rows if liked is not None}


async def playlists_of(runtime: Runtime, caller: Caller) -> dict[str, list[str]]:
    query = (
        select(Playlist.name, SourceTrack.title)
        .join(PlaylistEntry, PlaylistEntry.playlist_id == Playlist.id)
        .join(SourceTrack, SourceTrack.id == PlaylistEntry.track_id)
        .where(Playlist.user_id == caller.user.user_id)
        .order_by(Playlist.name, PlaylistEntry.position)
    )
    lists: dict[str, list[str]] = {}
    async with runtime.database.system_session() as session:
        for name, title in await session.execute(query):
            lists.setdefault(name, []).append(title)
    return lists


class TestExport:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/me/export")).status_code == 401
        assert (await anonymous.get("/me/export")).status_code == 401

    async def test_another_users_is_not_found(self, caller: Caller, other: Caller) -> None:
        assert (await caller.post("/me/export")).status_code == 202
        assert (await other.get("/me/export")).status_code == 404

    async def test_one_is_made_at_a_time(self, caller: Caller) -> None:
        first, second = [(await caller.post("/me/export")).json() for _ in range(2)]
        assert first["job_id"] == second["job_id"]
        assert (first["status"], first["url"]) == ("queued", None)

    async def test_the_next_one_takes_the_place_of_the_one_before(self, caller: Caller, runtime: Runtime) -> None:
        await exported(caller, runtime)
        first = (await caller.get("/me/export")).json()
        await exported(caller, runtime)
        second = (await caller.get("/me/export")).json()
        assert first["made_at"] < second["made_at"] < second["expires_at"]
        assert len(await blobs(runtime)) == 1
        assert (await caller.client.get(first["url"])).status_code == 404

    async def test_it_goes_with_the_account(self, caller: Caller, runtime: Runtime) -> None:
        await exported(caller, runtime)
        url = (await caller.get("/me/export")).json()["url"]
        assert await delete_me(caller) == 204
        assert (await caller.client.get(url)).status_code == 404

    @pytest.mark.slow
    async def test_its_own_import_does_not_take_it_away(self, caller: Caller, runtime: Runtime, extended: Path) -> None:
        await bring(caller, runtime, (extended.name, extended.read_bytes()))
        await exported(caller, runtime)
        url = (await caller.get("/me/export")).json()["url"]
        await bring(caller, runtime, ("mine.zip", (await caller.client.get(url)).content))
        assert (await caller.client.get(url)).status_code == 200


class TestContents:
    @pytest.mark.slow
    async def test_a_new_user_who_imports_it_has_the_same(
        self, caller: Caller, other: Caller, runtime: Runtime, brought: list[tuple[str, bytes]]
    ) -> None:
        await bring(caller, runtime, *brought)
        listens, likes = await listens_of(runtime, caller), await likes_of(runtime, caller)
        assert (len(listens), likes) == (4, {"Low Tide": True})
        archive = await exported(caller, runtime)

        plays, skips, liked = (archive.read(f"library/{name}.jsonl") for name in ("listens", "skips", "likes"))
        found = await bring(other, runtime, ("listens.jsonl", plays), ("skips.jsonl", skips), ("likes.jsonl", liked))
        assert [one["format"] for one in found] == ["listenbrainz", "listenbrainz", "listenbrainz-feedback"]
        assert await listens_of(runtime, other) == listens
        assert await likes_of(runtime, other) == likes

    @pytest.mark.slow
    async def test_the_archive_itself_can_be_brought_as_a_whole(
        self, caller: Caller, other: Caller, runtime: Runtime, brought: list[tuple[str, bytes]], tmp_path: Path
    ) -> None:
        await bring(caller, runtime, *brought)
        await caller.uploaded(song_file(tmp_path, bars=2))
        archive = await exported(caller, runtime)
        assert archive.fp is not None
        archive.fp.seek(0)
        (shown,) = await bring(other, runtime, ("segue.zip", archive.fp.read()))
        assert shown["counts"]["refused"] == 0
        assert await listens_of(runtime, other) == await listens_of(runtime, caller)
        assert await likes_of(runtime, other) == await likes_of(runtime, caller)
        assert await playlists_of(runtime, other) == await playlists_of(runtime, caller)
        assert list(await playlists_of(runtime, other)) == ["Evening"]

    async def test_the_audio_is_in_it_as_it_was_brought(self, caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
        song = song_file(tmp_path, "Glass: Orchard?.flac", bars=2)
        track = track_of(await caller.uploaded(song))
        stem = await separated(runtime, track, tmp_path)
        mashup = await mashed_up(runtime, caller, [stem], tmp_path)
        archive = await exported(caller, runtime)
        assert archive.testzip() is None
        (told, made) = lines_in(archive, "catalog/tracks.jsonl")
        assert archive.read(told["audio"]) == song.read_bytes()
        assert archive.read(made["audio"]) == f"mashup {mashup}".encode()
        (path,) = [name for name in archive.namelist() if name.startswith("audio/stems/")]
        assert archive.read(path) == f"vocals of {track}".encode()
        (credit,) = lines_in(archive, "studio/credits.jsonl")
        assert (credit["stem_id"], credit["contribution"]) == (str(stem), 1)

        silent = await exported(caller, runtime, audio=False)
        assert not [name for name in silent.namelist() if name.startswith("audio/")]

    async def test_what_was_heard_and_said_is_in_it(self, caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
        async with worker_of(runtime):
            song = await caller.uploaded(song_file(tmp_path, bars=4))
            await caller.completed(song["job_id"])
        async with runtime.database.session(caller.user.user_id) as session:
            session.add(
                Feedback(user_id=caller.user.user_id, track_id=song["track_id"], sounds_like_me=5, given_at=now())
            )
        await caller.post("/private_session", json={"on": True})
        archive = await exported(caller, runtime)
        (track,) = lines_in(archive, "catalog/tracks.jsonl")
        assert (len(track["embedding"]), track["analysis"]["tempo_bpm"] > 0) == (768, True)
        (feedback,) = lines_in(archive, "taste/feedback.jsonl")
        assert (feedback["sounds_like_me"], feedback["song"]["title"]) == (5, "song")
        assert len(lines_in(archive, "account/private-sessions.jsonl")) == 1
        assert {job["job_type"] for job in lines_in(archive, "jobs.jsonl")} >= {"catalog.analyze", "privacy.export"}

    async def test_no_secret_and_nothing_of_anothers_is_in_it(
        self, caller: Caller, other: Caller, runtime: Runtime, extended: Path, tmp_path: Path
    ) -> None:
        secret = (await caller.post("/auth/tokens", json={"name": "player"})).json()["token"]
        await bring(other, runtime, (extended.name, extended.read_bytes()))
        track = track_of(await other.uploaded(song_file(tmp_path, bars=2)))
        await mashed_up(runtime, other, [await separated(runtime, track, tmp_path)], tmp_path)
        archive = await exported(caller, runtime)
        whole = b"".join(archive.read(name) for name in archive.namelist())
        for hidden in (secret, "argon2", caller.user.refresh_token, other.user.user_id, other.user.email, "Harbour"):
            assert str(hidden).encode() not in whole
        (token,) = lines_in(archive, "account/tokens.jsonl")
        assert "player" in token.values()
        assert caller.user.email.encode() in archive.read("account/account.jsonl")


class TestCoverage:
    async def test_every_table_with_rows_of_users_is_exported_or_known_to_be_nobodys(self, runtime: Runtime) -> None:
        tables = await tables_of_users(runtime)
        assert tables == {table for part in PARTS for table in part.tables} | NOBODYS.keys()

    async def test_every_column_of_a_user_cascades_or_is_known(self, runtime: Runtime) -> None:
        query = """
            SELECT c.table_name FROM information_schema.columns c
            WHERE c.table_schema = 'public' AND c.column_name IN ('user_id', 'owner_id', 'creator_id')
              AND NOT EXISTS (
                SELECT FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
                WHERE k.contype = 'f' AND k.confrelid = 'users'::regclass AND k.confdeltype = 'c'
                  AND k.conrelid = c.table_name::regclass AND a.attname = c.column_name)
        """
        async with runtime.database.system_session() as session:
            assert set(await session.scalars(text(query))) == WITHOUT_KEY

    async def test_what_leads_to_a_user_goes_with_them_or_lets_go(self, runtime: Runtime) -> None:
        """Keys that would hold a user back are those that `studio.service.forget_user` deletes by hand."""
        query = """
            SELECT k.conrelid::regclass || '.' || a.attname FROM pg_constraint k
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
            WHERE k.contype = 'f' AND k.confdeltype NOT IN ('c', 'n')
              AND k.confrelid::regclass::text = ANY (:tables)
        """
        async with runtime.database.system_session() as session:
            holding = set(await session.scalars(text(query), {"tables": ["users", *await tables_of_users(runtime)]}))
        assert holding == {
            "mashups.job_id",
            "mashup_stems.stem_id",
            "stem_mashup_links.stem_id",
            "remix_relations.parent_track_id",
        }


async def tables_of_users(runtime: Runtime) -> set[str]:
    """Return every table whose rows are a user's: by a column that says so, or because they lead to one of theirs."""
    query = """
        WITH RECURSIVE of_users (name) AS (
            SELECT 'users' UNION
            SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name IN ('user_id', 'owner_id', 'creator_id')
            UNION
            SELECT k.conrelid::regclass::text FROM pg_constraint k
            JOIN of_users u ON k.confrelid = u.name::regclass WHERE k.contype = 'f'
        )
        SELECT name FROM of_users
    """
    async with runtime.database.system_session() as session:
        return set(await session.scalars(text(query)))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "..", "", "CON", "🎵" * 300])
async def test_no_name_of_a_list_leads_out_of_the_archive(caller: Caller, runtime: Runtime, name: str) -> None:
    async with runtime.database.session(caller.user.user_id) as session:
        playlist = Playlist(user_id=caller.user.user_id, name=name, source="test")
        session.add(playlist)
    archive = await exported(caller, runtime)
    (path,) = [path for path in archive.namelist() if path.startswith("library/playlists/")]
    assert path.count("/") == 2
    assert ".." not in path.split("/")
