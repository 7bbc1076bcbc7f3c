"""What players hear, see and read: sound in ranges and other formats, pictures, lyrics."""

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from PIL import Image

from segue.api.subsonic import pictures
from segue.audio.files import probe
from segue.kit.runtime import Runtime
from tests.api.subsonic.player import Player, album_id
from tests.api.subsonic.tagged import COLOUR, tagged_mp3
from tests.pools import but_one_connection
from tests.songs import Caller


@pytest_asyncio.fixture
async def song(player: Player, caller: Caller, tmp_path: Path) -> dict[str, Any]:
    """An uploaded song with everything in its tags."""
    track = (await caller.uploaded(tagged_mp3(tmp_path)))["track_id"]
    shown: dict[str, Any] = (await player.ok("getSong", id=f"tr-{track}"))["song"]
    return shown


def picture_of(response: httpx.Response) -> Image.Image:
    return Image.open(io.BytesIO(response.content)).convert("RGB")


async def test_an_uploads_tags_say_where_it_stands(song: dict[str, Any], player: Player) -> None:
    told = {key: song[key] for key in ("title", "artist", "album", "displayAlbumArtist", "track", "discNumber", "year")}
    assert told == {
        "title": "Low Tide", "artist": "The Piers", "album": "Harbour", "displayAlbumArtist": "The Piers & Friends",
        "track": 3, "discNumber": 1, "year": 1999,
    }  # fmt: skip
    assert [genre["name"] for genre in song["genres"]] == ["Rock", "Pop"]
    assert song["albumId"] == album_id("The Piers & Friends", "Harbour")


async def test_a_song_is_played_whole_in_parts_and_smaller(
    song: dict[str, Any], player: Player, tmp_path: Path
) -> None:
    whole = await player.send("stream", id=song["id"], format="raw")
    assert (whole.headers["content-type"], len(whole.content)) == ("audio/mpeg", song["size"])
    headers = {"Range": "bytes=100-199"}
    common = {**player.credentials, "v": "1.16.1", "c": "tests", "id": song["id"]}
    part = await player.client.get("/rest/stream", params=common, headers=headers)
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    beyond = await player.client.get("/rest/stream", params=common, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    saved = await player.send("download", id=song["id"])
    assert saved.headers["content-disposition"].startswith("attachment")
    smaller = await player.send("stream", id=song["id"], format="opus", maxBitRate=32)
    path = tmp_path / "heard.opus"
    path.write_bytes(smaller.content)
    assert probe(path).codec == "opus"


async def test_what_takes_long_holds_no_connection(song: dict[str, Any], player: Player, runtime: Runtime) -> None:
    playlist = (await player.ok("createPlaylist", name="Tides", songId=song["id"]))["playlist"]["id"]
    async with but_one_connection(runtime.database), asyncio.timeout(20):
        assert (await player.ok("getLyricsBySongId", id=song["id"]))["lyricsList"]["structuredLyrics"]
        for id_ in (song["id"], song["coverArt"], song["artistId"], playlist):
            picture_of(await player.send("getCoverArt", id=id_, size=64))
        smaller = await player.send("stream", id=song["id"], format="mp3", maxBitRate=48)
        assert (smaller.headers["content-type"], smaller.content[:3]) == ("audio/mpeg", b"ID3")


async def test_a_picture_is_that_of_the_file_in_the_size_that_is_asked_for(
    song: dict[str, Any], player: Player
) -> None:
    for id_ in (song["id"], song["coverArt"], song["artistId"]):
        response = await player.send("getCoverArt", id=id_, size=100)
        picture = picture_of(response)
        assert picture.size == (100, 100)
        near = zip(picture.getpixel((50, 50)), COLOUR, strict=True)  # type: ignore[arg-type]
        assert all(abs(seen - meant) < 6 for seen, meant in near)
    headers = {"If-None-Match": response.headers["etag"]}
    common = {**player.credentials, "v": "1.16.1", "c": "tests", "id": song["artistId"], "size": "100"}
    assert (await player.client.get("/rest/getCoverArt", params=common, headers=headers)).status_code == 304


async def test_what_has_no_picture_is_drawn_always_the_same_and_each_another(player: Player) -> None:
    name = (await player.ok("getUser"))["user"]["username"]
    avatars = []
    for _ in range(2):
        avatars.append((await player.send("getAvatar", username=name)).content)
        pictures.drawn.cache_clear()
    assert avatars[0] == avatars[1] != pictures.drawn("another", pictures.SIDE)


async def test_a_broken_picture_is_none(player: Player, caller: Caller, tmp_path: Path) -> None:
    track = (await caller.uploaded(tagged_mp3(tmp_path, picture=b"\x89PNG\r\n\x1a\nbroken", TIT2="Broken")))["track_id"]
    response = await player.send("getCoverArt", id=f"tr-{track}")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")


async def test_lyrics_come_with_their_times(song: dict[str, Any], player: Player) -> None:
    (lyrics,) = (await player.ok("getLyricsBySongId", id=song["id"]))["lyricsList"]["structuredLyrics"]
    assert lyrics["synced"] is True
    assert lyrics["line"] == [{"start": 1000, "value": "Low tide"}, {"start": 3500, "value": "high hopes"}]
    plain = (await player.ok("getLyrics", artist="the piers", title="low tide"))["lyrics"]
    assert plain["value"] == "Low tide\nhigh hopes"
    assert (await player.ok("getLyrics", artist="nobody", title="low tide"))["lyrics"] == {"value": ""}
