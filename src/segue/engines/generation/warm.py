"""A neural engine kept loaded in a process of its own: loading takes longer than making, and memory holds one."""

import asyncio
import contextlib
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from segue.audio.signal import Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.choose import choose_generator
from segue.engines.generation.musicgen import MusicgenEngine
from segue.engines.generation.options import GeneratorChoice
from segue.kit.errors import SegueError, Unavailable
from segue.kit.processes import ChildDied, ProcessLimits, run_in_process

#: What waits so long is taken together with what came since.
_GATHER_S: Final = 0.1
_TELL_EVERY_S: Final = 0.1
#: While weights are read nobody knows how far that is: so often a sign of life is given, for so long at most.
_ALIVE_EVERY_S: Final = 5.0
_LOADING_S: Final = 900.0
_THREADS: Final = 2


@dataclass(eq=False)
class _Order:
    """A track that somebody waits for."""

    request: GenerationRequest
    folder: Path
    progress: Progress
    done: asyncio.Future[Generation]
    share: float = 0.0


class WarmEngine:
    """Makes tracks with an engine that stays loaded; those that wait at the same time are made together.

    Who cancels leaves the others to go on; who comes while others are made waits in order. A process that dies fails
    what it was making, and the next order starts another one. After a while without orders it ends and its memory is
    free. It belongs to the event loop on which it is first used.

    Parameters
    ----------
    choice
        Which engine: one that makes several tracks at once.
    batch
        How many, at most.
    idle_s
        After how long without orders it ends.
    """

    def __init__(self, choice: GeneratorChoice, *, batch: int, idle_s: float = 600.0) -> None:
        self._choice = choice
        self._batch = batch
        self._idle_s = idle_s
        self._waiting: deque[_Order] = deque()
        self._came = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._child: _Child | None = None

    async def make(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`; cancelling stops it."""
        order = _Order(request, folder, progress, asyncio.get_running_loop().create_future())
        self._waiting.append(order)
        self._came.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run(), name="warm engine")
        try:
            return await order.done
        except asyncio.CancelledError:
            if self._child is not None:
                self._child.stop(order)
            raise

    async def close(self) -> None:
        """End the process and whatever it makes."""
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    async def _run(self) -> None:
        """Give the process what waits, until nothing has come for a while."""
        try:
            while True:
                while await self._comes():
                    await asyncio.sleep(_GATHER_S)
                    if self._child is None or self._child.gone:
                        self._child = _Child(self._choice)
                    await self._child.make(self._next(), self._tell_waiting)
                await self._end()
                if not self._waiting:  # something may have come while it ended
                    return
        finally:
            left = [*(self._child.orders if self._child else ()), *self._waiting]
            self._waiting.clear()
            await self._end()
            for order in left:
                _fail(order, Unavailable("The engine was stopped."))

    async def _end(self) -> None:
        """End the process, if there is one."""
        if self._child is not None:
            await self._child.close()
            self._child = None

    def _tell_waiting(self) -> None:
        """Give a sign of life to those whose turn has not come: what is made before them may take long."""
        for order in list(self._waiting):
            _tell(order, 0.0)

    async def _comes(self) -> bool:
        """Wait for orders; whether one came."""
        while self._waiting and self._waiting[0].done.done():
            self._waiting.popleft()
        if self._waiting:
            return True
        self._came.clear()
        try:
            async with asyncio.timeout(self._idle_s):
                await self._came.wait()
        except TimeoutError:
            return False
        return True

    def _next(self) -> list[_Order]:
        """Take as many orders as are made at once."""
        taken: list[_Order] = []
        while self._waiting and len(taken) < self._batch:
            order = self._waiting.popleft()
            if not order.done.done():
                taken.append(order)
        return taken


class _Child:
    """The process, and what it says."""

    def __init__(self, choice: GeneratorChoice) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self._sending = threading.Lock()
        self._batch = 0
        self.orders: list[_Order] = []
        self._error: Exception | None = None
        self.gone = False
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self._serving = asyncio.create_task(self._serve(theirs, choice), name="warm engine's process")

    async def make(self, orders: Sequence[_Order], heard: Callable[[], None]) -> None:
        """Have tracks made, and wait for all of them; tell whoever waits that something was heard."""
        self._batch += 1
        self.orders = list(orders)
        tasks = [(order.request, order.folder) for order in orders]
        await asyncio.to_thread(self._send, "make", self._batch, tasks)
        left = set(range(len(orders)))
        while left:
            kind, *what = await self._said.get()
            heard()
            if kind == "gone":
                self.gone = True
                for number in left:
                    _fail(orders[number], self._error or ChildDied("The engine's process left.", reason="exit"))
                break
            if kind == "progress":
                self._tell(orders[what[0]], what[1])
            elif kind == "alive":
                for order in orders:
                    self._tell(order, order.share)
            elif kind == "made":
                left.discard(what[0])
                _settle(orders[what[0]], what[1])
        self.orders = []

    def stop(self, order: _Order) -> None:
        """Let the process make this one no further."""
        if order in self.orders:
            self._send("stop", self._batch, self.orders.index(order))

    async def close(self) -> None:
        """End the process, whatever it does."""
        self._serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving

    def _tell(self, order: _Order, share: float) -> None:
        if not _tell(order, share):
            self.stop(order)

    def _send(self, *message: object) -> None:
        with self._sending, contextlib.suppress(OSError):  # it is gone: that is heard
            self._connection.send(message)

    async def _serve(self, theirs: socket.socket, choice: GeneratorChoice) -> None:
        """Run the process to its end."""
        try:
            with theirs:
                number = theirs.fileno()
                await run_in_process(_serve_orders, number, choice, limits=ProcessLimits(), pass_fds=(number,))
        except Exception as error:
            self._error = error
        finally:
            # Nobody holds the other end any more: what listens comes to its end, with all that was said before.
            await asyncio.to_thread(self._listening.join)
            self._said.put_nowait(("gone",))

    def _listen(self) -> None:
        """Pass on what the process says until it is gone."""
        with contextlib.suppress(OSError, EOFError):
            while True:
                self._say(self._connection.recv())
        self._connection.close()

    def _say(self, message: tuple[Any, ...]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._said.put_nowait, message)


def _tell(order: _Order, share: float) -> bool:
    """Tell who waits for a track how far it is; whether they still wait."""
    order.share = share
    if order.done.done():
        return True
    try:
        order.progress(share)
    except Exception as error:
        _fail(order, error)
        return False
    return True


def _settle(order: _Order, result: Generation | Exception) -> None:
    if isinstance(result, Exception):
        _fail(order, result)
    elif not order.done.done():
        order.done.set_result(result)


def _fail(order: _Order, error: Exception) -> None:
    if not order.done.done():
        order.done.set_exception(error)


class _Left(Exception):
    """Nobody waits for a track any more."""


def _serve_orders(descriptor: int, choice: GeneratorChoice, *, progress: Progress) -> None:
    """Make what is ordered over a connection until it ends: what the process runs."""
    progress(0.0)
    line = _Line(Connection(descriptor))
    engine: MusicgenEngine | None = None
    while (ordered := line.orders.get()) is not None:
        batch, tasks = ordered
        with line.signs_of_life():
            try:
                engine = engine or _engine(choice)
                made: Sequence[Generation | Exception] = engine.generate_many(
                    [(request, folder, line.progress(batch, number)) for number, (request, folder) in enumerate(tasks)]
                )
            except Exception as error:
                made = [error] * len(tasks)
        for number, result in enumerate(made):
            line.send("made", number, _portable(result))


def _engine(choice: GeneratorChoice) -> MusicgenEngine:
    engine = choose_generator(choice, threads=_THREADS)
    if not isinstance(engine, MusicgenEngine):
        raise Unavailable(f"The engine {engine.name} is not one that stays loaded.")
    return engine


def _portable(result: Generation | Exception) -> Generation | Exception:
    """Return a result that the parent can unpickle."""
    if isinstance(result, Exception) and not isinstance(result, SegueError):
        return ChildDied(f"The engine failed: {result!r}", reason="exit")
    return result


@dataclass
class _Line:
    """The process's end of the connection."""

    connection: Connection
    orders: queue.Queue[tuple[int, list[tuple[GenerationRequest, Path]]] | None] = field(default_factory=queue.Queue)
    left: set[tuple[int, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, *message: object) -> None:
        """Say something; who has left hears nothing."""
        with self.lock, contextlib.suppress(OSError):
            self.connection.send(message)

    def progress(self, batch: int, number: int) -> Progress:
        """Return what tells how far a track is; it raises where nobody waits for it any more."""
        last = 0.0

        def tell(share: float) -> None:
            nonlocal last
            if (batch, number) in self.left:
                raise _Left
            if time.monotonic() - last >= _TELL_EVERY_S:
                last = time.monotonic()
                self.send("progress", number, share)

        return tell

    @contextlib.contextmanager
    def signs_of_life(self) -> Iterator[None]:
        """Say now and then that it works, for as long as weights may take to be read."""
        ended = threading.Event()

        def beat() -> None:
            deadline = time.monotonic() + _LOADING_S
            while not ended.wait(_ALIVE_EVERY_S) and time.monotonic() < deadline:
                self.send("alive")

        beating = threading.Thread(target=beat, daemon=True)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                kind, *what = self.connection.recv()
                if kind == "make":
                    self.orders.put((what[0], what[1]))
                else:
                    self.left.add((what[0], what[1]))
        self.orders.put(None)
