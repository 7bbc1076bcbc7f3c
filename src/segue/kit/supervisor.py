"""Keeps a whole Segue up in one place: PostgreSQL, its migrations, the API, the workers."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
import psutil
from filelock import FileLock, Timeout
from pydantic import SecretStr

from segue.kit import migrations
from segue.kit.errors import Conflict, Unavailable
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.runtime import complete, embedded_postgres
from segue.kit.settings import Settings

#: What a child may take to end after SIGTERM.
GRACE_S = 8.0
#: How often the database is looked at.
WATCH_S = 1.0
#: A child that lived this long starts again at once when it dies; the pauses grow for one that does not.
STEADY_S = 30.0
PAUSES_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
#: So often may a child die before it was ever ready.
ATTEMPTS = 4


@dataclass(frozen=True)
class Command:
    """A child process to keep: its name, what to run, and the URL that answers 200 when it is ready."""

    name: str
    argv: tuple[str, ...]
    ready_url: str | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened, for whoever watches."""

    kind: Literal["progress", "started", "ready", "died", "stopping", "stopped"]
    message: str


Report = Callable[[Event], None]


class AlreadyRunning(Conflict):
    """Another ``segue up`` keeps this data folder."""

    title = "Segue already runs"


def segue_commands(settings: Settings) -> list[Command]:
    """Return the children of ``segue up``: the API (which makes its own processes) and the workers."""
    segue = (sys.executable, "-m", "segue.cli.main")
    workers = [f"worker-{number}" for number in range(1, settings.worker_processes + 1)]
    return [
        Command("api", (*segue, "api"), ready_url=f"{settings.local_url}/readyz"),
        *(Command(name, (*segue, "worker")) for name in workers),
    ]


async def supervise(settings: Settings, commands: Sequence[Command], report: Report) -> None:
    """Bring everything up and keep it up until SIGINT, SIGTERM or SIGHUP; a second signal kills.

    A child that dies starts again; so does the embedded PostgreSQL. If this process is killed, its children end by
    themselves, and the database stays for the next start.

    Raises
    ------
    AlreadyRunning
        If another process does this for the same data folder; says where it answers.
    Unavailable
        If the database, the port or a child cannot be had.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    state = _State(settings.data_dir / "up.json", settings.base_url)
    with _only_one(settings.data_dir / "up.lock", state), _signals() as (stop, hurry):
        await asyncio.to_thread(state.end_leftovers)
        _check_port(settings)
        server = embedded_postgres(settings, _progress(report)) if settings.database_url is None else None
        try:
            await asyncio.to_thread(_prepare, settings, report)
            children = [_Child(command, environment_of(settings), state, hurry, report) for command in commands]
            await _run(children, server, stop, report)
        finally:
            report(Event("stopping", "Stopping"))
            if server is not None:
                await asyncio.to_thread(server.stop)
            state.forget()
            report(Event("stopped", "Stopped"))


def environment_of(settings: Settings) -> dict[str, str]:
    """Return this process's environment with every setting that was given in it, so that children have the same."""
    given = dict(os.environ)
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is None:
            continue
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        alias = type(settings).model_fields[name].validation_alias
        variable = alias if isinstance(alias, str) else f"SEGUE_{name.upper()}"
        given[variable] = json.dumps(value) if isinstance(value, list | dict) else str(value)
    return given


def _prepare(settings: Settings, report: Report) -> None:
    url = str(complete(settings, _progress(report)).database_url)
    if migrations.current(url) != migrations.head():
        report(Event("progress", "Migrating the database"))
    migrations.upgrade(url)


