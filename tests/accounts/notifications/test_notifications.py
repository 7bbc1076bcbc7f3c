"""Users are told things once, see them, watch them come, and have them pushed to their browsers."""

import asyncio
import json
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from segue.accounts.notifications import service as notifications
from segue.accounts.notifications.tables import PushKey, PushSubscription
from segue.kit.push import VapidKey
from segue.kit.runtime import Runtime, compose
from tests.accounts.notifications.conftest import tell
from tests.http import API, app_of
from tests.kit.push_service import Browser, LocalPushService
from tests.songs import Caller


async def no_sign() -> None:
    """What a test need not tell."""


async def pushed(runtime: Runtime, subject_id: UUID, *users: Caller) -> int:
    ids = [user.user.user_id for user in users]
    return await notifications.push(runtime, ids, kind="test", subject_id=subject_id, alive=no_sign)


async def subscribed(caller: Caller, browser: Browser) -> None:
    assert (await caller.post("/push/subscriptions", json=browser.as_json())).status_code == 201


class TestList:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/notifications")).status_code == 401
        assert (await anonymous.post("/notifications/read")).status_code == 401

    async def test_each_is_told_once_and_sees_their_own(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        subject_id = await tell(runtime, caller)
        await tell(runtime, caller, other, subject_id=subject_id)
        for user in (caller, other):
            (item,) = (await user.get("/notifications")).json()["items"]
            assert (item["subject_id"], item["data"]["title"], item["read_at"]) == (str(subject_id), "News", None)

    async def test_what_is_read_is_so(self, caller: Caller, runtime: Runtime) -> None:
        for _ in range(3):
            await tell(runtime, caller)
        items = (await caller.get("/notifications")).json()["items"]
        assert (await caller.post("/notifications/read", json={"up_to": items[1]["id"]})).json() == {"unread": 1}
        assert (await caller.post("/notifications/read")).json() == {"unread": 0}

    @pytest.mark.slow
    async def test_who_has_left_is_not_told(self, caller: Caller, anonymous: Caller, runtime: Runtime) -> None:
        await tell(runtime, anonymous, caller)
        assert len((await caller.get("/notifications")).json()["items"]) == 1


class TestWatching:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/events")).status_code == 401

    async def test_each_comes_as_it_is_told_and_once(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        await tell(runtime, caller, title="before")
        seen: list[str] = []
        watch = notifications.watch(
            runtime.database, runtime.notifications, caller.user.user_id, None, keep_alive_s=0.2
        )
        async with asyncio.timeout(20), aclosing(watch) as told:
            assert await anext(told) is None  # nothing, so far: it is listened now
            await tell(runtime, other, title="another's")
            for title in ("one", "two"):
                await tell(runtime, caller, title=title)
                while len(seen) < 2 and (one := await anext(told)) is not None:
                    seen.append(one.data["title"])
                    break
        assert seen == ["one", "two"]
        await runtime.notifications.close()

    async def test_who_comes_back_gets_what_they_missed_and_no_more(self, caller: Caller, runtime: Runtime) -> None:
        for title in ("one", "two", "three"):
            await tell(runtime, caller, title=title)
        items = (await caller.get("/notifications")).json()["items"]
        app = app_of(runtime)
        text = await streamed(app, caller, items[-1]["id"], until=b"three")
        assert [json.loads(line[6:])["data"]["title"] for line in text.splitlines() if line.startswith("data: ")] == [
            "two",
            "three",
        ]
        assert f"id: {items[0]['id']}" in text
        await runtime.notifications.close()


async def streamed(app: FastAPI, caller: Caller, last_event_id: str, *, until: bytes) -> str:
    """Read `/events` until something has come, and hang up."""
    headers = {**caller.user.headers, "Last-Event-ID": last_event_id}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"{API}/events",
        "raw_path": f"{API}/events".encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 40_000),
        "server": ("segue.test", 80),
        "root_path": "",
    }
    body = bytearray()
    came = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await came.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
        body.extend(message.get("body", b""))
        if until in body:
            came.set()

    call = asyncio.create_task(app(scope, receive, send))
    async with asyncio.timeout(20):
        await came.wait()
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call
    return body.decode()


