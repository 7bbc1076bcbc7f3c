"""What a player finds on its owner's shelf, and in which order."""

from datetime import timedelta
from typing import Any

from segue.api.subsonic import ids
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from tests.api.subsonic.conftest import Shelf
from tests.api.subsonic.player import Player, Song, album_id, artist_id, shelve
from tests.songs import Caller


async def titles(player: Player, method: str, *path: str, **said: Any) -> list[str]:
    """Return the titles or names in a list of an answer."""
    found: Any = await player.ok(method, **said)
    for name in path:
        found = found.get(name, [])
    return [one.get("title") or one["name"] for one in found]


class TestBrowsing:
    async def test_artists_stand_under_their_letters_without_articles(self, shelf: Shelf) -> None:
        index = (await shelf.player.ok("getArtists"))["artists"]["index"]
        shown = {letter["name"]: [artist["name"] for artist in letter["artist"]] for letter in index}
        assert shown == {
            "M": ["Mashups", "Mira Vale"],
            "N": ["Night Bus Band"],
            "P": ["The Piers"],
            "Ä": ["The Älgs"],
        }

    async def test_an_albums_songs_come_in_their_order(self, shelf: Shelf) -> None:
        album = (await shelf.player.ok("getAlbum", id=album_id("The Piers", "Harbour")))["album"]
        assert [song["title"] for song in album["song"]] == ["Harbour Lights", "Low Tide"]
        assert (album["songCount"], album["duration"], album["artist"], album["year"]) == (2, 401, "The Piers", 1999)

    async def test_what_has_no_album_is_among_the_singles(self, shelf: Shelf) -> None:
        artist = (await shelf.player.ok("getArtist", id=artist_id("The Älgs")))["artist"]
        assert [album["name"] for album in artist["album"]] == ["Singles"]

    async def test_an_album_by_several_is_one_under_its_own_artist(self, shelf: Shelf, runtime: Runtime) -> None:
        both = [Song(f"Song {n}", artist, "Sampler", "Various") for n, artist in enumerate(("One", "Two"))]
        await shelve(runtime, shelf.owner, *both)
        artist = (await shelf.player.ok("getArtist", id=artist_id("Various")))["artist"]
        assert [(album["name"], album["songCount"]) for album in artist["album"]] == [("Sampler", 2)]

    async def test_an_artist_of_single_songs_is_another_than_their_albums(self, shelf: Shelf, runtime: Runtime) -> None:
        both = [Song(f"Song {n}", artist, "Sampler", "Various") for n, artist in enumerate(("One", "Two"))]
        first, _ = await shelve(runtime, shelf.owner, *both)
        player, one, various = shelf.player, artist_id("One"), artist_id("Various")
        song = (await player.ok("getSong", id=ids.track_id(first)))["song"]
        assert song["artists"] == [{"id": one, "name": "One"}]
        assert song["albumArtists"] == [{"id": various, "name": "Various"}]
        assert (song["artistId"], song["albumId"]) == (one, album_id("Various", "Sampler"))
        artist = (await player.ok("getArtist", id=one))["artist"]
        assert (artist["name"], artist["albumCount"]) == ("One", 1)
        assert [album["name"] for album in artist["album"]] == ["Sampler"]
        assert await titles(player, "getTopSongs", "topSongs", "song", artist="One") == ["Song 0"]
        await player.ok("star", artistId=one)
        assert await titles(player, "getStarred2", "starred2", "artist") == ["One"]
        index = (await player.ok("getArtists"))["artists"]["index"]
        shown = [artist["name"] for letter in index for artist in letter["artist"]]
        assert ("Various" in shown, "One" in shown) == (True, False)

    async def test_a_song_tells_how_loud_and_fast_it_is(self, shelf: Shelf) -> None:
        song = (await shelf.player.ok("getSong", id=shelf.id("Low Tide")))["song"]
        assert song["replayGain"] == {"trackGain": -8.5, "trackPeak": 0.977237}
        assert (song["bpm"], song["bitRate"], song["suffix"], song["duration"]) == (122, 800, "flac", 200)

    async def test_several_genres_in_one_label_are_several(self, shelf: Shelf) -> None:
        genres = (await shelf.player.ok("getGenres"))["genres"]["genre"]
        counts = {one["value"]: (one["songCount"], one["albumCount"]) for one in genres}
        assert counts == {"Rock": (2, 1), "Jazz": (1, 1), "Soul": (1, 1), "House": (1, 1)}
        assert await titles(shelf.player, "getSongsByGenre", "songsByGenre", "song", genre="SOUL") == ["Glass Orchard"]

    async def test_folders_hold_artists_then_albums_then_songs(self, shelf: Shelf) -> None:
        player = shelf.player
        assert "The Piers" in await titles(player, "getMusicDirectory", "directory", "child", id="1")
        piers = await titles(player, "getMusicDirectory", "directory", "child", id=artist_id("The Piers"))
        assert piers == ["Harbour"]
        harbour = album_id("The Piers", "Harbour")
        songs = await titles(player, "getMusicDirectory", "directory", "child", id=harbour)
        assert songs == ["Harbour Lights", "Low Tide"]

    async def test_an_index_that_has_not_changed_is_empty(self, shelf: Shelf) -> None:
        indexes = (await shelf.player.ok("getIndexes"))["indexes"]
        assert indexes["index"]
        again = await shelf.player.ok("getIndexes", ifModifiedSince=indexes["lastModified"])
        assert again["indexes"]["index"] == []

    async def test_public_songs_that_are_kept_are_on_the_shelf(
        self, player: Player, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        public = Song("Open Sea", visibility="public")
        open_sea, _ = await shelve(runtime, other.user.user_id, public, Song("Closed Sea"))
        assert await titles(player, "search3", "searchResult3", "song", query="sea") == []
        await caller.post(f"/add_to_library/{open_sea}")
        assert await titles(player, "search3", "searchResult3", "song", query="sea") == ["Open Sea"]


class TestLists:
    async def test_albums_come_by_name_artist_year_and_age(
        self, player: Player, caller: Caller, runtime: Runtime
    ) -> None:
        owner = caller.user.user_id
        for days, song in enumerate(
            (Song("1", "C", "b", year=1980), Song("2", "A", "c", year=1990), Song("3", "B", "a"))
        ):
            await shelve(runtime, owner, song, at=now() - timedelta(days=days))
        listed = ("getAlbumList2", "albumList2", "album")
        assert await titles(player, *listed, type="alphabeticalByName") == ["a", "b", "c"]
        assert await titles(player, *listed, type="alphabeticalByArtist") == ["c", "a", "b"]
        assert await titles(player, *listed, type="newest") == ["b", "c", "a"]
        assert await titles(player, *listed, type="byYear", fromYear=1970, toYear=1995) == ["b", "c"]
        assert await titles(player, *listed, type="byYear", fromYear=1995, toYear=1970) == ["c", "b"]
        assert await titles(player, *listed, type="newest", size=1, offset=1) == ["c"]

    async def test_what_was_played_and_rated_leads_its_lists(self, shelf: Shelf) -> None:
        player, listed = shelf.player, ("getAlbumList2", "albumList2", "album")
        for kind in ("frequent", "recent", "highest", "starred"):
            assert await titles(player, *listed, type=kind) == []
        for hours, title in enumerate(("Öl", "Low Tide", "Low Tide")):
            heard_ms = int((now() - timedelta(hours=hours + 1)).timestamp() * 1000)
            await player.ok("scrobble", id=shelf.id(title), time=heard_ms)
        assert await titles(player, *listed, type="frequent") == ["Harbour", "Singles"]
        assert await titles(player, *listed, type="recent") == ["Singles", "Harbour"]
        await player.ok("setRating", id=album_id("The Älgs", "Singles"), rating=5)
        assert await titles(player, *listed, type="highest") == ["Singles"]
        top = await titles(player, "getTopSongs", "topSongs", "song", artist="the piers")
        assert top == ["Low Tide", "Harbour Lights"]

    async def test_chance_keeps_to_what_is_asked_for(self, shelf: Shelf) -> None:
        chosen = ("getRandomSongs", "randomSongs", "song")
        assert len(await titles(shelf.player, *chosen, size=4)) == 4
        assert set(await titles(shelf.player, *chosen, genre="rock")) == {"Low Tide", "Harbour Lights"}
        assert await titles(shelf.player, *chosen, fromYear=2005, toYear=2015) == ["Glass Orchard"]


class TestSearching:
    async def test_all_words_have_to_be_found_in_names(self, shelf: Shelf) -> None:
        found = (await shelf.player.ok("search3", query='"piers" tide*'))["searchResult3"]
        assert [song["title"] for song in found["song"]] == ["Low Tide"]
        found = (await shelf.player.ok("search3", query="mira orchards"))["searchResult3"]
        assert [album["name"] for album in found["album"]] == ["Orchards & <Gardens>"]

    async def test_without_words_everything_is_found_page_by_page(self, shelf: Shelf) -> None:
        pages = [
            await titles(shelf.player, "search3", "searchResult3", "song", query="", songCount=4, songOffset=offset)
            for offset in (0, 4, 8)
        ]
        assert [len(page) for page in pages] == [4, 2, 0]
        assert {title for page in pages for title in page} == set(shelf.tracks)

    async def test_hostile_words_find_nothing(self, shelf: Shelf) -> None:
        for query in ("%", "_", "'; DROP TABLE users; --", "\\", "\x01"):
            assert await titles(shelf.player, "search3", "searchResult3", "song", query=query) == []


class TestLikeness:
    async def test_what_sounds_alike_comes_nearest_first(self, shelf: Shelf) -> None:
        answer = await shelf.player.ok("getSonicSimilarTracks", id=shelf.id("Low Tide"), count=3)
        found = [(match["entry"]["title"], match["similarity"]) for match in answer["sonicMatch"]]
        assert found == [("Harbour Lights", 0.9777), ("Glass Orchard", 0.9127), ("Night Bus", 0.8108)]

    async def test_an_artists_likeness_is_that_of_their_songs(self, shelf: Shelf) -> None:
        found = await titles(
            shelf.player, "getSimilarSongs2", "similarSongs2", "song", id=artist_id("The Piers"), count=2
        )
        assert found == ["Glass Orchard", "Night Bus"]

    async def test_a_path_goes_by_small_steps_from_end_to_end(self, shelf: Shelf) -> None:
        ends = {"startSongId": shelf.id("Low Tide"), "endSongId": shelf.id("Öl")}
        for most, way in (
            (25, ["Low Tide", "Harbour Lights", "Glass Orchard", "Night Bus", "Öl"]),
            (3, ["Low Tide", "Glass Orchard", "Öl"]),
            (2, ["Low Tide", "Öl"]),
        ):
            answer = await shelf.player.ok("findSonicPath", **ends, count=most)
            assert [match["entry"]["title"] for match in answer["sonicMatch"]] == way
            assert answer["sonicMatch"][0]["similarity"] == 1.0

    async def test_of_what_is_not_analysed_nothing_is_known(self, shelf: Shelf) -> None:
        assert (await shelf.player.ok("getSonicSimilarTracks", id=shelf.id("A x B")))["sonicMatch"] == []
        ends = {"startSongId": shelf.id("A x B"), "endSongId": shelf.id("Öl")}
        assert await shelf.player.refused("findSonicPath", **ends) == 0
