"""Looking at accounts: whatever goes wrong, nothing is lost or counted twice, and the platform is left in peace."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch

import pytest

from segue.kit.clock import now
from segue.kit.errors import Unavailable
from segue.kit.jobs.schedule import Schedule
from segue.kit.runtime import Runtime, compose
from segue.library import repository as library
from segue.library.connects import jobs, storing, tokens
from segue.library.connects.platforms import http as platform_http
from segue.library.connects.platforms.http import PlatformHttp
from segue.library.connects.platforms.platform import Account, PlatformName, Tokens
from segue.library.connects.platforms.registry import PLATFORMS, open_platform
from segue.library.connects.polling import LONGEST_RETRY, retry_after
from segue.library.connects.service import renewed
from tests.library.connects import apple_music_server, deezer_server
from tests.library.connects.conftest import (
    Platforms,
    connect,
    connection_of,
    heard,
    lists,
    look,
    opinions,
    set_connection,
)
from tests.library.connects.local_platform import Reply
from tests.library.connects.spotify_server import track
from tests.songs import Caller

RECENT = "/v1/me/player/recently-played"
HARBOUR = track("Harbour Lights", "The Piers", 1)
PLAY = (HARBOUR, "2024-03-01T10:03:20.000Z")


def busy(retry_after: str) -> Reply:
    return 429, {"Retry-After": retry_after}, {"error": {"status": 429, "message": "API rate limit exceeded"}}


@pytest.fixture(autouse=True)
def quick_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter first pauses: how long they grow is told by the requests' number."""
    monkeypatch.setattr(platform_http, "FIRST_PAUSE_S", 0.01)


_QUOTA = {"code": 403, "message": "quota", "errors": [{"reason": "quotaExceeded"}]}
WAYS_TO_SAY_SO: dict[PlatformName, tuple[str, Reply]] = {
    "lastfm": ("/2.0/", (429, {"Retry-After": "600"}, {"error": 29, "message": "Rate Limit Exceeded"})),
    "listenbrainz": (
        "/1/user/a%20listener%2Fwith%20a%20name/listens",
        (429, {"X-RateLimit-Reset-In": "600"}, {"code": 429, "error": "slow down"}),
    ),
    "youtube_music": ("/youtube/v3/channels", (403, {}, {"error": _QUOTA})),
}