class TestSubscriptions:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/push/key")).status_code == 401
        assert (await anonymous.post("/push/subscriptions", json=Browser("a").as_json())).status_code == 401
        request = anonymous.client.build_request("DELETE", f"{API}/push/subscriptions", json={"endpoint": "x"})
        assert (await anonymous.client.send(request)).status_code == 401

    async def test_anothers_browser_is_not_found(self, caller: Caller, other: Caller) -> None:
        browser = Browser("a")
        await subscribed(caller, browser)
        assert await unsubscribe(other, browser) == 404
        assert await unsubscribe(caller, browser) == 204
        assert await unsubscribe(caller, browser) == 404

    async def test_only_push_services_are_taken(self, caller: Caller) -> None:
        for endpoint in ("https://169.254.169.254/a", "http://fcm.googleapis.com/a", "https://example.com/a"):
            body = {**Browser("a").as_json(), "endpoint": endpoint}
            assert (await caller.post("/push/subscriptions", json=body)).status_code == 422

    async def test_the_key_is_made_once_and_sealed(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        first, second = [(await user.get("/push/key")).json()["public_key"] for user in (caller, other)]
        async with runtime.database.system_session() as session:
            sealed = (await session.scalars(select(PushKey.sealed_private_key))).one()
        assert (first == second, len(first), len(sealed)) == (True, 87, 72)

    @pytest.mark.slow
    async def test_a_key_may_be_set(self, runtime: Runtime) -> None:
        key = VapidKey.new()
        settings = runtime.settings.model_copy(update={"push_private_key": SecretStr(key.private_key)})
        assert await notifications.public_key(compose(settings, runtime.database)) == key.public_key

    @pytest.mark.slow
    async def test_another_secret_has_another_key_and_no_subscriptions(self, caller: Caller, runtime: Runtime) -> None:
        before = (await caller.get("/push/key")).json()["public_key"]
        await subscribed(caller, Browser("a"))
        settings = runtime.settings.model_copy(update={"secret_key": SecretStr("z" * 48)})
        assert await notifications.public_key(compose(settings, runtime.database)) != before
        assert await browsers(runtime) == []


class TestPushing:
    async def test_a_browser_gets_what_its_user_is_told_once(
        self, caller: Caller, other: Caller, runtime: Runtime, push_service: LocalPushService
    ) -> None:
        mine, theirs = Browser("mine"), Browser("theirs")
        await subscribed(caller, mine)
        await subscribed(other, theirs)
        subject_id = await tell(runtime, caller)
        for _ in range(2):
            assert await pushed(runtime, subject_id, caller, other) == 0
        (posted,) = push_service.posted
        message = json.loads(mine.decrypt(posted.body))
        assert (message["kind"], message["title"], message["body"]) == ("test", "News", "Something happened")

    async def test_one_that_is_gone_is_forgotten_and_a_busy_service_asked_again(
        self, caller: Caller, runtime: Runtime, push_service: LocalPushService
    ) -> None:
        gone, busy, refused = Browser("gone"), Browser("busy"), Browser("refused")
        for browser in (gone, busy, refused):
            await subscribed(caller, browser)
        push_service.answers = {"gone": [410], "busy": [503], "refused": [400]}
        subject_id = await tell(runtime, caller)
        assert await pushed(runtime, subject_id, caller) == 1
        assert await browsers(runtime) == [busy.endpoint, refused.endpoint]
        assert await pushed(runtime, subject_id, caller) == 0
        assert [len(push_service.to(browser)) for browser in (gone, busy, refused)] == [1, 2, 1]

    @pytest.mark.slow
    async def test_what_is_read_is_not_pushed(
        self, caller: Caller, runtime: Runtime, push_service: LocalPushService
    ) -> None:
        await subscribed(caller, Browser("a"))
        subject_id = await tell(runtime, caller)
        await caller.post("/notifications/read")
        await pushed(runtime, subject_id, caller)
        assert push_service.posted == []

    async def test_a_browser_is_one_users_at_a_time(
        self, caller: Caller, other: Caller, runtime: Runtime, push_service: LocalPushService
    ) -> None:
        browser = Browser("shared")
        for user in (caller, other, other):
            await subscribed(user, browser)
        await pushed(runtime, await tell(runtime, caller), caller)
        assert push_service.posted == []
        await pushed(runtime, await tell(runtime, other), other)
        assert len(push_service.posted) == 1

    @pytest.mark.slow
    async def test_a_long_message_is_cut_so_that_it_fits(
        self, caller: Caller, runtime: Runtime, push_service: LocalPushService
    ) -> None:
        browser = Browser("a")
        await subscribed(caller, browser)
        await pushed(runtime, await tell(runtime, caller, title="é" * 5_000), caller)
        (posted,) = push_service.posted
        assert json.loads(browser.decrypt(posted.body))["title"] == "é" * 300


async def unsubscribe(caller: Caller, browser: Browser) -> int:
    request = caller.client.build_request(
        "DELETE", f"{API}/push/subscriptions", json={"endpoint": browser.endpoint}, headers=caller.user.headers
    )
    return (await caller.client.send(request)).status_code


async def browsers(runtime: Runtime) -> list[str]:
    async with runtime.database.system_session() as session:
        return list(await session.scalars(select(PushSubscription.endpoint).order_by(PushSubscription.id)))
