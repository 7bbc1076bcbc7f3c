"""Gives these tests signed-up users, and songs to put into lists."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from segue.catalog.songs.service import SongRef, resolve
from segue.kit.database import Database
from tests.callers import anonymous, caller, client, other

__all__ = ["anonymous", "caller", "client", "other", "songs"]

MakeSongs = Callable[[int], Awaitable[list[str]]]


@pytest.fixture
def songs(database: Database) -> MakeSongs:
    """Make so many external tracks of 200 s each; return their ids."""

    async def make(count: int) -> list[str]:
        refs = [
            SongRef(title=f"Number {number}", artist="Ann Vale", album="Numbers", duration_ms=200_000)
            for number in range(count)
        ]
        async with database.system_session() as session:
            found: list[UUID] = [one.track_id for one in await resolve(session, refs)]
        return [str(track) for track in found]

    return make
