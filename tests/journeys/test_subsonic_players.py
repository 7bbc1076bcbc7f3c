"""Real Subsonic clients, pointed at a running Segue."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import libopensonic  # type: ignore[import-untyped]
import libsonic  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
from PIL import Image

from segue.audio.files import probe
from tests.api.subsonic.tagged import tagged_mp3
from tests.journeys.system import System
from tests.songs import Caller

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow


@pytest.fixture
def port(system: System) -> int:
    return int(system.url.rpartition(":")[2])


async def signed_in(user: Caller) -> dict[str, str]:
    """Return the user and the password that one types into a player."""
    made = (await user.post("/auth/subsonic_password")).json()
    return {"username": made["username"], "password": made["password"]}


@pytest_asyncio.fixture
async def opensonic(user: Caller, port: int) -> AsyncIterator[Any]:
    """A py-opensonic that sends a token for each request."""
    client = libopensonic.AsyncConnection("http://127.0.0.1", port=port, **await signed_in(user))
    yield client
    await client.cleanup()


async def test_py_sonic_browses_searches_plays_and_scrobbles(user: Caller, port: int, tmp_path: Path) -> None:
    track = (await user.uploaded(tagged_mp3(tmp_path)))["track_id"]
    client = libsonic.Connection("http://127.0.0.1", port=port, **await signed_in(user))
    await asyncio.to_thread(_with_py_sonic, client, f"tr-{track}", (tmp_path / "tagged.mp3").read_bytes())


def _with_py_sonic(client: Any, song: str, file: bytes) -> None:
    assert client.ping() is True
    assert client.getLicense()["license"]["valid"] is True
    (index,) = client.getArtists()["artists"]["index"]
    (artist,) = index["artist"]
    (album,) = client.getArtist(artist["id"])["artist"]["album"]
    assert [one["id"] for one in client.getAlbum(album["id"])["album"]["song"]] == [song]
    assert client.getAlbumList2("newest")["albumList2"]["album"][0]["name"] == "Harbour"
    assert client.search3("low tide")["searchResult3"]["song"][0]["id"] == song
    assert client.stream(song).read() == file
    assert client.download(song).read() == file
    assert Image.open(io.BytesIO(client.getCoverArt(song, size=64).read())).size == (64, 64)
    client.star([song])
    client.setRating(song, 5)
    client.scrobble(song)
    (starred,) = client.getStarred2()["starred2"]["song"]
    assert (starred["userRating"], starred["playCount"]) == (5, 1)
    made = client.createPlaylist(name="Evening", songIds=[song, song])["playlist"]
    client.updatePlaylist(made["id"], name="Night", songIndexesToRemove=[0])
    assert [one["songCount"] for one in client.getPlaylists()["playlists"]["playlist"]] == [1]
    client.savePlayQueue([song], current=song, position=5_000)
    assert client.getPlayQueue()["playQueue"]["position"] == 5_000
    assert client.getLyrics("The Piers", "Low Tide")["lyrics"]["value"].startswith("Low tide")


async def test_py_opensonic_uses_what_opensubsonic_adds(user: Caller, opensonic: Any, tmp_path: Path) -> None:
    song = f"tr-{(await user.uploaded(tagged_mp3(tmp_path)))['track_id']}"
    assert await opensonic.ping()
    extensions = {one.name for one in await opensonic.get_open_subsonic_extensions()}
    assert {"sonicSimilarity", "songLyrics", "indexBasedQueue", "apiKeyAuthentication"} <= extensions
    shown = await opensonic.get_song(song)
    assert (shown.title, shown.artists[0].name, shown.album_artists[0].name) == (
        "Low Tide",
        "The Piers",
        "The Piers & Friends",
    )
    (lyrics,) = await opensonic.get_lyrics_by_song_id(song)
    assert [(line.start, line.value) for line in lyrics.line] == [(1000, "Low tide"), (3500, "high hopes")]
    await opensonic.save_play_queue_by_index([song, song], 1, 5_000)
    assert (await opensonic.get_play_queue_by_index()).current_index == 1
    await opensonic.report_playback(song, "song", 40_000, "stopped")
    assert (await opensonic.get_song(song)).play_count == 1
    await opensonic.star([song])
    assert [one.id for one in (await opensonic.get_starred2()).song] == [song]
    token = (await user.post("/auth/tokens", json={"name": "player"})).json()["token"]
    by_key = libopensonic.AsyncConnection("http://127.0.0.1", port=opensonic.port, api_key=token)
    assert (await by_key.token_info()).username == opensonic.username
    await by_key.cleanup()


async def test_a_wrong_password_is_told_as_clients_know_it(user: Caller, port: int) -> None:
    credentials = {**await signed_in(user), "password": "wrong"}
    client = libopensonic.AsyncConnection("http://127.0.0.1", port=port, **credentials)
    with pytest.raises(libopensonic.errors.CredentialError):
        await client.get_artists()
    await client.cleanup()


@pytest.mark.slow
async def test_a_real_client_plays_a_generated_track(user: Caller, opensonic: Any, tmp_path: Path) -> None:
    asked = {"mode": "new", "duration": 10, "create_band": True, "seed": 7}
    started = (await user.post("/generate", json=asked)).json()
    await user.completed(started["job_id"], within_s=240)
    (song,) = (await opensonic.search3("")).song
    (band,) = (await opensonic.get_artists()).index[0].artist
    assert song.artist == band.name != "Segue"
    assert song.album == song.title
    answer = await opensonic.stream(song.id, tformat="mp3", max_bit_rate=128)
    path = tmp_path / "heard.mp3"
    path.write_bytes(await answer.read())
    found = probe(path)
    assert found.codec.startswith("mp3")
    assert found.duration_s == pytest.approx(10, abs=1.5)
    cover = await opensonic.get_cover_art(song.cover_art, size=200)
    assert Image.open(io.BytesIO(await cover.read())).size == (200, 200)
    await opensonic.scrobble(song.id)
    assert (await opensonic.get_song(song.id)).play_count == 1
