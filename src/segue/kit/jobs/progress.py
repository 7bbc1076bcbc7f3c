"""How far a running job is, as its handler says, kept apart from how often that is written down."""

import asyncio
import time


class Progress:
    """The latest word of one attempt at a job."""

    def __init__(self) -> None:
        self.percent = 0
        self.stage: str | None = None
        self.last_sign = time.monotonic()
        self._changed = asyncio.Event()

    def set(self, percent: float, stage: str | None = None) -> None:
        """Note progress, 0 to 100, which never goes back, and what is being done; without `stage` that stays."""
        self.last_sign = time.monotonic()
        percent = max(self.percent, min(100, int(percent)))
        stage = stage or self.stage
        if (percent, stage) != (self.percent, self.stage):
            self.percent, self.stage = percent, stage
            self._changed.set()

    @property
    def silent_s(self) -> float:
        """Seconds since the handler last gave a sign of life."""
        return time.monotonic() - self.last_sign

    async def wait_for_change(self, timeout_s: float) -> bool:
        """Wait until there is something new to write down, or tell that there is nothing after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True
