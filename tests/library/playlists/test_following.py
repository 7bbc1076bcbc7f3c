"""Lists from elsewhere: brought, edited here, and told again by their source."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from segue.kit.clock import now
from segue.kit.database import Database
from segue.library import repository as library
from segue.library.playlists import repository, service
from segue.library.playlists.following import Told, follow
from segue.library.playlists.service import Place
from segue.library.tables import Playlist
from tests.library.playlists.conftest import MakeSongs
from tests.songs import Caller


class Source:
    """A service that tells of one list of a user's."""

    def __init__(self, database: Database, user_id: UUID) -> None:
        self.database, self.user_id = database, user_id

    async def tells(self, tracks: list[UUID], *, by_hand: bool = False) -> UUID:
        """Have the list told; return its import."""
        async with self.database.session(self.user_id) as session:
            brought = await library.ensure_import(
                session, user_id=self.user_id, sha256="0" * 64, size_bytes=1, filename="a", format_name="spotify-api"
            )
            told = Told("spotify-api", "Evening", [(track, None) for track in tracks])
            await follow(session, told, user_id=self.user_id, import_id=brought.id, by_hand=by_hand)
        return brought.id

    async def playlist(self) -> Playlist:
        async with self.database.session(self.user_id) as session:
            return (await session.scalars(select(Playlist))).one()

    async def tracks(self) -> list[UUID]:
        async with self.database.session(self.user_id) as session:
            return await repository.tracks_of(session, (await self.playlist()).id)


async def test_what_was_done_to_a_list_stays_when_its_source_goes_on(
    caller: Caller, database: Database, songs: MakeSongs
) -> None:
    a, b, c, d, e = map(UUID, await songs(5))
    source, user_id = Source(database, caller.user.user_id), caller.user.user_id
    await source.tells([a, b, c])
    await source.tells([b, a, c])
    assert await source.tracks() == [b, a, c]
    playlist = await source.playlist()
    async with database.session(user_id) as session:
        await service.add(session, user_id, playlist.id, [d], place=Place(position=0))
        _, entries, _ = await service.entries_of(session, playlist.id, limit=9)
        await service.remove(session, user_id, playlist.id, [entries[2].id])
        await service.rename(session, user_id, playlist.id, "Nights")
    assert await source.tracks() == [d, b, c]
    await source.tells([b, e, a])
    assert await source.tracks() == [d, b, e]
    assert (await source.playlist()).name == "Nights"
    async with database.session(user_id) as session:
        await service.undo(session, user_id, playlist.id)
    assert await source.tracks() == [d, b, c]
    await source.tells([b, e, a])
    assert await source.tracks() == [d, b, c]


async def test_a_deleted_list_stays_deleted_until_its_owner_brings_it_again(
    caller: Caller, database: Database, songs: MakeSongs
) -> None:
    a, b = map(UUID, await songs(2))
    source, user_id = Source(database, caller.user.user_id), caller.user.user_id
    await source.tells([a])
    async with database.session(user_id) as session:
        await service.delete(session, user_id, (await source.playlist()).id)
    await source.tells([a, b])
    assert ((await source.playlist()).deleted_at is None, await source.tracks()) == (False, [])
    async with database.system_session() as session:
        await session.execute(update(Playlist).values(deleted_at=now() - service.RESTORABLE - timedelta(hours=1)))
        assert await service.forget_deleted(session) == 1
        assert await service.forget_deleted(session) == 0
    await source.tells([a, b])
    assert await source.tracks() == []
    await source.tells([a, b], by_hand=True)
    assert ((await source.playlist()).deleted_at, await source.tracks()) == (None, [a, b])


@pytest.mark.slow
async def test_taking_an_import_back_takes_its_lists_but_those_that_were_edited(
    caller: Caller, database: Database, songs: MakeSongs
) -> None:
    a, b = map(UUID, await songs(2))
    source, user_id = Source(database, caller.user.user_id), caller.user.user_id
    import_id = await source.tells([a])
    async with database.session(user_id) as session:
        await library.delete_import(session, import_id)
        assert (await session.scalars(select(Playlist))).all() == []
    import_id = await source.tells([a])
    async with database.session(user_id) as session:
        await service.add(session, user_id, (await source.playlist()).id, [b])
        await library.delete_import(session, import_id)
    assert (await source.tracks(), (await source.playlist()).import_id) == ([a, b], None)
