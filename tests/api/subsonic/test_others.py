"""What is another's is not found by any method, and nobody who is not signed in gets anything."""

from typing import Any

import pytest

from segue.api.subsonic.endpoints import METHODS
from tests.api.subsonic.conftest import Shelf
from tests.api.subsonic.player import Player, album_id, artist_id
from tests.songs import Caller


async def test_nobody_who_is_not_signed_in_is_answered(caller: Caller) -> None:
    nobody = Player(caller.client, {"u": "nobody", "p": "nothing"})
    one_of_each = {method.__module__: name for name, method in METHODS.items()}.values()
    assert [await nobody.refused(name) for name in one_of_each] == [40] * len(one_of_each)


async def test_anothers_shelf_is_not_found(shelf: Shelf, anothers: Player) -> None:
    song, album, artist = shelf.id("Low Tide"), album_id("The Piers", "Harbour"), artist_id("The Piers")
    playlist = (await shelf.player.ok("createPlaylist", name="Mine", songId=song))["playlist"]["id"]
    calls: list[tuple[str, dict[str, Any]]] = [
        *((name, {"id": song}) for name in ("getSong", "stream", "download", "getCoverArt", "star", "unstar")),
        *((name, {"id": song}) for name in ("getLyricsBySongId", "getSonicSimilarTracks", "getSimilarSongs")),
        *((name, {"id": song}) for name in ("scrobble", "deleteBookmark")),
        *((name, {"id": artist}) for name in ("getArtist", "getArtistInfo2", "getSimilarSongs2", "getCoverArt")),
        *((name, {"id": artist}) for name in ("getMusicDirectory", "star")),
        *((name, {"id": album}) for name in ("getAlbum", "getAlbumInfo2", "getMusicDirectory", "getCoverArt", "star")),
        *((name, {"id": playlist}) for name in ("getPlaylist", "deletePlaylist", "getCoverArt")),
        *(("setRating", {"id": id_, "rating": 5}) for id_ in (song, album, artist)),
        ("scrobble", {"id": song, "submission": "false"}),
        ("createBookmark", {"id": song, "position": 1}),
        ("createPlaylist", {"name": "Theirs", "songId": song}),
        ("createPlaylist", {"playlistId": playlist, "songId": song}),
        ("updatePlaylist", {"playlistId": playlist, "name": "Stolen"}),
        ("findSonicPath", {"startSongId": song, "endSongId": song}),
        ("reportPlayback", {"mediaId": song, "mediaType": "song", "positionMs": 1, "state": "stopped"}),
        ("savePlayQueue", {"id": song, "current": song}),
    ]
    assert [(name, said) for name, said in calls if await anothers.refused(name, **said) != 70] == []


async def test_lists_hold_nothing_of_anothers(shelf: Shelf, anothers: Player) -> None:
    await shelf.player.ok("star", id=shelf.id("Low Tide"))
    await shelf.player.ok("createPlaylist", name="Mine")
    for method, said in (
        ("getArtists", {}),
        ("getIndexes", {}),
        ("getGenres", {}),
        ("getStarred2", {}),
        ("getRandomSongs", {}),
        ("getPlaylists", {}),
        ("getNowPlaying", {}),
        ("getAlbumList2", {"type": "newest"}),
        ("search3", {"query": ""}),
        ("getSongsByGenre", {"genre": "Rock"}),
        ("getTopSongs", {"artist": "The Piers"}),
    ):
        told = str(await anothers.ok(method, **said))
        assert "Tide" not in told, method
        assert "Piers" not in told, method
        assert "Mine" not in told, method


@pytest.mark.parametrize("method", ["createUser", "changePassword", "jukeboxControl", "createShare"])
async def test_what_is_not_done_here_is_not_allowed(player: Player, method: str) -> None:
    assert await player.refused(method, username="x", password="y", action="get") == 50


async def test_another_user_is_not_shown(player: Player, anothers: Player) -> None:
    name = (await anothers.ok("getUser"))["user"]["username"]
    assert await player.refused("getUser", username=name) == 50
    assert await player.refused("getAvatar", username=name) == 70
    assert await player.refused("getPlaylists", username=name) == 50
