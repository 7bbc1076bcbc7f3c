"""Keeping songs by hand, over HTTP on a real database."""

from uuid import UUID

from sqlalchemy import select

from segue.catalog.songs.service import SongRef, resolve
from segue.catalog.tables import SourceTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.library.tables import LibrarySong
from tests.songs import Caller


async def external_song(runtime: Runtime) -> UUID:
    async with runtime.database.system_session() as session:
        [found] = await resolve(session, [SongRef(title="Low Tide", artist="Ann Vale")])
    return found.track_id


async def library(runtime: Runtime) -> list[tuple[UUID, UUID, bool | None]]:
    async with runtime.database.system_session() as session:
        songs = await session.scalars(select(LibrarySong))
        return [(song.user_id, song.track_id, song.liked) for song in songs]


class TestAddToLibrary:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller, runtime: Runtime) -> None:
        track_id = await external_song(runtime)
        assert (await anonymous.post(f"/add_to_library/{track_id}")).status_code == 401
        assert (await anonymous.delete(f"/add_to_library/{track_id}")).status_code == 401

    async def test_anothers_private_track_is_not_found(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        track_id = new_id()
        async with runtime.database.system_session() as session:
            session.add(SourceTrack(id=track_id, user_id=other.user.user_id, source="generated", title="Theirs"))
        assert (await caller.post(f"/add_to_library/{track_id}")).status_code == 404
        assert (await caller.post(f"/add_to_library/{new_id()}")).status_code == 404
        assert await library(runtime) == []

    async def test_anothers_library_is_not_touched(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        track_id = await external_song(runtime)
        assert (await other.post(f"/add_to_library/{track_id}")).status_code == 204
        assert (await caller.delete(f"/add_to_library/{track_id}")).status_code == 404
        assert await library(runtime) == [(other.user.user_id, track_id, None)]

    async def test_a_song_is_kept_once_and_taken_out(self, caller: Caller, runtime: Runtime) -> None:
        track_id = await external_song(runtime)
        for _ in range(2):
            assert (await caller.post(f"/add_to_library/{track_id}")).status_code == 204
        assert await library(runtime) == [(caller.user.user_id, track_id, None)]
        assert (await caller.delete(f"/add_to_library/{track_id}")).status_code == 204
        assert (await caller.delete(f"/add_to_library/{track_id}")).status_code == 404
        assert await library(runtime) == []

    async def test_keeping_changes_no_opinion(self, caller: Caller, runtime: Runtime) -> None:
        track_id = await external_song(runtime)
        async with runtime.database.system_session() as session:
            session.add(LibrarySong(user_id=caller.user.user_id, track_id=track_id, liked=True))
        await caller.post(f"/add_to_library/{track_id}")
        assert await library(runtime) == [(caller.user.user_id, track_id, True)]
