"""Players of two users, and a shelf with a little of everything.

These tests share one database and one application, and each has users of its own, as players of one server have.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import PostgresDsn, SecretStr

from segue.api.subsonic import ids
from segue.kit.database import Database
from segue.kit.runtime import Runtime, compose
from segue.kit.settings import Settings
from tests.api.subsonic.player import Player, Song, player_of, shelve
from tests.callers import caller, other
from tests.conftest import administer, forget_environment, make_database
from tests.http import app_of, client_of
from tests.songs import Caller

__all__ = ["caller", "other"]


@pytest_asyncio.fixture(scope="package")
async def runtime(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """A runtime on a database and a folder that last as long as these tests."""
    name = f"test_{uuid4().hex}"
    url = make_database(server_url, name, template="template_segue")
    with pytest.MonkeyPatch.context() as monkeypatch:
        forget_environment(monkeypatch)
        data_dir: Path = tmp_path_factory.mktemp("subsonic")
        secret = SecretStr("s" * 48)
        settings = Settings(_env_file=None, data_dir=data_dir, database_url=PostgresDsn(url), secret_key=secret)
    database = Database(url, pool_size=5)
    yield compose(settings, database)
    await database.close()
    administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(scope="package")
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application on it."""
    async with client_of(app_of(runtime)) as client:
        yield client


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
