"""All six platforms on this machine, a Segue that is set up for them, and its users."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from segue.catalog.tables import SourceTrack
from segue.kit.database import Database
from segue.kit.runtime import Runtime, compose
from segue.kit.settings import Settings
from segue.library.connects import polling, repository
from segue.library.connects.platforms.platform import PlatformName
from segue.library.connects.polling import Outcome
from segue.library.connects.tables import Connection
from segue.library.tables import LibrarySong, Listen, Playlist, PlaylistEntry
from tests.callers import anonymous, caller, client, other
from tests.http import API
from tests.library.connects import apple_music_server, deezer_server, lastfm_server, listenbrainz_server
from tests.library.connects.apple_music_server import LocalAppleMusic
from tests.library.connects.deezer_server import LocalDeezer
from tests.library.connects.lastfm_server import LocalLastFm
from tests.library.connects.listenbrainz_server import LocalListenBrainz
from tests.library.connects.local_platform import LocalPlatform
from tests.library.connects.spotify_server import LocalSpotify
from tests.library.connects.youtube_server import LocalYouTube
from tests.songs import Caller

__all__ = ["anonymous", "caller", "client", "other"]


@dataclass
class Platforms:
    """What runs here."""

    spotify: LocalSpotify = field(default_factory=LocalSpotify)
    youtube_music: LocalYouTube = field(default_factory=LocalYouTube)
    lastfm: LocalLastFm = field(default_factory=LocalLastFm)
    listenbrainz: LocalListenBrainz = field(default_factory=LocalListenBrainz)
    apple_music: LocalAppleMusic = field(default_factory=LocalAppleMusic)
    deezer: LocalDeezer = field(default_factory=LocalDeezer)

    def all(self) -> list[LocalPlatform]:
        return [self.spotify, self.youtube_music, self.lastfm, self.listenbrainz, self.apple_music, self.deezer]


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    """The platforms; at the end, none of them may have anything to complain of."""
    platforms = Platforms()
    with ExitStack() as stack:
        for platform in platforms.all():
            stack.enter_context(platform.serving())
        yield platforms
    assert [complaint for platform in platforms.all() for complaint in platform.complaints] == []


@pytest.fixture
def runtime(settings: Settings, platforms: Platforms, database: Database, tmp_path: Path) -> Runtime:
    """A runtime that is set up for all of them."""
    key_file = tmp_path / "AuthKey.p8"
    key_file.write_bytes(platforms.apple_music.pem())
    changes = {
        "spotify_client_id": platforms.spotify.client_id,
        "spotify_url": f"{platforms.spotify.url}/v1",
        "spotify_accounts_url": platforms.spotify.url,
        "google_client_id": platforms.youtube_music.client_id,
        "google_client_secret": SecretStr("google-secret"),
        "google_accounts_url": platforms.youtube_music.url,
        "google_oauth_url": platforms.youtube_music.url,
        "youtube_url": f"{platforms.youtube_music.url}/youtube/v3",
        "lastfm_api_key": lastfm_server.KEY,
        "lastfm_api_secret": SecretStr(lastfm_server.SECRET),
        "lastfm_url": f"{platforms.lastfm.url}/2.0/",
        "lastfm_auth_url": f"{platforms.lastfm.url}/api/auth/",
        "listenbrainz_url": platforms.listenbrainz.url,
        "apple_music_team_id": apple_music_server.TEAM,
        "apple_music_key_id": apple_music_server.KEY_ID,
        "apple_music_key_file": key_file,
        "apple_music_url": platforms.apple_music.url,
        "deezer_app_id": deezer_server.APP,
        "deezer_secret": SecretStr(deezer_server.SECRET),
        "deezer_url": platforms.deezer.url,
        "deezer_connect_url": f"{platforms.deezer.url}/oauth",
    }
    return compose(settings.model_copy(update=changes), database)


async def leave(caller: Caller, platform: PlatformName) -> tuple[str, httpx.Cookies]:
    """Begin to connect; return the platform's page and the cookie."""
    response = await caller.post(f"/connect/{platform}")
    caller.client.cookies.clear()  # the client is everybody's browser
    assert response.status_code == 200, response.text
    step = response.json()
    assert step["step"] == "authorize"
    return step["url"], response.cookies


async def come_back(caller: Caller, address: str, cookies: httpx.Cookies | None = None) -> httpx.Response:
    """Follow the platform's redirect, as a browser does: without an access token."""
    parts = urlsplit(address)
    assert parts.path.startswith(f"{API}/connect/")
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
    response = await caller.client.get(f"{parts.path}?{parts.query}", headers=headers)
    caller.client.cookies.clear()
    return response


async def connect(caller: Caller, platforms: Platforms, platform: PlatformName) -> None:
    """Connect an account, all the way."""
    server = getattr(platforms, platform)
    if platform == "listenbrainz":
        response = await caller.post("/connect/listenbrainz", json={"token": listenbrainz_server.TOKEN})
    elif platform == "apple_music":
        step = (await caller.post("/connect/apple_music")).json()
        user_token = server.allow(step["developer_token"])
        response = await caller.post("/connect/apple_music", json={"token": user_token})
    else:
        url, cookies = await leave(caller, platform)
        response = await come_back(caller, server.consent(url), cookies)
    assert response.status_code == 200, response.text


async def look(runtime: Runtime, caller: Caller, platform: PlatformName) -> Outcome:
    """Look at a connected account, as the job does."""

    async def alive(_stage: str) -> None:
        pass

    return await polling.poll(runtime, caller.user.user_id, platform, alive)


async def connection_of(runtime: Runtime, caller: Caller, platform: PlatformName) -> Connection:
    """Return a connection as it is stored."""
    async with runtime.database.session(caller.user.user_id) as session:
        found = await repository.connection_of(session, caller.user.user_id, platform)
    assert found is not None
    return found


async def set_connection(runtime: Runtime, caller: Caller, platform: PlatformName, **values: Any) -> None:
    """Change a stored connection."""
    async with runtime.database.session(caller.user.user_id) as session:
        found = await repository.connection_of(session, caller.user.user_id, platform)
        for name, value in values.items():
            setattr(found, name, value)


async def heard(runtime: Runtime, caller: Caller) -> list[str]:
    """Return the titles of what was listened to, in order."""
    query = select(SourceTrack.title).join(Listen, Listen.track_id == SourceTrack.id).order_by(Listen.listened_at)
    async with runtime.database.session(caller.user.user_id) as session:
        return list((await session.scalars(query)).all())


async def opinions(runtime: Runtime, caller: Caller) -> dict[str, bool | None]:
    """Return the songs of the library, each with whether it is liked."""
    query = select(SourceTrack.title, LibrarySong.liked).join(LibrarySong, LibrarySong.track_id == SourceTrack.id)
    async with runtime.database.session(caller.user.user_id) as session:
        return dict((await session.execute(query)).all())


async def lists(runtime: Runtime, caller: Caller) -> dict[str, list[str]]:
    """Return the playlists with their titles in order."""
    query = (
        select(Playlist.name, SourceTrack.title)
        .join(PlaylistEntry, PlaylistEntry.playlist_id == Playlist.id)
        .join(SourceTrack, SourceTrack.id == PlaylistEntry.track_id)
        .order_by(Playlist.name, PlaylistEntry.position)
    )
    found: dict[str, list[str]] = {}
    async with runtime.database.session(caller.user.user_id) as session:
        for name, title in await session.execute(query):
            found.setdefault(name, []).append(title)
    return found
