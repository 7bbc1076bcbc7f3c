"""Each platform, all the way over HTTP: connect, come back, look, and what was heard there lies in the library."""

import time
from typing import Any

import pytest

from segue.kit.runtime import Runtime
from segue.library.connects.platforms.platform import PlatformName
from tests.library.connects import apple_music_server, deezer_server
from tests.library.connects.conftest import Platforms, connect, heard, lists, opinions
from tests.library.connects.spotify_server import track
from tests.library.connects.youtube_server import LIKES
from tests.songs import Caller, worker_of

NOW = int(time.time())
EVENING = ["Harbour Lights", "Glass Orchard", "Harbour Lights"]


def fill_spotify(platforms: Platforms) -> None:
    harbour, low, glass = (
        track("Harbour Lights", "The Piers", 1),
        track("Low Tide", "The Piers", 2),
        track("Glass Orchard", "Mira Vale", 3),
    )
    platforms.spotify.plays = [(glass, "2024-03-01T10:08:00.000Z"), (harbour, "2024-03-01T10:03:20.000Z")]
    platforms.spotify.saved = [(low, "2024-02-01T00:00:00Z")]
    platforms.spotify.list_of("Evening", [harbour, glass, harbour])
    platforms.spotify.list_of("Theirs", [low], owner="somebody")
    platforms.spotify.tops = [glass]


def fill_youtube(platforms: Platforms) -> None:
    youtube = platforms.youtube_music
    low = youtube.video("Low Tide", "The Piers - Topic")
    cat = youtube.video("My cat", "Somebody", category="15")
    harbour = youtube.video("The Piers - Harbour Lights", "piersofficial")
    glass = youtube.video("Glass Orchard", "Mira Vale - Topic")
    moment = "2024-02-01T00:00:00Z"
    youtube.lists[LIKES] = [(cat, moment), (low, moment)]
    youtube.lists["PL1"] = [(harbour, moment), (glass, moment), (harbour, moment), ("goneforever", moment)]
    youtube.titles["PL1"] = "Evening"


def fill_lastfm(platforms: Platforms) -> None:
    platforms.lastfm.scrobbles = [("Mira Vale", "Glass Orchard", NOW - 100), ("The Piers", "Harbour Lights", NOW - 400)]
    platforms.lastfm.loved = [("The Piers", "Low Tide", NOW - 1000)]
    platforms.lastfm.playing = ("Nobody", "Not Yet")


def fill_listenbrainz(platforms: Platforms) -> None:
    listenbrainz = platforms.listenbrainz
    listenbrainz.listens = [("Mira Vale", "Glass Orchard", NOW - 100), ("The Piers", "Harbour Lights", NOW - 400)]
    listenbrainz.feedback = [("The Piers", "Low Tide", 1, NOW - 1000), ("Loud Ones", "Noise", -1, NOW - 2000)]
    songs = [("The Piers", "Harbour Lights"), ("Mira Vale", "Glass Orchard"), ("The Piers", "Harbour Lights")]
    listenbrainz.playlists["3d3ecd65-0d4a-4a6d-9e51-6e5c0ae7cfa5"] = ("Evening", "2024-03-01T00:00:00Z", songs)


def fill_apple_music(platforms: Platforms) -> None:
    harbour = apple_music_server.song("Harbour Lights", "The Piers", 1)
    glass = apple_music_server.song("Glass Orchard", "Mira Vale", 3)
    low = apple_music_server.song("Low Tide", "The Piers", 2, library=True)
    platforms.apple_music.plays = [glass, harbour]
    platforms.apple_music.library = [low]
    platforms.apple_music.ratings = {low["id"]: 1}
    platforms.apple_music.playlists["p.1"] = ("Evening", "2024-03-01T00:00:00Z", [harbour, glass, harbour])


