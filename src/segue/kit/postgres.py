"""The embedded PostgreSQL: made when new, started or adopted, healed after a crash, stopped."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from filelock import FileLock, Timeout

from segue.kit import postgres_process as processes
from segue.kit.errors import Unavailable

#: The login role, which owns the database, and the database's own name.
OWNER = DATABASE = "segue"
#: A socket's path may not be longer than this (``sun_path`` without its closing zero; macOS has four bytes less).
SOCKET_PATH_MAX = 103
START_TIMEOUT_S = 1800.0
LOG_MAX_BYTES = 10 * 2**20
#: What a parallel build of an index may take: twice ``maintenance_work_mem``.
SHARED_MEMORY_BYTES = 512 * 2**20
#: For a machine of 2 cores and 4 to 24 GB that runs everything else of Segue too.
SERVER_SETTINGS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "effective_cache_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
    "idle_in_transaction_session_timeout": "10min",
}

Report = Callable[[str], None]


@dataclass(frozen=True)
class ServerStatus:
    """How the embedded server is."""

    running: bool
    pid: int | None
    version: str | None
    folder: Path


class EmbeddedPostgres:
    """One PostgreSQL server for one folder, shared by every process that names the folder.

    Parameters
    ----------
    folder
        Holds ``data`` (the cluster), ``run`` (its socket), ``password`` and ``server.log``. Made if absent.
    binaries
        The folder of PostgreSQL's programs; ``None`` takes the wheel's.
    server_settings
        Further ``postgresql.conf`` settings, over `SERVER_SETTINGS`; they apply when this object starts the server.
    report
        Told, in a sentence, of whatever takes a while.
    """

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Path | None = None,
        server_settings: Mapping[str, str] | None = None,
        report: Report | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._run = self.folder / "run"
        self._binaries = binaries
        self._settings = {**SERVER_SETTINGS, **(server_settings or {})}
        self._report = report or (lambda _message: None)
        self._process: subprocess.Popen[bytes] | None = None

    def ensure_running(self, *, timeout_s: float = START_TIMEOUT_S) -> str:
        """Return the URL of the server, starting it first if it does not run.

        Safe to call from many processes at once: one starts it, all get the same. The server outlives the process
        that started it.

        Raises
        ------
        Unavailable
            If it cannot be made or does not come up; the message has the end of its log.
        """
        if (running := self._running()) and running.ready and self._answers(running):
            return self._url(running)
        self._make_folder()
        with self._locked(timeout_s):
            user = processes.server_user(self.data)
            self._check_parents(user)
            binaries = processes.reachable_binaries(processes.find_binaries(self._binaries), user, copy_to=self.folder)
            self._make_cluster(user, binaries)
            if self._running() is None:
                self._start(user, binaries)
            running = self._wait_until_ready(timeout_s)
            self._make_database(running)
            return self._url(running)

    def stop(self, *, timeout_s: float = 30) -> None:
        """Stop the server, if it runs: clients are cut off, what they committed is safe."""
        if not self.folder.exists():
            return
        with self._locked(timeout_s):
            if (running := self._running()) is None:
                return
            process = psutil.Process(running.pid)
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            if not self._gone(running.pid, timeout_s):
                process.send_signal(signal.SIGQUIT)  # its immediate one; the next start recovers
                self._gone(running.pid, timeout_s)

    def status(self) -> ServerStatus:
        """Tell how the server is; starts nothing."""
        running = self._running()
        version_file = self.data / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.is_file() else None
        return ServerStatus(running is not None, running.pid if running else None, version, self.folder)

    # Making it

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._run.mkdir(mode=0o700, exist_ok=True)
        user = processes.server_user(self.data)
        if not user.is_us:
            self.folder.chmod(0o711)
            os.chown(self._run, user.uid, user.gid)

    def _check_parents(self, user: processes.SystemUser) -> None:
        closed = [folder for folder in [self.folder, *self.folder.parents] if not user.can_enter(folder)]
        if closed:
            raise Unavailable(
                f"PostgreSQL runs as the user '{user.name}', who may not enter {closed[-1]}: set SEGUE_DATA_DIR to a "
                f"folder outside it, or run chmod o+x {closed[-1]}"
            )

    def _make_cluster(self, user: processes.SystemUser, binaries: Path) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self._report("Making the database")
        # Made beside its place and moved there whole, so that an interrupted initdb leaves nothing half-made.
        partial = self.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password_file = self.folder / "password.partial"
        password_file.unlink(missing_ok=True)
        _write_private(password_file, secrets.token_urlsafe(32))
        if not user.is_us:
            os.chown(partial, user.uid, user.gid)
            os.chown(password_file, user.uid, user.gid)
        processes.run_as(
            user,
            [
                str(binaries / "initdb"),
                f"--pgdata={partial}",
                f"--username={OWNER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
            ],
            cwd=self.folder,
        )
        if not user.is_us:
            os.chown(password_file, os.geteuid(), os.getegid())
        password_file.rename(self.folder / "password")
        partial.rename(self.data)

    def _make_database(self, running: processes.Postmaster) -> None:
        with self._connect(running) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {DATABASE}")  # a constant

    # Starting it

    def _start(self, user: processes.SystemUser, binaries: Path) -> None:
        processes.end_orphans(self.data)
        # Whoever's pid these name is dead or a stranger (see `_running`); PostgreSQL itself cannot tell a zombie.
        for stale in (self.data / "postmaster.pid", *self._run.iterdir()):
            stale.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_MAX_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)  # failed statements stand in it
        command = [str(binaries / "postgres"), "-D", str(self.data), *self._listen()]
        for name, value in {**_shared_memory(Path("/dev/shm")), **self._settings}.items():  # noqa: S108  not a temp file
            command += ["-c", f"{name}={value}"]
        self._report("Starting PostgreSQL")
        self._process = processes.spawn(user, command, cwd=self.data, log=self.log)

    def _listen(self) -> list[str]:
        if len(os.fsencode(self._run / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX:
            return ["-k", str(self._run), "-c", "listen_addresses=", "-p", "5432"]
        return ["-k", "", "-c", "listen_addresses=127.0.0.1", "-p", str(self._tcp_port())]

    def _tcp_port(self) -> int:
        """Return the port of last time, if it is free, so that other processes' pools find the server again."""
        remembered = self.folder / "port"
        port = int(remembered.read_text()) if remembered.exists() else 0
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        remembered.write_text(str(port))
        return port

    def _wait_until_ready(self, timeout_s: float) -> processes.Postmaster:
        started = time.monotonic()
        told = 0
        while (waited_s := time.monotonic() - started) < timeout_s:
            running = self._running()
            if running and running.ready and self._answers(running):
                return running
            if running is None and self._ended():
                raise Unavailable(f"PostgreSQL did not start. The end of {self.log}:\n{self._last_words()}")
            if waited_s > 5 * (told + 1):
                told += 1
                self._report(f"Waiting for PostgreSQL, {waited_s:.0f} s: it recovers what a crash left unfinished")
            time.sleep(0.02)
        raise Unavailable(
            f"PostgreSQL was not ready in {timeout_s:.0f} s. The end of {self.log}:\n{self._last_words()}"
        )

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else "(it is empty)"

    # Knowing it

    def _running(self) -> processes.Postmaster | None:
        found = processes.read_postmaster(self.data)
        return found if found and processes.is_alive(found.pid, self.data) else None

    def _gone(self, pid: int, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while processes.is_alive(pid, self.data):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _answers(self, running: processes.Postmaster) -> bool:
        try:
            self._connect(running).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise Unavailable(f"The password in {self.folder / 'password'} is not the database's") from error
            return False
        return True

    def _connect(self, running: processes.Postmaster) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._url(running, "postgres"), autocommit=True, connect_timeout=5)

    def _url(self, running: processes.Postmaster, database: str = DATABASE) -> str:
        host = quote(running.socket_dir, safe="") if running.socket_dir else running.host
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{OWNER}:{password}@{host}:{running.port}/{database}"

    @contextmanager
    def _locked(self, timeout_s: float) -> Iterator[None]:
        lock = FileLock(self.folder / "lock", timeout=timeout_s, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise Unavailable(f"Another process has been starting PostgreSQL in {self.folder} for too long") from error
        try:
            yield
        finally:
            lock.release()


def _shared_memory(folder: Path) -> dict[str, str]:
    """Return settings that keep parallel index builds out of a shared memory too small for them, as containers have."""
    if not folder.is_dir():
        return {}
    room = os.statvfs(folder)
    return {} if room.f_bavail * room.f_frsize >= SHARED_MEMORY_BYTES else {"dynamic_shared_memory_type": "mmap"}


def _write_private(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
