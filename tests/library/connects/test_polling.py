"""Looking at accounts: whatever goes wrong, nothing is lost or counted twice, and the platform is left in peace."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest

from segue.kit.clock import now
from segue.kit.errors import Unavailable
from segue.kit.jobs import JobContext
from segue.kit.jobs.progress import Progress
from segue.kit.jobs.schedule import Schedule
from segue.kit.runtime import Runtime, compose
from segue.library.connects import jobs, storing, tokens
from segue.library.connects.platforms import http as platform_http
from segue.library.connects.platforms.http import PlatformHttp
from segue.library.connects.platforms.platform import Account, PlatformName, Tokens
from segue.library.connects.platforms.registry import PLATFORMS, open_platform
from segue.library.connects.polling import LONGEST_RETRY, retry_after
from segue.library.connects.service import renewed
from segue.library.connects.tables import Connection
from tests.library.connects.conftest import (
    Platforms,
    connect,
    connection_of,
    heard,
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

    async def test_what_fails_here_at_one_account_does_not_keep_the_others_from_a_look(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "lastfm")
        await connect(caller, platforms, "spotify")
        platforms.lastfm.scrobbles = [("The Piers", "Low Tide", 1_700_000_500)]
        platforms.spotify.plays = [PLAY]
        store = storing.store

        async def fail_at_lastfm(runtime: Runtime, begun: Connection, *args: Any, **more: Any) -> None:
            if begun.platform == "lastfm":
                raise Unavailable("the disk is full")
            await store(runtime, begun, *args, **more)

        def job(**given: Any) -> JobContext:
            return JobContext(runtime, uuid4(), caller.user.user_id, given, 1, Progress())

        with (
            patch("segue.library.connects.polling.store", fail_at_lastfm),
            pytest.raises(Unavailable, match="the disk is full"),
        ):
            await jobs.aggregate(job())
        assert await heard(runtime, caller) == ["Harbour Lights"]
        connection = await connection_of(runtime, caller, "lastfm")
        assert (connection.status, connection.failures, connection.cursors) == ("connected", 1, {})
        assert connection.next_poll_at > now()
        await jobs.aggregate(
            JobContext(runtime, uuid4(), caller.user.user_id, {"platforms": ["lastfm"]}, 1, Progress())
        )
        assert sorted(await heard(runtime, caller)) == ["Harbour Lights", "Low Tide"]


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

    async def test_who_connects_again_during_a_look_stays_connected(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        platforms.spotify.access.clear()
        platforms.spotify.grants.clear()

        async def and_connect_again(*args: Any) -> Tokens:
            try:
                return await renewed(*args)
            finally:
                await connect(caller, platforms, "spotify")

        with patch("segue.library.connects.service.renewed", and_connect_again):
            await look(runtime, caller, "spotify")
        connection = await connection_of(runtime, caller, "spotify")
        assert (connection.status, connection.last_error, connection.last_polled_at) == ("connected", None, None)


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
