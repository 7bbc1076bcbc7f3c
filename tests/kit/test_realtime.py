"""Notifications reach who waits for them, over one connection, and survive the connection."""

import asyncio
import gc
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from segue.kit.realtime import JOBS_CHANNEL, NotificationHub, Subscription


@pytest_asyncio.fixture
async def hub(database_url: str) -> AsyncIterator[NotificationHub]:
    hub = NotificationHub(database_url, channels=[JOBS_CHANNEL])
    yield hub
    await hub.close()


async def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement)
        return await cursor.fetchall() if cursor.description else []


async def notify(url: str, key: str) -> None:
    await execute(url, f"NOTIFY {JOBS_CHANNEL}, '{key}'")


async def connected(subscription: Subscription) -> None:
    """Wait for the poke that says that the hub listens now."""
    assert await subscription.wait(5) == "changed"


async def test_who_waits_for_a_key_hears_of_it_and_of_no_other(hub: NotificationHub, database_url: str) -> None:
    async with hub.subscribe(JOBS_CHANNEL, "one") as one, hub.subscribe(JOBS_CHANNEL, "two") as two:
        await connected(one)
        await connected(two)
        await notify(database_url, "one")
        assert await one.wait(5) == "changed"
        assert await two.wait(0.2) == "timeout"


async def test_what_happens_twice_is_told_once(hub: NotificationHub, database_url: str) -> None:
    async with hub.subscribe(JOBS_CHANNEL, "one") as one:
        await connected(one)
        for _ in range(3):
            await notify(database_url, "one")
        await asyncio.sleep(0.1)
        assert await one.wait(5) == "changed"
        assert await one.wait(0.2) == "timeout"


async def test_any_number_of_subscribers_share_one_connection(hub: NotificationHub, database_url: str) -> None:
    async with hub.subscribe(JOBS_CHANNEL, "one") as one, hub.subscribe(JOBS_CHANNEL, "one") as other:
        await connected(one)
        await connected(other)
        await notify(database_url, "one")
        assert set(await asyncio.gather(one.wait(5), other.wait(5))) == {"changed"}
        rows = await execute(
            database_url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'segue notifications'"
        )
        assert len(rows) == 1


async def test_a_cut_connection_is_made_again_and_everybody_is_told(hub: NotificationHub, database_url: str) -> None:
    async with hub.subscribe(JOBS_CHANNEL, "one") as one:
        await connected(one)
        await execute(
            database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segue notifications'",
        )
        assert await one.wait(5) == "reconnected"
        await notify(database_url, "one")
        assert await one.wait(5) == "changed"


async def test_who_leaves_is_forgotten(hub: NotificationHub) -> None:
    async with hub.subscribe(JOBS_CHANNEL, "one"):
        assert hub.subscriptions == 1
    assert hub.subscriptions == 0


async def test_a_channel_that_is_not_listened_on_is_refused(hub: NotificationHub) -> None:
    with pytest.raises(ValueError, match="does not listen"):
        async with hub.subscribe("another", "one"):
            pass


@pytest.mark.parametrize("after_ms", range(0, 24, 2))
async def test_a_hub_that_is_closed_while_it_connects_leaves_no_connection(database_url: str, after_ms: int) -> None:
    hub = NotificationHub(database_url, channels=["test"])
    async with hub.subscribe("test", "a"):
        await asyncio.sleep(after_ms / 1000)
        await hub.close()
    gc.collect()  # psycopg warns of a connection that is deleted while it is open, and our warnings are errors
