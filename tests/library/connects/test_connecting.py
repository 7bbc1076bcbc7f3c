"""Connecting an account: who may, what an app is told to do, and who may come back with what."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy import text, update

from segue.kit.clock import now
from segue.kit.runtime import Runtime, compose
from segue.kit.settings import Settings
from segue.library.connects import tokens
from segue.library.connects.platforms.platform import PlatformName
from segue.library.connects.platforms.registry import PLATFORMS
from segue.library.connects.tables import ConnectAttempt
from tests.http import API, app_of, client_of, signed_up_user
from tests.library.connects import listenbrainz_server
from tests.library.connects.conftest import (
    Platforms,
    come_back,
    connect,
    connection_of,
    heard,
    leave,
    look,
    opinions,
)
from tests.library.connects.spotify_server import track
from tests.songs import Caller

REDIRECTS: tuple[PlatformName, ...] = ("spotify", "youtube_music", "lastfm", "deezer")


async def is_connected(caller: Caller, platform: str) -> bool:
    items = (await caller.get("/connections")).json()["items"]
    return any(item["platform"] == platform and item["connection"] for item in items)


class TestConnect:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/connect/spotify")).status_code == 401

    async def test_another_ones_connection_is_theirs(self, caller: Caller, other: Caller, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        assert not await is_connected(other, "spotify")

    async def test_a_platform_that_nobody_knows_is_none(self, caller: Caller) -> None:
        assert (await caller.post("/connect/myspace")).status_code == 422

    async def test_a_platform_that_is_not_set_up_says_what_is_missing_and_is_hidden(
        self, settings: Settings, runtime: Runtime
    ) -> None:
        bare = compose(settings, runtime.database)
        async with client_of(app_of(bare)) as client:
            caller = Caller(client, await signed_up_user(client))
            response = await caller.post("/connect/lastfm")
            assert response.status_code == 409
            assert response.json()["type"].endswith("platform-not-configured")
            assert response.json()["missing"] == ["SEGUE_LASTFM_API_KEY", "SEGUE_LASTFM_API_SECRET"]
            shown = [item["platform"] for item in (await caller.get("/connections")).json()["items"]]
            assert shown == ["listenbrainz"]

    async def test_all_that_is_set_up_is_shown(self, caller: Caller) -> None:
        items = (await caller.get("/connections")).json()["items"]
        assert {item["platform"] for item in items} == PLATFORMS.keys()
        assert all(item["connection"] is None for item in items)

    async def test_listenbrainz_wants_a_token_and_takes_a_good_one_only(self, caller: Caller) -> None:
        assert (await caller.post("/connect/listenbrainz")).json()["step"] == "token"
        refused = await caller.post("/connect/listenbrainz", json={"token": "made-up"})
        assert refused.status_code == 424
        assert refused.json()["type"].endswith("connect-again")
        taken = await caller.post("/connect/listenbrainz", json={"token": listenbrainz_server.TOKEN})
        assert taken.json()["step"] == "connected"
        assert taken.json()["connection"]["account"] == "a listener/with a name"

    @pytest.mark.parametrize("token", ["schlüssel", "a token", "token\n", "to\x7fken"])
    async def test_a_token_that_fits_no_header_is_refused_and_not_repeated(self, caller: Caller, token: str) -> None:
        refused = await caller.post("/connect/listenbrainz", json={"token": token})
        assert refused.status_code == 422
        assert refused.json()["errors"] == [
            {
                "field": "body.token",
                "message": "A token has ASCII letters, digits and signs only, and no spaces: copy it again.",
            }
        ]

    async def test_apple_gives_the_app_a_developer_token_for_an_hour(
        self, caller: Caller, platforms: Platforms
    ) -> None:
        step = (await caller.post("/connect/apple_music")).json()
        claims = jwt.decode(step["developer_token"], platforms.apple_music.key.public_key(), algorithms=["ES256"])
        assert (step["step"], claims["exp"] - claims["iat"]) == ("music_user_token", 3600)
        refused = await caller.post("/connect/apple_music", json={"token": "made-up"})
        assert refused.status_code == 424

    async def test_a_redirecting_platform_takes_no_token(self, caller: Caller) -> None:
        assert (await caller.post("/connect/spotify", json={"token": "x"})).status_code == 422

    async def test_the_cookie_is_for_this_server_alone(self, caller: Caller) -> None:
        response = await caller.post("/connect/spotify")
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie


class TestComingBack:
    @pytest.mark.parametrize("platform", REDIRECTS)
    async def test_a_state_is_good_once(self, caller: Caller, platforms: Platforms, platform: PlatformName) -> None:
        url, cookies = await leave(caller, platform)
        address = getattr(platforms, platform).consent(url)
        assert (await come_back(caller, address, cookies)).status_code == 200
        asked = len(getattr(platforms, platform).calls)
        assert (await come_back(caller, address, cookies)).status_code == 403
        assert len(getattr(platforms, platform).calls) == asked

    async def test_a_state_that_was_made_up_is_refused(self, caller: Caller, platforms: Platforms) -> None:
        url, cookies = await leave(caller, "spotify")
        address = platforms.spotify.consent(url)
        state = dict(parse_qsl(urlsplit(url).query))["state"]
        assert (await come_back(caller, address.replace(state, "x" * 43), cookies)).status_code == 403
        assert not await is_connected(caller, "spotify")

    async def test_another_browser_cannot_come_back(self, caller: Caller, other: Caller, platforms: Platforms) -> None:
        url, _ = await leave(caller, "spotify")
        address = platforms.spotify.consent(url)  # by somebody who was lured there
        _, cookies = await leave(other, "spotify")
        assert (await come_back(other, address, cookies)).status_code == 403
        assert (await come_back(other, address)).status_code == 403
        assert not await is_connected(caller, "spotify")

    async def test_another_user_cannot_come_back_even_with_the_cookie(
        self, caller: Caller, other: Caller, platforms: Platforms
    ) -> None:
        url, cookies = await leave(caller, "spotify")
        parts = urlsplit(platforms.spotify.consent(url))
        headers = {**other.user.headers, "Cookie": f"segue_connect_spotify={cookies['segue_connect_spotify']}"}
        response = await other.client.get(f"{parts.path}?{parts.query}", headers=headers)
        assert response.status_code == 403

    async def test_an_app_comes_back_with_its_users_token_and_no_cookie(
        self, caller: Caller, platforms: Platforms
    ) -> None:
        url, _ = await leave(caller, "spotify")
        parts = urlsplit(platforms.spotify.consent(url))
        response = await caller.client.get(f"{parts.path}?{parts.query}", headers=caller.user.headers)
        assert response.json()["account"] == "listener"

    async def test_a_state_of_another_platform_is_refused(self, caller: Caller, platforms: Platforms) -> None:
        url, cookies = await leave(caller, "deezer")
        address = platforms.deezer.consent(url).replace("/connect/deezer/", "/connect/spotify/")
        crossed = {"segue_connect_spotify": cookies["segue_connect_deezer"]}
        headers = {"Cookie": urlencode(crossed)}
        parts = urlsplit(address)
        assert (await caller.client.get(f"{parts.path}?{parts.query}", headers=headers)).status_code == 403

    async def test_a_state_that_is_too_old_is_refused(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        url, cookies = await leave(caller, "spotify")
        async with runtime.database.system_session() as session:
            await session.execute(update(ConnectAttempt).values(expires_at=now() - timedelta(seconds=1)))
        assert (await come_back(caller, platforms.spotify.consent(url), cookies)).status_code == 403

    async def test_a_code_of_another_flow_is_refused_by_its_verifier(
        self, caller: Caller, platforms: Platforms
    ) -> None:
        one, _ = await leave(caller, "spotify")
        other, cookies = await leave(caller, "spotify")
        code = dict(parse_qsl(urlsplit(platforms.spotify.consent(one)).query))["code"]
        state = dict(parse_qsl(urlsplit(other).query))["state"]
        address = f"{API}/connect/spotify/callback?{urlencode({'code': code, 'state': state})}"
        assert (await come_back(caller, address, cookies)).status_code == 424

    async def test_who_does_not_allow_it_is_told_so(self, caller: Caller) -> None:
        url, cookies = await leave(caller, "spotify")
        state = dict(parse_qsl(urlsplit(url).query))["state"]
        address = f"{API}/connect/spotify/callback?{urlencode({'error': 'access_denied', 'state': state})}"
        response = await come_back(caller, address, cookies)
        assert response.status_code == 424
        assert "not allowed" in response.text

    async def test_a_platforms_words_cannot_become_a_page_of_ours(self, caller: Caller) -> None:
        url, cookies = await leave(caller, "spotify")
        state = dict(parse_qsl(urlsplit(url).query))["state"]
        told = {"error": "<script>alert(1)</script>", "state": state}
        response = await come_back(caller, f"{API}/connect/spotify/callback?{urlencode(told)}", cookies)
        assert "<script>" not in response.text
        assert "&lt;script&gt;" in response.text

    async def test_the_web_apps_page_is_where_one_comes_back_to(self, runtime: Runtime, platforms: Platforms) -> None:
        changed = runtime.settings.model_copy(update={"connect_return_url": "https://app.example.com/me?tab=music"})
        async with client_of(app_of(compose(changed, runtime.database))) as client:
            caller = Caller(client, await signed_up_user(client))
            url, cookies = await leave(caller, "spotify")
            address = platforms.spotify.consent(url)
            sent_on = await come_back(caller, address)  # a browser without a cookie: the app has the token
            assert sent_on.status_code == 303
            assert dict(parse_qsl(urlsplit(sent_on.headers["location"]).query)).keys() == {
                "tab",
                "code",
                "state",
                "platform",
            }
            arrived = await come_back(caller, address, cookies)
            assert arrived.headers["location"] == (
                "https://app.example.com/me?tab=music&platform=spotify&status=connected"
            )
            failed = await come_back(caller, address, cookies)
            assert "status=failed&type=forbidden" in failed.headers["location"]


class TestTokens:
    @pytest.mark.parametrize("platform", PLATFORMS)
    async def test_nothing_in_the_database_holds_them(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, platform: PlatformName
    ) -> None:
        await connect(caller, platforms, platform)
        held = tokens.unseal(runtime.settings, await connection_of(runtime, caller, platform))
        secrets = {held.access, held.refresh or held.access}
        async with runtime.database.system_session() as session:
            tables = (await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).all()
            dump = [str(row) for table in tables for row in await session.execute(text(f'SELECT * FROM "{table}"'))]
        assert not [row for row in dump for secret in secrets if secret in row]

    async def test_another_secret_key_asks_to_connect_again(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "listenbrainz")
        changed = runtime.settings.model_copy(update={"secret_key": SecretStr("t" * 48)})
        outcome = await look(compose(changed, runtime.database), caller, "listenbrainz")
        assert "connect again" in (outcome.error or "")


class TestDisconnect:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.delete("/connections/spotify")).status_code == 401

    async def test_another_ones_connection_is_not_found(
        self, caller: Caller, other: Caller, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        assert (await other.delete("/connections/spotify")).status_code == 404
        assert await is_connected(caller, "spotify")

    async def test_what_came_stays_unless_it_is_taken_back(
        self, caller: Caller, runtime: Runtime, platforms: Platforms
    ) -> None:
        platforms.spotify.plays = [(track("Low Tide", "The Piers", 2), "2024-03-02T10:00:00.000Z")]
        platforms.spotify.saved = [(track("Harbour Lights", "The Piers", 1), "2024-03-02T10:00:00Z")]
        for take_back in (False, True):
            await connect(caller, platforms, "spotify")
            await look(runtime, caller, "spotify")
            response = await caller.delete(f"/connections/spotify?take_back={take_back}")
            assert response.json() == {"revoked": False}  # Spotify has no way to
            assert not await is_connected(caller, "spotify")
            assert await heard(runtime, caller) == ["Low Tide"]  # the first connection's, which stays
            assert await opinions(runtime, caller) == {"Harbour Lights": True}
        await connect(caller, platforms, "spotify")
        platforms.spotify.plays = [(track("Glass Orchard", "Mira Vale", 3), "2024-03-03T10:00:00.000Z")]
        await look(runtime, caller, "spotify")
        await caller.delete("/connections/spotify?take_back=true")
        assert await heard(runtime, caller) == ["Low Tide"]

    async def test_what_a_first_look_brings_while_the_platform_is_told_is_taken_back_too(
        self, caller: Caller, runtime: Runtime, platforms: Platforms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        platforms.spotify.plays = [(track("Low Tide", "The Piers", 2), "2024-03-02T10:00:00.000Z")]
        await connect(caller, platforms, "spotify")

        async def be_looked_at(*_: object) -> bool:
            await look(runtime, caller, "spotify")
            assert await heard(runtime, caller) == ["Low Tide"]
            return True

        monkeypatch.setattr(PLATFORMS["spotify"], "revoke", be_looked_at)
        assert (await caller.delete("/connections/spotify?take_back=true")).status_code == 200
        assert await heard(runtime, caller) == []

    async def test_google_is_told(self, caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
        await connect(caller, platforms, "youtube_music")
        refresh = tokens.unseal(runtime.settings, await connection_of(runtime, caller, "youtube_music")).refresh
        assert (await caller.delete("/connections/youtube_music")).json() == {"revoked": True}
        assert platforms.youtube_music.revoked == [refresh]

    async def test_a_platform_that_is_away_does_not_keep_the_tokens_here(
        self, caller: Caller, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "youtube_music")
        platforms.youtube_music.interruptions["/revoke"] = [(500, {}, {})] * 3
        assert (await caller.delete("/connections/youtube_music")).json() == {"revoked": False}
        assert not await is_connected(caller, "youtube_music")


class TestAggregate:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/aggregate_data")).status_code == 401

    async def test_another_ones_connections_are_not_looked_at(
        self, caller: Caller, other: Caller, platforms: Platforms
    ) -> None:
        await connect(caller, platforms, "spotify")
        response = await other.post("/aggregate_data")
        assert response.status_code == 409
        assert "not connected to any platform" in response.json()["detail"]

    async def test_a_platform_that_is_not_connected_is_named(self, caller: Caller, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        response = await caller.post("/aggregate_data", json={"platforms": ["spotify", "deezer"]})
        assert response.status_code == 409
        assert "Deezer" in response.json()["detail"]

    async def test_asking_twice_starts_one_look(self, caller: Caller, platforms: Platforms) -> None:
        await connect(caller, platforms, "spotify")
        one, two = [(await caller.post("/aggregate_data")).json() for _ in range(2)]
        assert one == two
