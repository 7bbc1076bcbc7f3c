"""Running a function in a child process that cannot take more than it is given, nor outlive whoever asked."""

import asyncio
import contextvars
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from segue.kit.errors import SegueError

Result = TypeVar("Result")
Progress = Callable[[float], None]
DeathReason = Literal["memory", "cpu", "output", "timeout", "stalled", "crashed", "killed", "exit"]

_HEADER_BYTES: Final = 9  # see segue.kit._child: kind, then the payload's length
_GOODBYE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What a child process may take; ``None`` is no limit.

    Attributes
    ----------
    memory_bytes
        Address space, mapped files and thread stacks included.
    cpu_s
        Processor time of all its threads, rounded up to a whole second.
    output_bytes
        The size of any one file that it writes.
    timeout_s
        Wall-clock time from start to result.
    stall_s
        Wall-clock time between two reports of progress.
    threads
        How many threads the numerical libraries start; each reserves address space.
    """

    memory_bytes: int | None = None
    cpu_s: float | None = None
    output_bytes: int | None = None
    timeout_s: float | None = None
    stall_s: float | None = None
    threads: int | None = None


class ChildDied(SegueError):
    """A child process ended without a result: it met a limit, crashed, or was killed by somebody else.

    Parameters
    ----------
    detail
        What happened.
    reason
        The limit that it met, or ``crashed`` (by a signal of its own making), ``killed`` (by somebody else) or
        ``exit`` (it left by itself).
    """

    status = 500
    type = "child-died"
    title = "The work was stopped"

    def __init__(self, detail: str, *, reason: DeathReason) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


def no_progress(_: float) -> None:
    """Report to nobody."""


def run_guarded(
    function: Callable[..., Result],
    *args: object,
    limits: ProcessLimits,
    progress: Progress = no_progress,
    pass_fds: tuple[int, ...] = (),
) -> Result:
    """Run ``function(*args, progress=...)`` in a guarded child process and wait for its result.

    Parameters
    ----------
    function
        Importable by name (a top-level function of a module, not of ``__main__``); it is called with a keyword
        ``progress``, a function that takes the share of the work done, 0.0 to 1.0.
    args
        Picklable.
    limits
        What the child may take.
    progress
        Called here, in this thread, with what the child reports. What it raises kills the child and passes on.
    pass_fds
        Open file descriptors that the child gets under the same numbers.

    Returns
    -------
    Result
        What the function returned, unpickled.

    Raises
    ------
    ChildDied
        The child met a limit, crashed or left without a result.
    Exception
        Whatever the function raised, with the child's traceback as a note.
    """
    with _Child(limits, pass_fds) as child:
        child.start()
        return child.run(function, args, progress)  # type: ignore[no-any-return]


async def run_in_process(
    function: Callable[..., Result],
    *args: object,
    limits: ProcessLimits,
    progress: Progress = no_progress,
    pass_fds: tuple[int, ...] = (),
) -> Result:
    """Do as `run_guarded` without holding the event loop; cancelling the awaiting task kills the child.

    ``progress`` is called on the event loop, in the caller's context.
    """
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()
    done: asyncio.Future[Result] = loop.create_future()
    child = _Child(limits, pass_fds)
    refusals: list[Exception] = []

    def report(share: float) -> None:
        try:
            progress(share)
        except Exception as error:
            refusals.append(error)
            child.kill()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]
        else:
            done.set_exception(error)

    def forward(share: float) -> None:
        loop.call_soon_threadsafe(report, share, context=context)

    def work() -> None:
        # One thread per child: Linux ties a child's life to the thread that started it (PR_SET_PDEATHSIG).
        try:
            with child:
                child.start()
                result = child.run(function, args, forward)
        except BaseException as error:
            loop.call_soon_threadsafe(settle, None, error)
        else:
            loop.call_soon_threadsafe(settle, result, None)

    threading.Thread(target=work, name=f"child {function.__name__}", daemon=True).start()
    try:
        await asyncio.wait([done])
    except asyncio.CancelledError:
        child.kill()
        await asyncio.wait([done])
        done.exception()  # seen, so that the loop does not complain of it
        raise
    if refusals:
        done.exception()
        raise refusals[0]
    return done.result()


class _Child:
    """One child process and the socket to it."""

    def __init__(self, limits: ProcessLimits, pass_fds: tuple[int, ...] = ()) -> None:
        self._limits = limits
        self._pass_fds = pass_fds
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._lock = threading.Lock()
        self._socket, self._their_socket = socket.socketpair()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._socket.close()
        self._their_socket.close()
        if self._process is not None:
            self._process.wait()

    def start(self) -> None:
        """Start the interpreter; it waits for its task."""
        # The child finds modules where we do. Its own session: a Ctrl-C on the terminal is ours to handle.
        boot = f"import sys; sys.path[:] = {sys.path!r}; from segue.kit._child import main; main()"
        fd = self._their_socket.fileno()
        with self._lock:
            if self._killed:
                raise ChildDied("It was cancelled before it started.", reason="killed")
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                [sys.executable, "-c", boot, str(fd), str(os.getpid())],
                pass_fds=(fd, *self._pass_fds),
                stdin=subprocess.DEVNULL,
                stdout=2,  # what it prints must not mix with our own output
                start_new_session=True,
                env=self._environment(),
            )
        self._their_socket.close()

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        if self._limits.threads is not None:
            names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
            environment |= dict.fromkeys(names, str(self._limits.threads))
        return environment

    def kill(self) -> None:
        """Kill it, from any thread, if it still runs."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()

    def run(self, function: Callable[..., Any], args: tuple[object, ...], progress: Progress) -> Any:
        """Give it its task, pass on its progress, return its result or raise its error."""
        limits = self._limits
        task = pickle.dumps((limits.memory_bytes, limits.cpu_s, limits.output_bytes)) + pickle.dumps((function, args))
        started = last_sign = time.monotonic()
        buffer = bytearray()
        try:
            self._socket.settimeout(limits.timeout_s)
            self._socket.sendall(task)
        except OSError:
            raise self._death() from None
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while True:
                ready = selector.select(self._patience_s(started, last_sign))
                if not ready:
                    raise self._out_of_time(started)
                data = self._receive()
                if not data:
                    raise self._death()
                buffer += data
                for kind, payload in _frames(buffer):
                    last_sign = time.monotonic()
                    if kind == "p":
                        progress(pickle.loads(payload))  # noqa: S301 - from our own child
                    else:
                        return self._conclude(kind, payload)

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(1 << 20)
        except ConnectionError:
            return b""

    def _patience_s(self, started: float, last_sign: float) -> float | None:
        now = time.monotonic()
        waits = []
        if self._limits.timeout_s is not None:
            waits.append(started + self._limits.timeout_s - now)
        if self._limits.stall_s is not None:
            waits.append(last_sign + self._limits.stall_s - now)
        return max(0.0, min(waits)) if waits else None

    def _out_of_time(self, started: float) -> ChildDied:
        timeout_s, stall_s = self._limits.timeout_s, self._limits.stall_s
        if timeout_s is not None and time.monotonic() - started >= timeout_s:
            return ChildDied(f"It took longer than {timeout_s:g} s and was stopped.", reason="timeout")
        return ChildDied(f"It made no progress for {stall_s:g} s and was stopped.", reason="stalled")

    def _conclude(self, kind: str, payload: bytes) -> Any:
        if kind == "m":
            raise self._death("memory")
        if kind == "o":
            raise self._death("output")
        value = pickle.loads(payload)  # noqa: S301 - from our own child
        if kind == "r":
            self._wait_for_exit()
            return value
        error, trace = value
        if isinstance(error, BaseException):
            if not isinstance(error, SegueError):
                error.add_note(f"In the child process:\n{trace}")
            raise error
        raise ChildDied(f"It failed: {error}\n{trace}", reason="exit")

    def _wait_for_exit(self) -> int | None:
        assert self._process is not None  # noqa: S101 - for the type checker
        try:
            return self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            return None

    def _death(self, reason: DeathReason | None = None) -> ChildDied:
        status = self._wait_for_exit() or 0
        if status == -signal.SIGXCPU:
            reason = "cpu"
        limits = self._limits
        if reason == "memory":
            return ChildDied(f"It needed more memory than {_mib(limits.memory_bytes)}.", reason="memory")
        if reason == "output":
            return ChildDied(f"It wrote a file larger than {_mib(limits.output_bytes)}.", reason="output")
        if reason == "cpu":
            return ChildDied(f"It needed more processor time than {limits.cpu_s or 0:g} s.", reason="cpu")
        if status < 0:
            reason = "killed" if status in (-signal.SIGKILL, -signal.SIGTERM) else "crashed"
            return ChildDied(f"It was ended by {signal.Signals(-status).name}.", reason=reason)
        return ChildDied(f"It left without a result (exit status {status}).", reason="exit")


def _mib(size: int | None) -> str:
    return "there is" if size is None else f"{size / 2**20:.0f} MiB"


def _frames(buffer: bytearray) -> list[tuple[str, bytes]]:
    """Take every complete message off the front of `buffer`."""
    frames = []
    while len(buffer) >= _HEADER_BYTES:
        end = _HEADER_BYTES + int.from_bytes(buffer[1:_HEADER_BYTES], "big")
        if len(buffer) < end:
            break
        frames.append((chr(buffer[0]), bytes(buffer[_HEADER_BYTES:end])))
        del buffer[:end]
    return frames
