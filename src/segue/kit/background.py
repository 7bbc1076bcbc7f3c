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

    def start(self, work: Coroutine[None, None, None], *, name: str) -> asyncio.Task[None]:
        """Begin work; it logs its own errors."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def running(self, name: str) -> asyncio.Task[None] | None:
        """Return the work of this name that is not done yet."""
        return next((task for task in self._tasks if task.get_name() == name), None)

    async def close(self) -> None:
        """Cancel what is not done, and wait for its end."""
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
