"""One listening connection to PostgreSQL a process, fanned out to whoever waits for something to change."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import psycopg
import structlog

from segue.kit.database import libpq_url

#: Each job whose status, progress or stage changed.
JOBS_CHANNEL: Final = "segue_jobs"
#: Each user who was told something.
NOTIFICATIONS_CHANNEL: Final = "segue_notifications"
#: Each user whose queue changed.
QUEUES_CHANNEL: Final = "segue_queues"
CHANNELS: Final = (JOBS_CHANNEL, NOTIFICATIONS_CHANNEL, QUEUES_CHANNEL)

Wake = Literal["changed", "reconnected", "timeout"]

RECONNECT_S: Final = (0.1, 2.0)
#: A database that vanished without a word is noticed after about half a minute.
KEEPALIVE: Final[dict[str, Any]] = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}

_log = structlog.get_logger(__name__)


class Subscription:
    """Somebody's wish to hear of one thing; what happens twice before they look is told once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._wake: Wake = "changed"

    async def wait(self, timeout_s: float | None = None) -> Wake:
        """Wait for the thing to change.

        Returns
        -------
        Wake
            ``changed``; or ``reconnected``: the connection was lost and made again, so that changes may have been
            missed; or ``timeout``. In every case, read the present state from the database: a notification points at
            it and no more.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return "timeout"
        self._event.clear()
        return self._wake

    def poke(self, wake: Wake) -> None:
        """Wake whoever waits."""
        if not (self._event.is_set() and self._wake == "reconnected"):
            self._wake = wake
        self._event.set()


class NotificationHub:
    """Listens to PostgreSQL's notifications while anybody is subscribed, and passes them on.

    Parameters
    ----------
    url
        A direct connection to the database: ``LISTEN`` does not work through a transaction pooler.
    channels
        The channels to listen on. A notification's payload is the key of what changed.
    """

    def __init__(self, url: str, *, channels: Sequence[str]) -> None:
        self._url = libpq_url(url)
        self._channels = tuple(channels)
        self._subscriptions: dict[tuple[str, str], set[Subscription]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._connected_before = False

    @asynccontextmanager
    async def subscribe(self, channel: str, key: str) -> AsyncIterator[Subscription]:
        """Subscribe to notifications on `channel` whose payload is `key`, for as long as the block lasts.

        Subscribe first, then read the state: what changes in between is not missed then.
        """
        if channel not in self._channels:
            raise ValueError(f"This hub does not listen on {channel!r}")
        subscription = Subscription()
        self._subscriptions[channel, key].add(subscription)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="notification hub")
        try:
            yield subscription
        finally:
            self._forget(channel, key, subscription)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions there are."""
        return sum(len(subscriptions) for subscriptions in self._subscriptions.values())

    async def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None

    def _forget(self, channel: str, key: str, subscription: Subscription) -> None:
        subscriptions = self._subscriptions[channel, key]
        subscriptions.discard(subscription)
        if not subscriptions:
            del self._subscriptions[channel, key]

    async def _listen(self) -> None:
        pause_s, longest_s = RECONNECT_S
        while True:
            try:
                async with await self._connect() as connection:
                    for channel in self._channels:
                        await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
                    pause_s = RECONNECT_S[0]
                    self._poke_everybody()
                    async for notification in connection.notifies():
                        for subscription in self._subscriptions.get((notification.channel, notification.payload), ()):
                            subscription.poke("changed")
            except psycopg.Error as error:
                _log.warning("notifications.lost", error=str(error).strip(), retry_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, longest_s)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, prepare_threshold=None, application_name="segue notifications", **KEEPALIVE
        )

    def _poke_everybody(self) -> None:
        wake: Wake = "reconnected" if self._connected_before else "changed"
        self._connected_before = True
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.poke(wake)
