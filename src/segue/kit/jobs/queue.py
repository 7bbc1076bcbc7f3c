"""Procrastinate's connection to the database, made patient: a database that restarts does not stop the worker."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, LiteralString, TypeVar

import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException

from segue.kit.database import libpq_url
from segue.kit.realtime import KEEPALIVE

#: The queue and the task that every ticket names; the migration knows them too.
QUEUE: Final = "segue"
TASK: Final = "segue.run_job"

LONGEST_WAIT_S: Final = 2.0

Answer = TypeVar("Answer")

_log = structlog.get_logger(__name__)


class PatientConnector(PsycopgConnector):
    """A connector that waits for its database to come back.

    Every statement that Procrastinate's worker sends may be sent again: at worst a ticket is taken twice, and the
    rescue gives the forgotten one back.
    """

    def __init__(self, url: str) -> None:
        super().__init__(
            conninfo=libpq_url(url),
            kwargs={"prepare_threshold": None, "application_name": "segue worker", **KEEPALIVE},
            min_size=1,
            max_size=4,
            timeout=3,
            num_workers=1,
        )
        self._deadline = math.inf

    def lose_patience(self, within_s: float) -> None:
        """Wait no longer than `within_s` from now: the worker wants to stop."""
        self._deadline = time.monotonic() + within_s

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Do as Procrastinate's own, patiently."""
        await self._patiently(super().execute_query_async, query, **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """Do as Procrastinate's own, patiently."""
        return await self._patiently(super().execute_query_one_async, query, **arguments)

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """Do as Procrastinate's own, patiently."""
        return await self._patiently(super().execute_query_all_async, query, **arguments)

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Do as Procrastinate's own, which gives up if the database is not back at once."""
        await self._patiently(super().listen_notify, on_notification=on_notification, channels=tuple(channels))

    async def _patiently(self, action: Callable[..., Awaitable[Answer]], *args: Any, **kwargs: Any) -> Answer:
        wait_s = 0.1
        while True:
            try:
                return await action(*args, **kwargs)
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError) or time.monotonic() > self._deadline:
                    raise
                _log.warning("queue.database_gone", error=type(error.__cause__).__name__, retry_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
