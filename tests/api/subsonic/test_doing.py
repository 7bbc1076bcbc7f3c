"""What players tell counts: stars, ratings, plays, playlists, the queue, bookmarks."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

from sqlalchemy import update

from segue.api.subsonic import ids
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.library.tables import PlayingNow
from tests.api.subsonic.conftest import Shelf
from tests.api.subsonic.player import XML, Player, Song, album_id, artist_id, shelve
from tests.songs import Caller


async def names(player: Player, playlist: str) -> list[str]:
    """Return the songs of a playlist."""
    answer = await player.ok("getPlaylist", id=playlist)
    return [song["title"] for song in answer["playlist"]["entry"]]


async def handle_of(player: Player) -> str:
    """Return whose player it is."""
    handle: str = (await player.ok("getUser"))["user"]["username"]
    return handle


class TestStars:
    async def test_songs_albums_and_artists_are_starred_and_unstarred(self, shelf: Shelf) -> None:
        song = shelf.id("Low Tide")
        said = {"id": song, "albumId": album_id("The Piers", "Harbour"), "artistId": artist_id("Mira Vale")}
        await shelf.player.ok("star", **said)
        starred = (await shelf.player.ok("getStarred2"))["starred2"]
        assert [[one["id"] for one in starred[kind]] for kind in ("song", "album", "artist")] == [
            [id_] for id_ in said.values()
        ]
        assert all(starred[kind][0]["starred"] for kind in ("song", "album", "artist"))
        await shelf.player.ok("unstar", **said)
        assert (await shelf.player.ok("getStarred2"))["starred2"] == {"artist": [], "album": [], "song": []}

    async def test_a_starred_song_is_liked(self, shelf: Shelf, caller: Caller) -> None:
        await shelf.player.ok("star", id=shelf.id("Low Tide"))
        said = (await caller.post(f"/like/{shelf.tracks['Low Tide']}")).json()["said"]
        await shelf.player.ok("unstar", id=shelf.id("Low Tide"))
        assert said == (await caller.post(f"/like/{shelf.tracks['Low Tide']}")).json()["said"] > 0

    async def test_a_rating_is_kept_changed_and_taken_back(self, shelf: Shelf) -> None:
        song = shelf.id("Low Tide")
        for given, kept in ((4, 4), (1, 1), (0, None)):
            await shelf.player.ok("setRating", id=song, rating=given)
            assert (await shelf.player.ok("getSong", id=song))["song"].get("userRating") == kept
        assert await shelf.player.refused("setRating", id=song, rating=6) == 0


class TestPlays:
    async def test_a_scrobble_counts_once_as_a_listen(self, shelf: Shelf, caller: Caller) -> None:
        heard_ms = int((now() - timedelta(minutes=10)).timestamp() * 1000)
        for _ in range(2):
            await shelf.player.ok("scrobble", id=shelf.id("Low Tide"), time=heard_ms)
        song = (await shelf.player.ok("getSong", id=shelf.id("Low Tide")))["song"]
        assert (song["playCount"], song["played"][:16]) == (1, (now() - timedelta(minutes=10)).isoformat()[:16])

    async def test_several_are_told_at_once(self, shelf: Shelf) -> None:
        times = [int((now() - timedelta(hours=hours)).timestamp() * 1000) for hours in (1, 2)]
        await shelf.player.ok("scrobble", id=[shelf.id("Low Tide"), shelf.id("Öl")], time=times)
        counts = [
            (await shelf.player.ok("getSong", id=shelf.id(title)))["song"]["playCount"] for title in ("Low Tide", "Öl")
        ]
        assert counts == [1, 1]

    async def test_what_plays_now_is_no_play(self, shelf: Shelf, anothers: Player) -> None:
        await shelf.player.ok("scrobble", id=shelf.id("Öl"), submission="false")
        (entry,) = (await shelf.player.ok("getNowPlaying"))["nowPlaying"]["entry"]
        assert (entry["title"], entry["minutesAgo"], entry["playCount"]) == ("Öl", 0, 0)
        assert (await anothers.ok("getNowPlaying"))["nowPlaying"]["entry"] == []

    async def test_a_reported_play_counts_once_where_enough_was_heard(self, shelf: Shelf, runtime: Runtime) -> None:
        said: dict[str, Any] = {"mediaId": shelf.id("Öl"), "mediaType": "song"}

        async def stopped(position_ms: int, *, ignored: bool = False) -> int:
            ending = {"state": "stopped", "positionMs": position_ms, "ignoreScrobble": str(ignored).lower()}
            await shelf.player.ok("reportPlayback", **said, **ending)
            count: int = (await shelf.player.ok("getSong", id=shelf.id("Öl")))["song"]["playCount"]
            return count

        await shelf.player.ok("reportPlayback", **said, state="playing", positionMs=0)
        assert (await shelf.player.ok("getNowPlaying"))["nowPlaying"]["entry"][0]["title"] == "Öl"
        assert await stopped(90_000) == 0  # whoever seeks hears no more
        await begun_ago(runtime, shelf, minutes=2)
        await shelf.player.ok("reportPlayback", **said, state="playing", positionMs=80_000)
        (entry,) = (await shelf.player.ok("getNowPlaying"))["nowPlaying"]["entry"]
        assert entry["minutesAgo"] == 2
        assert [await stopped(90_000, ignored=True), await stopped(90_000), await stopped(91_000)] == [0, 1, 1]
        await shelf.player.ok("scrobble", id=shelf.id("Öl"))
        await shelf.player.ok("scrobble", id=shelf.id("Öl"))
        assert await stopped(95_000) == 1
        await shelf.player.ok("reportPlayback", **said, state="starting", positionMs=0)
        await begun_ago(runtime, shelf, minutes=40)
        assert await stopped(1_150_000) == 2

    async def test_a_play_that_is_told_only_once_it_is_over_counts_once(self, shelf: Shelf) -> None:
        said = {"mediaId": shelf.id("Öl"), "mediaType": "song", "state": "stopped", "positionMs": 90_000}
        for _ in range(2):
            await shelf.player.ok("reportPlayback", **said)
        assert (await shelf.player.ok("getSong", id=shelf.id("Öl")))["song"]["playCount"] == 1


class TestPlaylists:
    async def test_they_are_made_changed_and_deleted(self, shelf: Shelf) -> None:
        player, songs = shelf.player, [shelf.id(title) for title in ("Low Tide", "Öl", "Low Tide")]
        made = (await player.ok("createPlaylist", name="Evening", songId=songs))["playlist"]
        assert (made["name"], made["songCount"], made["duration"], made["public"]) == ("Evening", 3, 601, False)
        change: dict[str, Any] = {"name": "Night", "comment": "calm", "public": "true"}
        edit: dict[str, Any] = {"songIdToAdd": shelf.id("Night Bus"), "songIndexToRemove": [0, 1]}
        await player.ok("updatePlaylist", playlistId=made["id"], **change, **edit)
        assert await names(player, made["id"]) == ["Low Tide", "Night Bus"]
        (listed,) = (await player.ok("getPlaylists"))["playlists"]["playlist"]
        assert {key: listed[key] for key in ("name", "comment", "public", "songCount")} == {
            "name": "Night", "comment": "calm", "public": True, "songCount": 2,
        }  # fmt: skip
        await player.ok("createPlaylist", playlistId=made["id"], songId=songs[1])
        assert await names(player, made["id"]) == ["Öl"]
        await player.ok("deletePlaylist", id=made["id"])
        assert await player.refused("getPlaylist", id=made["id"]) == 70

    async def test_an_editor_saves_a_list_as_players_do_and_only_its_owner_renames_it(
        self, shelf: Shelf, anothers: Player, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        (theirs,) = await shelve(runtime, other.user.user_id, Song("Far Shore"))
        made = (await shelf.player.ok("createPlaylist", name="Evening", songId=shelf.id("Öl")))["playlist"]["id"]
        path = f"/playlists/{made.removeprefix('pl-')}"
        await caller.post(f"{path}/collaborators", json={"handle": await handle_of(anothers), "role": "editor"})
        assert (await anothers.ok("getPlaylists"))["playlists"]["playlist"] == []
        await other.post(f"{path}/join")
        (listed,) = (await anothers.ok("getPlaylists"))["playlists"]["playlist"]
        assert (listed["id"], listed["readonly"]) == (made, False)
        await anothers.ok("createPlaylist", playlistId=made, name="Evening", songId=ids.track_id(theirs))
        await anothers.ok("updatePlaylist", playlistId=made, name="Evening", comment="", public="false")
        assert await names(anothers, made) == ["Far Shore"]
        assert await anothers.refused("updatePlaylist", playlistId=made, name="Mine") == 50
        assert await shelf.player.refused("updatePlaylist", playlistId=made, name=" ") == 0
        assert await shelf.player.refused("updatePlaylist", playlistId=made, comment="x" * 2_001) == 0
        await shelf.player.ok("updatePlaylist", playlistId=made, comment="x" * 2_000)
        assert len((await anothers.ok("getPlaylist", id=made))["playlist"]["comment"]) == 2_000

    async def test_who_signs_in_by_email_is_themselves(self, shelf: Shelf, caller: Caller) -> None:
        await shelf.player.ok("getPlaylists", username=caller.user.email)
        assert (await shelf.player.send("getAvatar", username=caller.user.email)).headers["content-type"] == "image/png"
        assert await shelf.player.refused("getPlaylists", username="somebody") == 50

    async def test_a_name_that_xml_has_no_word_for_is_told_without_it(self, shelf: Shelf) -> None:
        await shelf.player.ok("createPlaylist", name="Up\x0b&<away>")
        answer = ET.fromstring((await shelf.player.send("getPlaylists", "xml")).content)
        assert [node.get("name") for node in answer.iter(f"{XML}playlist")] == ["Up &<away>"]

    async def test_a_place_that_is_not_there_changes_nothing(self, shelf: Shelf) -> None:
        made = (await shelf.player.ok("createPlaylist", name="One", songId=shelf.id("Öl")))["playlist"]["id"]
        assert await shelf.player.refused("updatePlaylist", playlistId=made, name="Two", songIndexToRemove=1) == 10
        assert (await shelf.player.ok("getPlaylist", id=made))["playlist"]["name"] == "One"

    async def test_songs_without_audio_stay_in_a_list_that_a_player_replaces(
        self, shelf: Shelf, caller: Caller
    ) -> None:
        listen = {"listened_at": 1_700_000_000, "track_metadata": {"track_name": "Far", "artist_name": "Away"}}
        token = (await caller.post("/auth/tokens", json={"name": "x"})).json()["token"]
        headers = {"Authorization": f"Token {token}"}
        await caller.client.post(
            "/1/submit-listens", headers=headers, json={"listen_type": "single", "payload": [listen]}
        )
        handle = (await caller.get("/profiles/me")).json()["handle"]
        heard = (await caller.client.get(f"/1/user/{handle}/listens", headers=headers)).json()
        external = heard["payload"]["listens"][0]["recording_msid"]
        tracks = [external, str(shelf.tracks["Öl"])]
        made = (await caller.post("/create_playlist", json={"name": "Both", "tracks": tracks})).json()
        playlist = f"pl-{made['id']}"
        assert await names(shelf.player, playlist) == ["Öl"]
        await shelf.player.ok("createPlaylist", playlistId=playlist, songId=shelf.id("Low Tide"))
        assert await names(shelf.player, playlist) == ["Low Tide"]
        entries = (await caller.get(f"/playlists/{made['id']}/entries")).json()["items"]
        assert [entry["track"]["title"] for entry in entries] == ["Low Tide", "Far"]


class TestQueue:
    async def test_one_player_goes_on_where_another_left_off(self, shelf: Shelf, caller: Caller) -> None:
        songs = [shelf.id(title) for title in ("Low Tide", "Öl", "Low Tide")]
        await shelf.player.ok("savePlayQueue", id=songs, current=songs[1], position=61_000)
        told = (await shelf.player.ok("getPlayQueue"))["playQueue"]
        assert [entry["id"] for entry in told["entry"]] == songs
        assert (told["current"], told["position"], told["changedBy"]) == (songs[1], 61_000, "tests")
        queue = (await caller.get("/queue")).json()
        assert queue["current"]["title"] == "Öl"

    async def test_a_song_that_is_in_it_twice_is_told_by_its_place(self, shelf: Shelf) -> None:
        songs = [shelf.id(title) for title in ("Low Tide", "Öl", "Low Tide")]
        await shelf.player.ok("savePlayQueueByIndex", id=songs, currentIndex=2, position=5)
        told = (await shelf.player.ok("getPlayQueueByIndex"))["playQueueByIndex"]
        assert (told["currentIndex"], told["position"], len(told["entry"])) == (2, 5, 3)
        for said in ({"id": songs, "currentIndex": 3}, {"id": songs}, {"currentIndex": 0}):
            assert await shelf.player.refused("savePlayQueueByIndex", **said) == 10
        await shelf.player.ok("savePlayQueueByIndex")
        assert (await shelf.player.ok("getPlayQueueByIndex"))["playQueueByIndex"]["entry"] == []

    async def test_what_plays_next_elsewhere_begins_at_its_beginning(self, shelf: Shelf, caller: Caller) -> None:
        songs = [shelf.id(title) for title in ("Low Tide", "Öl")]
        await shelf.player.ok("savePlayQueue", id=songs, current=songs[0], position=61_000)
        await caller.post("/queue/next", json={"outcome": "played"})
        told = (await shelf.player.ok("getPlayQueue"))["playQueue"]
        assert (told["current"], told["position"]) == (songs[1], 0)


class TestBookmarks:
    async def test_a_place_is_kept_moved_and_forgotten(self, shelf: Shelf) -> None:
        song = shelf.id("Low Tide")
        for position in (61_000, 90_000):
            await shelf.player.ok("createBookmark", id=song, position=position, comment="the bridge")
        (bookmark,) = (await shelf.player.ok("getBookmarks"))["bookmarks"]["bookmark"]
        assert (bookmark["position"], bookmark["comment"], bookmark["entry"]["id"]) == (90_000, "the bridge", song)
        await shelf.player.ok("deleteBookmark", id=song)
        assert (await shelf.player.ok("getBookmarks"))["bookmarks"]["bookmark"] == []
        assert await shelf.player.refused("deleteBookmark", id=song) == 70


async def begun_ago(runtime: Runtime, shelf: Shelf, *, minutes: int) -> None:
    """Have what plays have begun some time ago, but for a moment."""
    async with runtime.database.system_session() as session:
        mine = update(PlayingNow).where(PlayingNow.user_id == shelf.owner)
        await session.execute(mine.values(since=now() - timedelta(minutes=minutes, seconds=1)))
