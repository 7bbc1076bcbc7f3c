"""Which song a ref is: by its ids, by its name, or a new one; on a real database."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from segue.catalog.songs import service
from segue.catalog.songs.service import Resolution, SongRef
from segue.catalog.songs.tables import Song, SongIdentifier
from segue.catalog.tables import SourceTrack
from segue.kit.database import Database
from segue.kit.ids import new_id

SONG = SongRef(title="Here Comes the Sun", artist="The Beatles", duration_ms=185_000)


async def resolved(database: Database, *refs: SongRef) -> list[Resolution]:
    async with database.system_session() as session:
        return await service.resolve(session, refs)


async def tracks(database: Database, *refs: SongRef) -> list[UUID]:
    return [resolution.track_id for resolution in await resolved(database, *refs)]


async def count(database: Database, table: type[Song] | type[SourceTrack] | type[SongIdentifier] = Song) -> int:
    async with database.system_session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def song(title: str, artist: str = "The Beatles", **facts: Any) -> SongRef:
    return SongRef(title=title, artist=artist, **facts)


async def test_a_new_song_is_an_external_track_that_everyone_sees(database: Database) -> None:
    [found] = await resolved(database, SONG)
    assert (found.how, found.alternatives) == ("new", ())
    async with database.session(None) as session:
        track = await session.get_one(SourceTrack, found.track_id)
        assert (track.source, track.visibility, track.user_id) == ("external", "public", None)
        assert (track.title, track.artist) == (SONG.title, SONG.artist)
        assert (await session.get_one(Song, found.track_id)).duration_ms == 185_000


async def test_the_same_again_changes_nothing(database: Database) -> None:
    refs = [SONG, song("Intro", ""), song("Intro", "", duration_ms=1000), song("Yesterday"), song("Yesterday (Live)")]
    first = await tracks(database, *refs)
    assert await tracks(database, *refs) == first
    assert await tracks(database, *reversed(refs)) == first[::-1]
    assert await count(database) == await count(database, SourceTrack) == len(set(first))


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
@pytest.mark.parametrize(
    "other",
    [
        song("Here Comes the Sun - Remastered 2009", duration_ms=185_733),
        song("HERE COMES THE SUN", "Beatles"),
        song("Here comes the sun", "Beatles, The", year=2015, album="1967-1970"),
        song("The Beatles - Here Comes The Sun (Official Video)", ""),
        song("Here Comes the Sun", "The Beatles - Topic"),
        song("Here Comes teh Sun", duration_ms=185_200),
        song("Here Comes the Sun", "The Beetles", duration_ms=185_200),
        song("Here Comes the Sun", "Beatles & Somebody", duration_ms=185_200),
    ],
)
async def test_another_spelling_is_the_same_song(database: Database, other: SongRef, together: bool) -> None:
    if together:
        one, two = await tracks(database, SONG, other)
    else:
        one, two = [*await tracks(database, SONG), *await tracks(database, other)]
    assert one == two


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
@pytest.mark.parametrize(
    "other",
    [
        song("Here Comes the Sun (Live)", duration_ms=185_000),
        song("Here Comes the Sun", "Nina Simone", duration_ms=216_000),
        song("Here Comes the Moon", duration_ms=248_000),
        song("Here Comes the Sun (Koo Remix)", duration_ms=300_000),
        song("Here Comes the Sun 2", duration_ms=184_000),
    ],
)
async def test_another_recording_is_another_song(database: Database, other: SongRef, together: bool) -> None:
    if together:
        one, two = await tracks(database, SONG, other)
    else:
        one, two = [*await tracks(database, SONG), *await tracks(database, other)]
    assert one != two


async def test_an_id_is_enough_and_further_ids_are_kept(database: Database) -> None:
    [track] = await tracks(database, song("Help!", isrc="GBAYE0601477", ids={"spotify": "a" * 22}))
    [found] = await resolved(
        database, song("Help", "Beatles", duration_ms=400_000, ids={"spotify": "a" * 22, "deezer": "7"})
    )
    assert (found.track_id, found.how) == (track, "id")
    assert await tracks(database, song("Hilfe!", "Die Beatles", ids={"deezer": "7"})) == [track]


async def test_a_song_may_have_several_isrcs(database: Database) -> None:
    refs = [song("Help!", isrc=isrc) for isrc in ("GBAYE0601477", "GBAYE6500521")]
    assert len(set(await tracks(database, *refs))) == 1
    assert await count(database, SongIdentifier) == 2


async def test_an_id_that_contradicts_the_name_is_refused(database: Database) -> None:
    [track] = await tracks(database, song("Help!", isrc="GBAYE0601477"))
    [found] = await resolved(database, song("Wonderwall", "Oasis", isrc="GBAYE0601477"))
    assert found.track_id != track
    assert found.refused == (("isrc", "GBAYE0601477"),)
    assert await tracks(database, song("Help!", isrc="GBAYE0601477")) == [track]


async def test_what_may_be_the_same_is_kept_apart_and_shown(database: Database) -> None:
    [track] = await tracks(database, song("Yesterday", duration_ms=125_000))
    [found] = await resolved(database, song("Yesterday", ""))
    assert (found.how, found.alternatives) == ("new", (track,))


async def test_of_two_of_one_name_the_duration_tells(database: Database) -> None:
    short, long = await tracks(database, song("Suite", duration_ms=120_000), song("Suite", duration_ms=700_000))
    assert short != long
    assert await tracks(database, song("Suite", duration_ms=699_000)) == [long]


async def test_what_a_song_lacked_is_filled_in(database: Database) -> None:
    [track] = await tracks(database, song("Help!"))
    await resolved(database, song("Help!", album="Help!", year=1965, duration_ms=138_000))
    async with database.session(None) as session:
        known = await session.get_one(Song, track)
        assert (known.album, known.year, known.duration_ms) == ("Help!", 1965, 138_000)


async def test_two_imports_at_once_make_one_song(database: Database) -> None:
    refs = [song(f"Song {number}") for number in range(40)]

    async def imported(order: Sequence[SongRef]) -> list[UUID]:
        return await tracks(database, *order)

    one, two, three = await asyncio.gather(imported(refs), imported(refs[::-1]), imported(refs[20:] + refs[:20]))
    assert one == two[::-1] == three[20:] + three[:20]
    assert await count(database) == 40


async def test_many_take_as_many_statements_as_one(database: Database) -> None:
    asked: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *how: asked.append(how[2]))
    await resolved(database, song("One", isrc="GBAYE0601477"))
    for_one = len(asked)
    await resolved(database, *(song(f"Many {number}", isrc=f"GBAYE06{number:05}") for number in range(100)))
    assert len(asked) == 2 * for_one


async def test_nothing_asked_is_nothing_found(database: Database) -> None:
    assert await resolved(database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM songs",
        "UPDATE song_identifiers SET value = ''",
        "INSERT INTO song_words VALUES ('x')",
        "INSERT INTO source_tracks (id, source, title, visibility, created_at)"
        " VALUES (gen_random_uuid(), 'external', 'x', 'public', now())",
    ],
)
async def test_users_change_nothing_of_what_all_are_matched_against(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
        async with database.session(new_id()) as session:
            await session.execute(text(statement))