def fill_deezer(platforms: Platforms) -> None:
    harbour = deezer_server.track("Harbour Lights", "The Piers", 1)
    glass = deezer_server.track("Glass Orchard", "Mira Vale", 3)
    platforms.deezer.history = [{**glass, "timestamp": NOW - 100}, {**harbour, "timestamp": NOW - 400}]
    platforms.deezer.favourites = [deezer_server.track("Low Tide", "The Piers", 2, time_add=NOW - 1000)]
    platforms.deezer.playlists["77"] = ("Evening", "abc", [harbour, glass, harbour])


FILL = {
    "spotify": fill_spotify,
    "youtube_music": fill_youtube,
    "lastfm": fill_lastfm,
    "listenbrainz": fill_listenbrainz,
    "apple_music": fill_apple_music,
    "deezer": fill_deezer,
}
HAS_NO_HISTORY = ("youtube_music",)
HAS_NO_LISTS = ("lastfm",)


async def looked(caller: Caller, platform: str) -> dict[str, Any]:
    """Ask for a look at one platform, and return what the job says of it."""
    response = await caller.post("/aggregate_data", json={"platforms": [platform]})
    assert response.status_code == 202, response.text
    job = await caller.completed(response.json()["job_id"])
    told: dict[str, Any] = job["output_data"]["platforms"][platform]
    return told


async def shown(caller: Caller, platform: str) -> dict[str, Any]:
    """Return how a platform is shown."""
    items = (await caller.get("/connections")).json()["items"]
    (found,) = [item for item in items if item["platform"] == platform]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("platform", FILL)
async def test_what_is_heard_and_loved_there_comes_once(
    caller: Caller, runtime: Runtime, platforms: Platforms, platform: PlatformName
) -> None:
    FILL[platform](platforms)
    assert (await shown(caller, platform))["connection"] is None
    async with worker_of(runtime):
        await connect(caller, platforms, platform)
        told = await looked(caller, platform)
        assert told["error"] is None
        before = await heard(runtime, caller), await opinions(runtime, caller), await lists(runtime, caller)
        again = await looked(caller, platform)
    assert (again["listens"], again["error"]) == (0, None)
    assert before == (await heard(runtime, caller), await opinions(runtime, caller), await lists(runtime, caller))

    plays, loved, evening = before[0], before[1], before[2].get("Evening")
    assert plays == ([] if platform in HAS_NO_HISTORY else ["Harbour Lights", "Glass Orchard"])
    assert [title for title, liked in loved.items() if liked] == ["Low Tide"]
    assert evening == (None if platform in HAS_NO_LISTS else EVENING)

    connection = (await shown(caller, platform))["connection"]
    assert connection["status"] == "connected"
    assert connection["last_polled_at"] < connection["next_poll_at"]
    assert connection["last_error"] is None
    brought = (await caller.get(f"/imports/{connection['import_id']}")).json()
    assert brought["format"] == f"{platform}-api"
    assert brought["counts"]["new_listens"] == len(plays)


async def test_what_is_new_there_comes_the_next_time(caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
    fill_spotify(platforms)
    async with worker_of(runtime):
        await connect(caller, platforms, "spotify")
        await looked(caller, "spotify")
        platforms.spotify.plays.insert(0, (track("Low Tide", "The Piers", 2), "2024-03-02T10:00:00.000Z"))
        platforms.spotify.list_of("Evening", [track("Low Tide", "The Piers", 2)], snapshot="2")
        assert (await looked(caller, "spotify"))["listens"] == 1
    assert await heard(runtime, caller) == ["Harbour Lights", "Glass Orchard", "Low Tide"]
    assert (await lists(runtime, caller))["Evening"] == ["Low Tide"]


async def test_two_platforms_that_tell_of_one_listen_count_it_once(
    caller: Caller, runtime: Runtime, platforms: Platforms
) -> None:
    fill_lastfm(platforms)
    fill_listenbrainz(platforms)
    async with worker_of(runtime):
        await connect(caller, platforms, "lastfm")
        await connect(caller, platforms, "listenbrainz")
        job = await caller.completed((await caller.post("/aggregate_data")).json()["job_id"])
    assert set(job["output_data"]["platforms"]) == {"lastfm", "listenbrainz"}
    assert await heard(runtime, caller) == ["Harbour Lights", "Glass Orchard"]
