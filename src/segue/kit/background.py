"""Work that goes on when the request that began it has been answered, and ends with the process."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress


class Background:
    """Tasks of one process: kept alive until they are done, cancelled when it closes.

    For work that may be lost with the process; what must not be is a job (`segue.kit.jobs`).
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], *, name: str) -> None:
        """Begin work; it logs its own errors."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel what is not done, and wait for its end."""
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