async def _run(
    children: Sequence["_Child"], server: EmbeddedPostgres | None, stop: asyncio.Event, report: Report
) -> None:
    stopping = asyncio.create_task(stop.wait())
    keeping = [asyncio.create_task(child.keep()) for child in children]
    if server is not None:
        keeping.append(asyncio.create_task(_keep_server(server, report)))
    try:
        done, _ = await asyncio.wait([stopping, *keeping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        for task in (stopping, *keeping):
            task.cancel()
        await asyncio.gather(stopping, *keeping, return_exceptions=True)


async def _keep_server(server: EmbeddedPostgres, report: Report) -> None:
    while True:
        await asyncio.sleep(WATCH_S)
        if not server.status().running:
            report(Event("died", "PostgreSQL died and starts again"))
            try:
                await asyncio.to_thread(server.ensure_running)
            except Unavailable as error:
                report(Event("died", f"PostgreSQL does not start, will be tried again: {error.detail}"))
                await asyncio.sleep(PAUSES_S[-2])
            else:
                report(Event("started", "PostgreSQL is back"))


class _Child:
    """One child process, started again whenever it ends."""

    def __init__(
        self, command: Command, environment: dict[str, str], state: "_State", hurry: asyncio.Event, report: Report
    ) -> None:
        self._command = command
        self._environment = environment
        self._state = state
        self._hurry = hurry
        self._report = report
        self._was_ready = False

    async def keep(self) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            code = await self._live()
            if time.monotonic() - started > STEADY_S:
                failures, self._was_ready = 0, True
            pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            failures += 1
            if failures >= ATTEMPTS and not self._was_ready:
                raise Unavailable(
                    f"{self._command.name} ended {failures} times before it was ready, the last time with code {code}"
                )
            self._report(
                Event("died", f"{self._command.name} ended with code {code}, and starts again in {pause_s:g} s")
            )
            await asyncio.sleep(pause_s)

    async def _live(self) -> int:
        # From the event loop's thread, which lives as long as the process: the kernel's death signal is its thread's.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "segue.kit.supervised", str(os.getpid())),
            *self._command.argv,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us only, and we stop them in order
        )
        self._state.remember(self._command.name, process.pid)
        self._report(Event("started", f"{self._command.name} started"))
        watching = asyncio.create_task(self._watch_readiness())
        try:
            return await process.wait()
        finally:
            watching.cancel()
            await self._end(process)

    async def _watch_readiness(self) -> None:
        if self._command.ready_url is None:
            return
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(self._command.ready_url)).status_code == 200:
                        break
                await asyncio.sleep(0.1)
        self._was_ready = True
        self._report(Event("ready", f"{self._command.name} is ready"))

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
            waiting = [asyncio.create_task(process.wait()), asyncio.create_task(self._hurry.wait())]
            await asyncio.wait(waiting, timeout=GRACE_S, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
        # Its whole group, as it may have left children of its own, even when it has ended itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


class _State:
    """What the next ``segue up`` wants to know of this one, in a file."""

    def __init__(self, path: Path, address: str) -> None:
        self._path = path
        self._address = address
        self._children: dict[str, tuple[int, float]] = {}

    def remember(self, name: str, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self._children[name] = (pid, psutil.Process(pid).create_time())
        self.write()

    def write(self) -> None:
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps({"pid": os.getpid(), "address": self._address, "children": self._children}))
        partial.replace(self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def read(self) -> dict[str, object]:
        try:
            found = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def end_leftovers(self) -> None:
        """End the children of a predecessor that was killed, where the kernel has not; then take its place."""
        children = self.read().get("children")
        left = []
        for pid, born in children.values() if isinstance(children, dict) else ():
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if process.create_time() == born:
                    left += [process, *process.children(recursive=True)]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        for process in psutil.wait_procs(left, timeout=GRACE_S)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.write()


@contextlib.contextmanager
def _only_one(path: Path, state: _State) -> Iterator[None]:
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        other = state.read()
        raise AlreadyRunning(
            f"Segue already runs at {other.get('address', 'an address that it has yet to tell')} "
            f"(process {other.get('pid', 'unknown')}) with the data in {path.parent}"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _signals() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Give two events: the first signal sets the one, the second the other."""
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in handled:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop, hurry
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _check_port(settings: Settings) -> None:
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as error:
        raise Unavailable(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}): set SEGUE_PORT to a free port"
        ) from error


def _progress(report: Report) -> Callable[[str], None]:
    return lambda message: report(Event("progress", message))