class TestBeingTooMuch:
    async def test_a_short_wait_is_waited_for(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.plays = [PLAY]
        platforms.spotify.interruptions[RECENT] = [busy("1")]
        began = asyncio.get_running_loop().time()
        assert (await look(runtime, caller, "spotify")).error is None
        assert asyncio.get_running_loop().time() - began >= 1
        assert await heard(runtime, caller) == ["Harbour Lights"]

    @pytest.mark.parametrize("as_date", [False, True])
    async def test_a_long_wait_ends_the_look_and_is_kept(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, as_date: bool
    ) -> None:
        await connect(caller, platforms, "spotify")
        told = format_datetime(now() + timedelta(hours=1), usegmt=True) if as_date else "3600"
        platforms.spotify.interruptions[RECENT] = [busy(told)]
        outcome = await look(runtime, caller, "spotify")
        assert "asks to wait" in (outcome.error or "")
        assert len(platforms.spotify.asked(RECENT)) == 1
        connection = await connection_of(runtime, caller, "spotify")
        assert connection.blocked_until is not None
        assert timedelta(minutes=59) < connection.blocked_until - now() < timedelta(minutes=61)
        assert connection.next_poll_at >= connection.blocked_until
        await look(runtime, caller, "spotify")  # whoever asks meanwhile
        assert len(platforms.spotify.asked(RECENT)) == 1
        await set_connection(runtime, caller, "spotify", blocked_until=now() - timedelta(seconds=1))
        assert (await look(runtime, caller, "spotify")).error is None
        assert (await connection_of(runtime, caller, "spotify")).last_error is None

    @pytest.mark.parametrize("platform", WAYS_TO_SAY_SO)
    async def test_each_platforms_way_to_say_so_is_understood(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, platform: PlatformName
    ) -> None:
        await connect(caller, platforms, platform)
        path, reply = WAYS_TO_SAY_SO[platform]
        getattr(platforms, platform).interruptions[path] = [reply]
        await look(runtime, caller, platform)
        connection = await connection_of(runtime, caller, platform)
        assert connection.blocked_until is not None
        assert connection.blocked_until - now() > timedelta(minutes=9)
        assert connection.status == "connected"

    async def test_deezers_quota_is_waited_for(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "deezer")
        quota = {"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}}
        platforms.deezer.interruptions["/user/me/history"] = [(200, {}, quota)]
        with patch("segue.library.connects.platforms.deezer._QUOTA_WAIT_S", 0.01):
            assert (await look(runtime, caller, "deezer")).error is None


class TestBudgets:
    async def test_a_spent_budget_ends_the_look_for_everybody_until_tomorrow(
        self, caller: Caller, other: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        settings = runtime.settings.model_copy(update={"connect_budgets": {"spotify": 3}})
        frugal = compose(settings, runtime.database)
        await connect(caller, platforms, "spotify")
        await connect(other, platforms, "spotify")
        before = len(platforms.spotify.calls)
        outcomes = await asyncio.gather(*(look(frugal, each, "spotify") for each in (caller, other)))
        assert len(platforms.spotify.calls) - before == 3
        assert all("asked again tomorrow" in (outcome.error or "") for outcome in outcomes)
        connection = await connection_of(runtime, caller, "spotify")
        assert connection.blocked_until is not None
        assert connection.blocked_until.hour == 0
        assert connection.blocked_until - now() < timedelta(days=1)

    async def test_youtubes_day_begins_in_california(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        settings = runtime.settings.model_copy(update={"connect_budgets": {"youtube_music": 0}})
        await connect(caller, platforms, "youtube_music")
        await look(compose(settings, runtime.database), caller, "youtube_music")
        connection = await connection_of(runtime, caller, "youtube_music")
        assert connection.blocked_until is not None
        assert connection.blocked_until.hour == 8


class TestFailing:
    async def test_what_may_pass_is_tried_again(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.plays = [PLAY]
        platforms.spotify.interruptions[RECENT] = [(503, {}, {}), (500, {}, {})]
        assert (await look(runtime, caller, "spotify")).error is None
        assert await heard(runtime, caller) == ["Harbour Lights"]

    async def test_a_platform_that_is_down_is_looked_at_again_soon_then_later(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        for failures in (1, 2):
            platforms.spotify.interruptions[RECENT] = [(503, {}, {})] * 3
            assert "failed (503)" in ((await look(runtime, caller, "spotify")).error or "")
            connection = await connection_of(runtime, caller, "spotify")
            assert connection.failures == failures
            assert connection.next_poll_at - now() < timedelta(minutes=10 * failures)
        assert (await look(runtime, caller, "spotify")).error is None
        assert (await connection_of(runtime, caller, "spotify")).failures == 0

    def test_pauses_grow_to_a_day_and_no_further(self) -> None:
        assert retry_after(1) <= timedelta(minutes=10)
        assert timedelta(hours=12) <= retry_after(1000) <= LONGEST_RETRY

    async def test_what_is_forbidden_does_not_stop_the_rest(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.saved = [(HARBOUR, "2024-03-01T10:03:20Z")]
        platforms.spotify.interruptions[RECENT] = [(403, {}, {"error": {"status": 403, "message": "Scope"}})]
        assert "refused (403)" in ((await look(runtime, caller, "spotify")).error or "")
        assert await opinions(runtime, caller) == {"Harbour Lights": True}

    async def test_an_answer_without_end_is_refused(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await connect(caller, platforms, "spotify")
        monkeypatch.setattr(platform_http, "ANSWER_MAX_BYTES", 2**20)
        platforms.spotify.interruptions[RECENT] = [(200, {}, b" " * 2**21)]
        assert "at once" in ((await look(runtime, caller, "spotify")).error or "")

    @pytest.mark.parametrize("platform", PLATFORMS)
    async def test_nonsense_brings_nothing_and_breaks_nothing(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, platform: PlatformName
    ) -> None:
        await connect(caller, platforms, platform)
        nonsense: tuple[Any, ...] = ([], 7, {"items": [None, 3, {"track": []}], "data": [[]]}, b"<html>", None)
        for answer in nonsense:
            getattr(platforms, platform).always = (200, {}, answer)
            await look(runtime, caller, platform)
        assert await heard(runtime, caller) == []

    async def test_a_redirect_is_not_followed(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        elsewhere = {"Location": f"{platforms.deezer.url}/user/me"}
        platforms.spotify.interruptions[RECENT] = [(302, elsewhere, {})]
        await look(runtime, caller, "spotify")
        assert platforms.deezer.calls == []


class TestRenewing:
    async def test_an_expired_token_is_renewed_and_the_new_ones_are_kept(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        before = tokens.unseal(runtime.settings, await connection_of(runtime, caller, "spotify"))
        platforms.spotify.access.clear()
        platforms.spotify.plays = [PLAY]
        assert (await look(runtime, caller, "spotify")).error is None
        after = tokens.unseal(runtime.settings, await connection_of(runtime, caller, "spotify"))
        assert (after.access, after.refresh) != (before.access, before.refresh)
        assert await heard(runtime, caller) == ["Harbour Lights"]

    async def test_a_token_that_ends_soon_is_renewed_before_it_is_used(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        platforms.spotify.expires_in = 30
        await connect(caller, platforms, "spotify")
        platforms.spotify.expires_in = 3600
        await look(runtime, caller, "spotify")
        refused = [call for call, status, _ in platforms.spotify.replies if status == 401]
        assert (len(platforms.spotify.asked("/api/token")), refused) == (2, [])

    async def test_a_refresh_token_that_stays_is_kept(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "youtube_music")
        for _ in range(2):
            platforms.youtube_music.access.clear()
            assert (await look(runtime, caller, "youtube_music")).error is None

    async def test_many_who_want_to_renew_at_once_renew_once(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        used = tokens.unseal(runtime.settings, await connection_of(runtime, caller, "spotify"))
        platform = open_platform(runtime.settings, "spotify")

        async def nothing() -> None:
            pass

        async with PlatformHttp("Spotify", nothing) as http:
            renewals = [renewed(runtime, http, caller.user.user_id, platform, used) for _ in range(4)]
            found = await asyncio.gather(*renewals)
        assert len({each.access for each in found}) == 1
        assert len(platforms.spotify.asked("/api/token")) == 2

    @pytest.mark.parametrize(
        "platform", ["spotify", "youtube_music", "lastfm", "listenbrainz", "apple_music", "deezer"]
    )
    async def test_access_that_was_revoked_asks_to_connect_again(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, platform: PlatformName
    ) -> None:
        await connect(caller, platforms, platform)
        server = getattr(platforms, platform)
        for good in ("access", "grants", "sessions", "tokens", "user_tokens"):
            getattr(server, good, set()).clear()
        await look(runtime, caller, platform)
        connection = await connection_of(runtime, caller, platform)
        assert connection.status == "lapsed"
        assert "connect again" in (connection.last_error or "")
        assert (await caller.post("/aggregate_data")).status_code == 409
        if platform == "listenbrainz":
            platforms.listenbrainz.tokens.add("0f3a86d1-57e4-4b0c-8f3c-0d4b5a2d9c11")
        await connect(caller, platforms, platform)
        assert (await look(runtime, caller, platform)).error is None
        assert (await connection_of(runtime, caller, platform)).status == "connected"


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


class TestComingRound:
    async def test_who_is_due_gets_a_look_and_nobody_else(
        self, caller: Caller, other: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        for each in (caller, other):
            await connect(each, platforms, "spotify")
        await set_connection(runtime, other, "spotify", next_poll_at=now() + timedelta(hours=1))
        await Schedule(runtime.database, jobs.RECURRING).look()
        counts = [len((await each.get("/jobs")).json()["items"]) for each in (caller, other)]
        assert counts == [1, 0]


def test_tokens_are_not_shown_where_they_are_logged() -> None:
    assert "secret" not in repr(Account("a", Tokens("secret", refresh="secret")))
