"""The child's side of `segue.kit.processes`: it limits itself, runs its task, answers, and dies with its parent.

It imports little: every guarded call pays for it. An answer is a kind (one byte), a length (eight bytes, big-endian)
and a pickle: ``p`` progress, ``r`` result, ``e`` an error with its traceback, ``m`` out of memory, ``o`` a file too
large.
"""

import contextlib
import errno
import math
import os
import pickle
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

_REPORT_EVERY_S = 0.05
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def main() -> None:
    """Run the one task that the parent sends."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    _die_with(parent=int(sys.argv[2]))
    stream = channel.makefile("rb")
    _limit(*pickle.load(stream))  # noqa: S301 - from our own parent
    kind, payload = _outcome(channel, stream)
    sys.stdout.flush()
    sys.stderr.flush()
    _send(channel, kind, payload)
    os._exit(0)  # whatever the libraries would still do at their ease cannot change the answer


def _die_with(*, parent: int) -> None:
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only Linux has a use for it

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(1)


def _limit(memory_bytes: int | None, cpu_s: float | None, output_bytes: int | None) -> None:
    def lower(kind: int, limit: int, *, grace: int = 0) -> None:
        _, hard = resource.getrlimit(kind)
        ceiling = limit + grace if hard == resource.RLIM_INFINITY else min(limit + grace, hard)
        try:
            resource.setrlimit(kind, (min(limit, ceiling), ceiling))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS: the clock and the processor limit remain
            return

    lower(resource.RLIMIT_CORE, 0)
    if memory_bytes is not None:
        lower(resource.RLIMIT_AS, memory_bytes)
    if cpu_s is not None:
        lower(resource.RLIMIT_CPU, math.ceil(cpu_s), grace=2)
    if output_bytes is not None:
        lower(resource.RLIMIT_FSIZE, output_bytes)


def _outcome(channel: socket.socket, stream: BinaryIO) -> tuple[bytes, object]:
    try:
        function, args = pickle.load(stream)  # noqa: S301 - from our own parent
        threading.Thread(target=_leave_when_orphaned, args=(channel,), daemon=True).start()
        return b"r", function(*args, progress=_reporter(channel))
    except MemoryError:
        return b"m", None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOMEM):
            return (b"o" if error.errno == errno.EFBIG else b"m"), None
        return b"e", _portable(error)


def _leave_when_orphaned(channel: socket.socket) -> None:
    with contextlib.suppress(OSError):  # a parent that closed with our words unread resets the connection
        channel.recv(1)  # it sends nothing more: this returns when it is gone
    os._exit(1)


def _reporter(channel: socket.socket) -> Callable[[float], None]:
    last = 0.0

    def report(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _REPORT_EVERY_S or share >= 1.0:
            last = now
            _send(channel, b"p", float(share))

    return report


def _portable(error: Exception) -> tuple[object, str]:
    """Return an error that the parent can unpickle (or else its text), and the traceback."""
    import traceback  # noqa: PLC0415 - only the unlucky pay for it

    trace = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - just pickled
    except Exception:
        return repr(error), trace
    return error, trace


def _send(channel: socket.socket, kind: bytes, value: object) -> None:
    try:
        payload = pickle.dumps(value)
    except Exception as error:
        kind, payload = b"e", pickle.dumps(_portable(error))
    try:
        channel.sendall(kind + len(payload).to_bytes(8, "big") + payload)
    except ConnectionError:  # the parent left: there is nobody to work for, nor to complain to
        os._exit(1)
