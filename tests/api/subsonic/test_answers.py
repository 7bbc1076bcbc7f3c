"""Every method's answer is as the official OpenAPI describes it, and says the same in XML."""

from typing import Any

import pytest

from segue.api.subsonic.endpoints import METHODS
from segue.api.subsonic.system import FOR_ANYBODY
from tests.api.subsonic import spec
from tests.api.subsonic.conftest import Shelf
from tests.api.subsonic.player import album_id, artist_id, told_in_json, told_in_xml

#: Extensions that are not declared.
NOT_OURS = {"getTranscodeDecision", "getTranscodeStream"}


def calls(shelf: Shelf) -> list[tuple[str, dict[str, Any]]]:
    """Return one call, or more, of each method that tells something."""
    song, album, artist = shelf.id("Low Tide"), album_id("The Piers", "Harbour"), artist_id("The Piers")
    kinds = ("random", "newest", "highest", "frequent", "recent", "alphabeticalByName", "alphabeticalByArtist")
    lists: list[dict[str, Any]] = [
        *({"type": kind} for kind in (*kinds, "starred")),
        {"type": "byYear", "fromYear": 2020, "toYear": 1990},
        {"type": "byGenre", "genre": "soul"},
    ]
    ends = {"startSongId": song, "endSongId": shelf.id("Öl")}
    return [
        *((name, {}) for name in ("ping", "getLicense", "getOpenSubsonicExtensions", "getUser", "getUsers")),
        *((name, {}) for name in ("getScanStatus", "startScan", "getMusicFolders", "getIndexes", "getArtists")),
        *((name, {}) for name in ("getGenres", "getStarred", "getStarred2", "getNowPlaying", "getBookmarks")),
        *((name, {}) for name in ("getPlaylists", "getPlayQueue", "getPlayQueueByIndex", "getRandomSongs")),
        *((name, {}) for name in ("getPodcasts", "getNewestPodcasts", "getInternetRadioStations", "getShares")),
        *((name, {}) for name in ("getChatMessages", "getVideos")),
        *(("getMusicDirectory", {"id": id_}) for id_ in ("1", artist, album)),
        *((name, said) for name in ("getAlbumList", "getAlbumList2") for said in lists),
        *((name, {"id": artist}) for name in ("getArtist", "getArtistInfo", "getArtistInfo2", "getSimilarSongs2")),
        *((name, {"id": album}) for name in ("getAlbum", "getAlbumInfo", "getAlbumInfo2", "getSimilarSongs")),
        *((name, {"id": song}) for name in ("getSong", "getSonicSimilarTracks", "getSimilarSongs")),
        *((name, {"query": "tide harbour"}) for name in ("search2", "search3")),
        ("search3", {"query": '""'}),
        ("search", {"any": "tide"}),
        ("findSonicPath", ends),
        ("getSongsByGenre", {"genre": "Rock"}),
        ("getTopSongs", {"artist": "The Piers"}),
        ("getTopSongs", {"id": artist}),
    ]


async def prepare(shelf: Shelf) -> None:
    """Say something of everything that can be said of."""
    player, song = shelf.player, shelf.id("Low Tide")
    said = {"id": song, "albumId": album_id("The Piers", "Harbour"), "artistId": artist_id("The Piers")}
    await player.ok("star", **said)
    for id_ in said.values():
        await player.ok("setRating", id=id_, rating=4)
    await player.ok("scrobble", id=song)
    await player.ok("scrobble", id=song, submission="false")
    await player.ok("createBookmark", id=song, position=61_000, comment="the bridge")
    await player.ok("createPlaylist", name="Evening", songId=[song, shelf.id("Öl"), song])
    await player.ok("savePlayQueue", id=[song, shelf.id("Öl")], current=song, position=1_000)


async def test_every_method_of_the_description_is_answered() -> None:
    described = spec.method_names()
    assert described - NOT_OURS <= METHODS.keys() | FOR_ANYBODY.keys()


