"""Players of two users, and a shelf with a little of everything."""

from dataclasses import dataclass
from uuid import UUID

import pytest_asyncio

from segue.api.subsonic import ids
from segue.kit.runtime import Runtime
from tests.api.subsonic.player import Player, Song, player_of, shelve
from tests.callers import anonymous, caller, client, other
from tests.songs import Caller

__all__ = ["anonymous", "caller", "client", "other"]


@dataclass(frozen=True)
class Shelf:
    """A user's player, and their songs by title."""

    player: Player
    owner: UUID
    tracks: dict[str, UUID]

    def id(self, title: str) -> str:
        """Return by what the player knows a song."""
        return ids.track_id(self.tracks[title])


SONGS = (
    Song("Low Tide", track_number=2, lies_at=0.0),
    Song("Harbour Lights", track_number=1, lies_at=0.3),
    Song("Glass Orchard", "Mira Vale", "Orchards & <Gardens>", genre="Jazz; Soul", year=2010, lies_at=0.6),
    Song("Öl", "The Älgs", None, genre=None, year=None, lies_at=1.4),
    Song("Night Bus", "Night Bus Band", "Night Bus", genre="House", year=2026, source="generated", lies_at=0.9),
    Song("A x B", None, None, genre=None, year=None, source="mashup"),
)


@pytest_asyncio.fixture
async def player(caller: Caller) -> Player:
    """A player of the caller's."""
    return await player_of(caller)


@pytest_asyncio.fixture
async def anothers(other: Caller) -> Player:
    """A player of somebody else's."""
    return await player_of(other)


@pytest_asyncio.fixture
async def shelf(player: Player, caller: Caller, runtime: Runtime) -> Shelf:
    """The caller's shelf: six songs of two albums, singles, one generated, one mashup."""
    tracks = await shelve(runtime, caller.user.user_id, *SONGS)
    titles = [song.title for song in SONGS]
    return Shelf(player, caller.user.user_id, dict(zip(titles, tracks, strict=True)))
