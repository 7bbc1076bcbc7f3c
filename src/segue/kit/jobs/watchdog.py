"""Ends a worker process whose event loop hangs, so that it is started anew and its jobs are rescued."""

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Final

import structlog

#: How such a process ends; sysexits.h calls it EX_SOFTWARE.
EXIT_CODE: Final = 70
#: Who slept, or was stopped, for all the while that the loop did not turn gets so long to show that it does.
SECOND_LOOK_S: Final = 1.0
#: So much later the kernel ends it: C code that keeps the interpreter's lock holds our own watch, too.
LAST_RESORT_S: Final = 10.0

_log = structlog.get_logger(__name__)


@contextlib.contextmanager
def watchdog(stall_s: float) -> Iterator[None]:
    """End this process should the running event loop not turn for `stall_s`; first, log where it hangs.

    A handler that computes on the event loop, and not in `JobContext.run`, stops every heartbeat of its worker, and
    with them the watch that would rescue its job. For a process that is the worker's own, from its main thread.
    """
    turned, over = threading.Event(), threading.Event()
    faulthandler.register(signal.SIGALRM, chain=True)
    turning = asyncio.ensure_future(_turn(turned, stall_s))
    arguments = (turned, over, stall_s, threading.get_ident())
    threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        turned.set()
        turning.cancel()
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.unregister(signal.SIGALRM)


async def _turn(turned: threading.Event, stall_s: float) -> None:
    while True:
        turned.set()
        signal.setitimer(signal.ITIMER_REAL, stall_s + LAST_RESORT_S)
        await asyncio.sleep(stall_s / 10)


def _watch(turned: threading.Event, over: threading.Event, stall_s: float, loop_thread: int) -> None:
    while turned.wait(stall_s) or turned.wait(SECOND_LOOK_S):
        if over.is_set():
            return
        turned.clear()
    stack = traceback.format_stack(sys._current_frames()[loop_thread])  # noqa: SLF001 - the only way to another's
    _log.critical("worker.hangs", stall_s=stall_s, stack="".join(stack))
    os._exit(EXIT_CODE)