async def test_answers_are_as_described_and_xml_says_what_json_says(shelf: Shelf) -> None:
    await prepare(shelf)
    found: list[str] = []
    for method, said in calls(shelf):
        response = await shelf.player.send(method, **said)
        answer = response.json()
        assert answer["subsonic-response"]["status"] == "ok", (method, answer)
        found += spec.problems(method, answer)
        if said.get("type") != "random" and method != "getRandomSongs":
            xml = await shelf.player.send(method, "xml", **said)
            assert xml.headers["content-type"].startswith("application/xml")
            assert told_in_xml(xml.content) == told_in_json(answer["subsonic-response"]), method
    assert found == []


async def test_changes_answer_as_described(shelf: Shelf) -> None:
    player, song = shelf.player, shelf.id("Low Tide")
    made = await player.ok("createPlaylist", name="Morning", songId=song)
    found = list(spec.problems("createPlaylist", {"subsonic-response": made}))
    playlist = made["playlist"]["id"]
    found += spec.problems("getPlaylist", (await player.send("getPlaylist", id=playlist)).json())
    changes: list[tuple[str, dict[str, Any]]] = [
        *((name, {"id": song}) for name in ("star", "unstar", "scrobble")),
        ("setRating", {"id": song, "rating": 3}),
        ("createBookmark", {"id": song, "position": 5}),
        ("deleteBookmark", {"id": song}),
        ("updatePlaylist", {"playlistId": playlist, "name": "Noon", "songIdToAdd": song, "songIndexToRemove": 0}),
        ("deletePlaylist", {"id": playlist}),
        ("savePlayQueue", {}),
        ("savePlayQueueByIndex", {"id": song, "currentIndex": 0, "position": 5}),
        ("reportPlayback", {"mediaId": song, "mediaType": "song", "positionMs": 5, "state": "playing"}),
    ]
    for method, said in changes:
        found += spec.problems(method, {"subsonic-response": await player.ok(method, **said)})
    assert found == []


async def test_refusals_are_as_described(shelf: Shelf) -> None:
    found: list[str] = []
    methods = sorted(spec.method_names() - NOT_OURS)
    for method in (name for name in methods if not spec.is_binary(name)):
        answer = await shelf.player.call(method)
        if answer["status"] == "failed":
            found += spec.problems(method, {"subsonic-response": answer})
    assert found == []


@pytest.mark.parametrize("method", ["stream", "getCoverArt", "download"])
async def test_methods_that_send_files_refuse_in_words(shelf: Shelf, method: str) -> None:
    assert await shelf.player.refused(method, id="tr-none") == 70
    assert await shelf.player.refused(method) == 10


async def test_numbers_beyond_all_bounds_are_refused_or_brought_into_them(shelf: Shelf) -> None:
    song, huge = shelf.id("Low Tide"), "9" * 5_000
    playlist = (await shelf.player.ok("createPlaylist", name="Evening", songId=[song]))["playlist"]["id"]
    playing = {"mediaId": song, "mediaType": "song", "state": "stopped"}
    for number in (huge, "9007199254740992", "99999999999"):
        for method, said in (
            ("updatePlaylist", {"playlistId": playlist, "songIndexToRemove": number}),
            ("savePlayQueueByIndex", {"id": song, "currentIndex": number}),
            ("savePlayQueue", {"id": song, "current": song, "position": number}),
            ("createBookmark", {"id": song, "position": number}),
            ("reportPlayback", {**playing, "positionMs": number}),
            ("getRandomSongs", {"fromYear": number, "toYear": number}),
            ("getAlbumList2", {"type": "byYear", "fromYear": number, "toYear": "0"}),
            ("getAlbumList2", {"type": "newest", "offset": number}),
            ("getIndexes", {"ifModifiedSince": number}),
            ("setRating", {"id": song, "rating": number}),
        ):
            await shelf.player.call(method, **said)  # whatever it says, it is an answer
