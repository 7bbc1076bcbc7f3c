"""Turns at what a process does few of at a time: first come, first served, and only so many wait."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from segue.kit.errors import Unavailable

_RETRY_AFTER_S: Final = 10


class Turns:
    """Who may work in this process, and who waits.

    Parameters
    ----------
    at_a_time
        So many work at once.
    waiting, waiting_each
        So many wait at most: of all callers, and of each.
    """

    def __init__(self, at_a_time: int, *, waiting: int = 64, waiting_each: int = 16) -> None:
        self._free = asyncio.Semaphore(at_a_time)
        self._most, self._most_each = waiting, waiting_each
        self._waiting: Counter[str] = Counter()

    def join(self, caller: str) -> None:
        """Queue up; whoever does takes their turn with `turn`.

        Raises
        ------
        Unavailable
            Too many wait.
        """
        if self._waiting.total() >= self._most or self._waiting[caller] >= self._most_each:
            raise Unavailable(
                "Too much waits to be made: try again shortly.", headers={"Retry-After": str(_RETRY_AFTER_S)}
            )
        self._waiting[caller] += 1

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Wait for the turn that a caller has queued up for, and have it."""
        try:
            await self._free.acquire()
        finally:
            self._waiting -= Counter([caller])  # whoever is at none is forgotten
        try:
            yield
        finally:
            self._free.release()
