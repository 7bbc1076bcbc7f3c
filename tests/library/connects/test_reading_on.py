"""What looks bring: all of it once, however they are cut off or overtaken, and lists as they are now."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from segue.kit.errors import Unavailable
from segue.kit.runtime import Runtime
from segue.library import repository as library
from segue.library.connects import polling, storing
from tests.library.connects import apple_music_server, deezer_server
from tests.library.connects.conftest import (
    Platforms,
    connect,
    connection_of,
    heard,
    lists,
    look,
    opinions,
)
from tests.library.connects.local_platform import Reply
from tests.library.connects.spotify_server import track
from tests.songs import Caller

HARBOUR = track("Harbour Lights", "The Piers", 1)
PLAY = (HARBOUR, "2024-03-01T10:03:20.000Z")


class TestReadingOn:
    async def test_a_look_that_was_cut_off_goes_on_where_it_was(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.saved = [
            (track(f"Song {number}", "The Piers", number), f"2024-01-01T00:{number // 60:02d}:{number % 60:02d}Z")
            for number in range(130, 0, -1)
        ]
        stores = 0
        store = storing.store

        async def die_at_the_second(*args: Any, **more: Any) -> None:
            nonlocal stores
            stores += more["resource"] == "saved_tracks"
            if stores == 2:
                raise Unavailable("killed")
            await store(*args, **more)

        with patch("segue.library.connects.polling.store", die_at_the_second), pytest.raises(Unavailable):
            await look(runtime, caller, "spotify")
        assert len(await opinions(runtime, caller)) == 50
        platforms.spotify.calls.clear()
        assert (await look(runtime, caller, "spotify")).error is None
        assert len(await opinions(runtime, caller)) == 130
        assert [call.query["offset"] for call in platforms.spotify.asked("/v1/me/tracks")] == ["50", "100"]
        platforms.spotify.saved.insert(0, (track("New", "The Piers", 500), "2024-02-01T00:00:00Z"))
        platforms.spotify.calls.clear()
        await look(runtime, caller, "spotify")
        assert len(platforms.spotify.asked("/v1/me/tracks")) == 1
        assert len(await opinions(runtime, caller)) == 131

    async def test_nothing_of_a_batch_is_stored_where_its_cursor_is_not(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.plays = [PLAY]
        real = library.add_listens

        async def overtake(*args: Any, **more: Any) -> None:
            await real(*args, **more)
            raise Unavailable("killed before the cursor is written")

        with patch.object(library, "add_listens", overtake), pytest.raises(Unavailable):
            await look(runtime, caller, "spotify")
        assert await heard(runtime, caller) == []
        assert (await connection_of(runtime, caller, "spotify")).cursors == {}

    async def test_two_looks_at_once_count_once(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.plays = [PLAY]
        await asyncio.gather(*(look(runtime, caller, "spotify") for _ in range(3)))
        assert await heard(runtime, caller) == ["Harbour Lights"]

    async def test_many_pages_of_scrobbles_come_whole_though_others_come_in_between(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "lastfm")
        start = 1_700_000_000
        # Two hundred of one second in the middle: a page has room for no other.
        moments = [*range(start + 900, start + 600, -1), *[start + 500] * 30, *range(start + 400, start, -1)]
        platforms.lastfm.scrobbles = [("The Piers", f"Song {n}", moment) for n, moment in enumerate(moments)]
        platforms.lastfm.playing = ("Nobody", "Not Yet")
        assert (await look(runtime, caller, "lastfm")).error is None
        assert len(await heard(runtime, caller)) == len(moments)

    async def test_a_playlist_is_read_again_only_when_it_has_changed(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        many = [track(f"Song {number}", "The Piers", number) for number in range(120)]
        platforms.spotify.list_of("Long", many)
        platforms.spotify.list_of("Short", many[:2])
        await look(runtime, caller, "spotify")
        assert len((await lists(runtime, caller))["Long"]) == 120
        platforms.spotify.calls.clear()
        platforms.spotify.list_of("Short", many[2:4], snapshot="2")
        await look(runtime, caller, "spotify")
        assert [call.path for call in platforms.spotify.calls if "/items" in call.path] == ["/v1/playlists/Short/items"]
        assert (await lists(runtime, caller))["Short"] == ["Song 2", "Song 3"]

    async def test_two_lists_of_one_name_are_two(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "deezer")
        one, two = deezer_server.track("Low Tide", "The Piers", 1), deezer_server.track("Noise", "Loud Ones", 2)
        platforms.deezer.playlists = {"7": ("Mix", "a", [one]), "8": ("Mix", "b", [two])}
        await look(runtime, caller, "deezer")
        assert await lists(runtime, caller) == {"Mix": ["Low Tide"], "Mix (2)": ["Noise"]}

    async def test_another_account_is_read_from_its_beginning(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "lastfm")
        platforms.lastfm.scrobbles = [("The Piers", "Low Tide", 1_700_000_500)]
        await look(runtime, caller, "lastfm")
        platforms.lastfm.user = "another"
        platforms.lastfm.scrobbles = [("Mira Vale", "Glass Orchard", 1_700_000_000)]
        await connect(caller, platforms, "lastfm")
        await look(runtime, caller, "lastfm")
        assert await heard(runtime, caller) == ["Glass Orchard", "Low Tide"]

    async def test_what_a_look_brings_of_an_account_before_is_not_kept_for_the_one_after(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "lastfm")
        platforms.lastfm.scrobbles = [("The Piers", "Low Tide", 1_700_000_500)]
        store = storing.store

        async def connect_another(*args: Any, **more: Any) -> None:
            platforms.lastfm.user = "another"
            await connect(caller, platforms, "lastfm")
            await store(*args, **more)

        with patch("segue.library.connects.polling.store", connect_another):
            await look(runtime, caller, "lastfm")
        assert await heard(runtime, caller) == []
        assert (await connection_of(runtime, caller, "lastfm")).cursors == {}

    async def test_listenbrainz_is_read_from_the_first_listen_on(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "listenbrainz")
        platforms.listenbrainz.listens = [("The Piers", "Low Tide", 1_600_000_000 + n * 600) for n in range(1100)]
        assert (await look(runtime, caller, "listenbrainz")).error is None
        assert len(await heard(runtime, caller)) == 1100

    async def test_a_playlist_that_was_emptied_is_empty_here(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.list_of("Short", [HARBOUR])
        await look(runtime, caller, "spotify")
        assert await lists(runtime, caller) == {"Short": ["Harbour Lights"]}
        platforms.spotify.list_of("Short", [], snapshot="2")
        await look(runtime, caller, "spotify")
        assert await lists(runtime, caller) == {}
        assert await opinions(runtime, caller) == {"Harbour Lights": None}

    @pytest.mark.parametrize("reply", [(403, {}, {}), (200, {}, [])])
    async def test_a_playlist_that_is_refused_stays_and_is_asked_for_again(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, reply: Reply
    ) -> None:
        await connect(caller, platforms, "deezer")
        platforms.deezer.playlists = {"7": ("Mix", "a", [deezer_server.track("Low Tide", "The Piers", 1)])}
        await look(runtime, caller, "deezer")
        platforms.deezer.playlists = {"7": ("Mix", "b", [deezer_server.track("Noise", "Loud Ones", 2)])}
        platforms.deezer.interruptions["/playlist/7/tracks"] = [reply]
        await look(runtime, caller, "deezer")
        assert await lists(runtime, caller) == {"Mix": ["Low Tide"]}
        await look(runtime, caller, "deezer")
        assert await lists(runtime, caller) == {"Mix": ["Noise"]}

    async def test_many_songs_at_once_are_found_out_with_signs_of_life_between(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storing, "_SONGS_AT_A_TIME", 2)
        await connect(caller, platforms, "spotify")
        platforms.spotify.list_of("Long", [track(f"Song {number}", "The Piers", number) for number in range(5)])
        platforms.spotify.calls.clear()
        signs: list[str] = []

        async def alive(stage: str) -> None:
            signs.append(stage)

        await polling.poll(runtime, caller.user.user_id, "spotify", alive)
        assert len(signs) == len(platforms.spotify.calls) + 3

    async def test_apples_plays_without_times_lie_between_two_looks(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "apple_music")
        songs = [apple_music_server.song(f"Song {number}", "The Piers", number) for number in range(40)]
        platforms.apple_music.plays = songs[5:]
        await look(runtime, caller, "apple_music")
        assert await heard(runtime, caller) == [song["attributes"]["name"] for song in reversed(songs[5:])]
        platforms.apple_music.plays = [songs[20], *songs]
        await look(runtime, caller, "apple_music")
        assert len(await heard(runtime, caller)) == 35 + 6
