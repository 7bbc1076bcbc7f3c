"""Likes in the database: what they leave when they are taken back, and what they say of a library."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from segue.catalog.songs.service import SongRef, resolve
from segue.kit.clock import now
from segue.kit.database import Database
from segue.library import repository, service
from segue.library.evidence import service as evidence
from segue.library.tables import LibrarySong, Listen
from tests.songs import Caller

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def new_tracks(database: Database, count: int = 1) -> list[UUID]:
    async with database.system_session() as session:
        refs = [SongRef(title=f"Number {number}", artist="Ann Vale") for number in range(count)]
        return [found.track_id for found in await resolve(session, refs)]


async def say(database: Database, user_id: UUID, track: UUID, *said: bool | None) -> None:
    for liked in said:
        async with database.session(user_id) as session:
            await service.set_liked(session, user_id, track, liked=liked)


async def bring(database: Database, user_id: UUID, track: UUID) -> None:
    empty = {"liked": None, "rating": None, "play_count": 3, "skip_count": 0, "last_played_at": None}
    row: dict[str, object] = {"user_id": user_id, "track_id": track, "import_id": None, "added_at": LONG_AGO, **empty}
    async with database.session(user_id) as session:
        await repository.keep_songs(session, [row])


async def kept(database: Database, user_id: UUID) -> list[tuple[UUID, bool | None]]:
    async with database.session(user_id) as session:
        return [(song.track_id, song.liked) for song in await session.scalars(select(LibrarySong))]


async def state(database: Database, user_id: UUID) -> str:
    async with database.session(user_id) as session:
        return await evidence.state(session, user_id)


@pytest.mark.parametrize("said", [(None,), (True, None), (False, None), (True, False, None)])
async def test_what_was_taken_back_leaves_nothing(
    caller: Caller, database: Database, said: tuple[bool | None, ...]
) -> None:
    [track] = await new_tracks(database)
    await say(database, caller.user.user_id, track, *said)
    assert await kept(database, caller.user.user_id) == []


@pytest.mark.parametrize("first", ["kept", "said"])
@pytest.mark.parametrize("by_hand", [True, False])
async def test_what_is_kept_stays_when_what_was_said_is_taken_back(
    caller: Caller, database: Database, first: str, by_hand: bool
) -> None:
    [track], user_id = await new_tracks(database), caller.user.user_id
    if first == "said":
        await say(database, user_id, track, False)
    if by_hand:
        async with database.session(user_id) as session:
            await service.keep_by_hand(session, user_id, track)
    else:
        await bring(database, user_id, track)
    await say(database, user_id, track, True, None)
    assert await kept(database, user_id) == [(track, None)]


async def test_an_import_that_is_not_liked_any_more_is_still_the_imports_to_take_back(
    caller: Caller, database: Database
) -> None:
    [track], user_id = await new_tracks(database), caller.user.user_id
    async with database.session(user_id) as session:
        brought = await repository.ensure_import(
            session, user_id=user_id, sha256="0" * 64, size_bytes=1, filename="a.csv", format_name="csv"
        )
        session.add(LibrarySong(user_id=user_id, track_id=track, liked=True, import_id=brought.id))
        await session.flush()
        await service.set_liked(session, user_id, track, liked=None)
        await repository.delete_import(session, brought.id)
    assert await kept(database, user_id) == []


async def test_a_song_that_is_only_liked_is_not_kept_and_is_no_news_of_the_library(
    caller: Caller, database: Database
) -> None:
    (track, brought), user_id = await new_tracks(database, 2), caller.user.user_id
    before = await state(database, user_id)
    await say(database, user_id, track, True)
    assert await state(database, user_id) == before
    await bring(database, user_id, brought)
    assert await state(database, user_id) != before
    async with database.session(user_id) as session:
        histories = await evidence.histories(session, user_id, recent_from=LONG_AGO)
    assert {one.track_id: (one.kept, one.liked) for one in histories} == {track: (False, True), brought: (True, None)}


async def test_known_tracks_are_the_newest_each_once_and_are_counted_no_further_than_asked(
    caller: Caller, other: Caller, database: Database
) -> None:
    tracks = sorted(await new_tracks(database, 6), reverse=True)
    for track in tracks[:3]:
        await bring(database, caller.user.user_id, track)
    async with database.system_session() as session:
        for number in range(5):
            for user_id in (caller.user.user_id, other.user.user_id):
                heard = {"track_id": tracks[1 + number % 4], "listened_at": now(), "skipped": False, "source": "test"}
                session.add(Listen(user_id=user_id, **heard))
        await session.flush()
        for most in (1, 4, 5, 9):
            assert await evidence.known_tracks(session, limit=most) == tracks[: min(most, 5)]
            assert await evidence.count_known(session, most=most) == min(most, 5)


async def test_company_is_told_by_hashes_the_same_for_the_same_history(
    caller: Caller, other: Caller, database: Database
) -> None:
    mine, ours = await new_tracks(database, 2)
    for track, user_id in ((mine, caller.user.user_id), (ours, caller.user.user_id), (ours, other.user.user_id)):
        await bring(database, user_id, track)
    async with database.system_session() as session:
        company = await evidence.contexts_of(session, [mine, ours])
    (key,) = company[mine]
    assert isinstance(key, int)
    assert len(company[ours]) == 2
    assert company[ours][key] == 1


async def test_a_library_has_changed_once_anything_was_kept_or_heard_since(
    caller: Caller, other: Caller, database: Database
) -> None:
    mine, theirs = caller.user.user_id, other.user.user_id
    tracks = await new_tracks(database, 2)
    seen = {user_id: (await state(database, user_id), LONG_AGO) for user_id in (mine, theirs)}
    async with database.system_session() as session:
        assert await evidence.changed(session, seen) == set()
    await bring(database, mine, tracks[0])
    async with database.system_session() as session:
        assert await evidence.changed(session, seen) == {mine}
        heard = {"track_id": tracks[1], "listened_at": now(), "skipped": False, "source": "test"}
        session.add(Listen(user_id=theirs, **heard))
        await session.flush()
        assert await evidence.changed(session, seen) == {mine, theirs}
        assert await evidence.changed(session, {theirs: (seen[theirs][0], now())}) == set()
