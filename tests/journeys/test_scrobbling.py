"""Real ListenBrainz clients, pointed at a running Segue."""

import asyncio
import time
from types import ModuleType
from typing import Any

import liblistenbrainz
import pylistenbrainz
import pytest

from tests.journeys.system import System
from tests.songs import Caller

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow


def _client_of(library: ModuleType, url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client that is pointed at a Segue, in the way that its library has for it."""
    if library is liblistenbrainz:
        return liblistenbrainz.ListenBrainz(api_base_url=url)
    monkeypatch.setattr("pylistenbrainz.client.API_BASE_URL", url)
    return pylistenbrainz.ListenBrainz()


@pytest.mark.parametrize("library", [liblistenbrainz, pylistenbrainz], ids=["liblistenbrainz", "pylistenbrainz"])
async def test_a_real_client_scrobbles_and_reads_back(
    library: ModuleType, system: System, user: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await user.post("/auth/tokens", json={"name": library.__name__})).json()["token"]
    handle = (await user.get("/profiles/me")).json()["handle"]
    client = _client_of(library, system.url, monkeypatch)
    await asyncio.to_thread(_scrobble, library, client, token, handle)


def _scrobble(library: ModuleType, client: Any, token: str, handle: str) -> None:
    client.set_auth_token(token)
    now = int(time.time())
    names = ["Harbour Lights", "Low Tide", "Glass Orchard"]
    listens = [
        library.Listen(track_name=name, artist_name="The Piers", listened_at=now - 1_000 + 300 * n)
        for n, name in enumerate(names)
    ]
    assert client.submit_multiple_listens(listens[:2]) == {"status": "ok"}
    assert client.submit_single_listen(listens[2]) == {"status": "ok"}
    client.submit_playing_now(library.Listen(track_name="Low Tide", artist_name="The Piers"))

    assert [listen.track_name for listen in client.get_listens(handle)] == names[::-1]
    assert [listen.track_name for listen in client.get_listens(handle, max_ts=now - 700)] == names[:1]
    assert client.get_playing_now(handle).track_name == "Low Tide"
    assert client.get_user_listen_count(handle) == 3
    if library is liblistenbrainz:  # the other cannot
        client.delete_listen(client.get_listens(handle)[0])
        assert client.get_user_listen_count(handle) == 2


async def test_a_client_with_a_wrong_token_is_told_so(system: System) -> None:
    client = liblistenbrainz.ListenBrainz(api_base_url=system.url)
    with pytest.raises(liblistenbrainz.errors.InvalidAuthTokenException):
        await asyncio.to_thread(client.set_auth_token, "segue_wrong")


@pytest.mark.parametrize("library", [liblistenbrainz, pylistenbrainz], ids=["liblistenbrainz", "pylistenbrainz"])
async def test_in_a_private_session_a_real_client_notices_nothing_and_nothing_is_kept(
    library: ModuleType, system: System, user: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await user.post("/auth/tokens", json={"name": library.__name__})).json()["token"]
    me = (await user.post("/private_session", json={"on": True, "minutes": 5})).json()
    assert me["on"] is True
    handle = (await user.get("/profiles/me")).json()["handle"]
    client = _client_of(library, system.url, monkeypatch)
    await asyncio.to_thread(_scrobble_in_private, library, client, token, handle)
    assert (await user.get("/me")).json()["private_until"] == me["until"]


def _scrobble_in_private(library: ModuleType, client: Any, token: str, handle: str) -> None:
    client.set_auth_token(token)
    listen = library.Listen(track_name="Low Tide", artist_name="The Piers", listened_at=int(time.time()))
    assert client.submit_single_listen(listen) == {"status": "ok"}
    assert client.submit_multiple_listens([listen]) == {"status": "ok"}
    client.submit_playing_now(library.Listen(track_name="Low Tide", artist_name="The Piers"))
    assert client.get_listens(handle) == []
    assert client.get_playing_now(handle) is None
    assert client.get_user_listen_count(handle) == 0
