"""What `segue up` stands on: everything comes up, stays up, and ends together."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest
from pydantic import SecretStr

from segue.kit.postgres import EmbeddedPostgres
from segue.kit.settings import Settings
from segue.kit.supervisor import environment_of
from tests.kit.test_storage import free_ports

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

#: Supervises an HTTP server that tells what it was given, and a worker that sleeps; prints each event as a line.
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from segue.kit.errors import SegueError
from segue.kit.settings import Settings
from segue.kit.supervisor import Command, supervise
folder, port, api, worker = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
settings = Settings(_env_file=None, data_dir=folder, port=port)
commands = [
    Command("api", (sys.executable, "-c", api), ready_url=f"http://127.0.0.1:{port}/"),
    Command("worker", (sys.executable, "-c", worker)),
]
def report(event):
    print(json.dumps([event.kind, event.message]), flush=True)
try:
    asyncio.run(supervise(settings, commands, report))
except SegueError as error:
    print(json.dumps(["error", error.detail]), flush=True)
    sys.exit(3)
"""
API = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.getpid()} {os.environ['SEGUE_DATA_DIR']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments): pass
HTTPServer(("127.0.0.1", int(os.environ["SEGUE_PORT"])), Answer).serve_forever()
"""
WORKER = "import time; time.sleep(1000)"
STUBBORN_WORKER = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WORKER


class Up:
    """A supervisor in a process of its own, and the events that it tells."""

    def __init__(self, folder: Path, port: int, *, api: str = API, worker: str = WORKER) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), str(port), api, worker], stdout=subprocess.PIPE, text=True
        )
        self._events: Queue[tuple[str, str]] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            kind, message = json.loads(line)
            self._events.put((kind, message))

    def wait_for(self, kind: str, start: str = "", timeout_s: float = 30) -> str:
        deadline = time.monotonic() + timeout_s
        seen = []
        while time.monotonic() < deadline:
            try:
                event = self._events.get(timeout=0.1)
            except Empty:
                continue
            seen.append(event)
            if event[0] == kind and event[1].startswith(start):
                return event[1]
        pytest.fail(f"no {kind} {start}; instead {seen}")

    def child_pid(self, name: str) -> int:
        return int(json.loads((self.folder / "up.json").read_text())["children"][name][0])

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.folder / "postgres")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.postgres.stop()


Start = Callable[..., Up]


@pytest.fixture
def start(server_folder: Path) -> Iterator[Start]:
    """Start supervisors of one data folder and port."""
    folder = server_folder / uuid4().hex[:8]
    port = free_ports(1)[0]
    started: list[Up] = []

    def start_one(**programs: str) -> Up:
        started.append(Up(folder, port, **programs))
        return started[-1]

    yield start_one
    for up in started:
        up.close()


def until(condition: Callable[[], object], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_everything_comes_up_and_ends_together(start: Start) -> None:
    up = start()
    up.wait_for("ready", "api")
    assert httpx.get(up.url).text.endswith(str(up.folder))
    with psycopg.connect(up.postgres.ensure_running()) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    children = [up.child_pid("api"), up.child_pid("worker")]
    stopping = time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(15) == 0
    assert time.monotonic() - stopping < 10
    assert all(is_gone(pid) for pid in children)
    assert not up.postgres.status().running


def test_what_is_killed_comes_back(start: Start) -> None:
    up = start()
    up.wait_for("ready", "api")
    api, postmaster = up.child_pid("api"), up.postgres.status().pid
    assert postmaster is not None
    os.kill(api, signal.SIGKILL)
    assert up.wait_for("died", "api") == "api ended with code -9, and starts again in 0.2 s"
    up.wait_for("ready", "api")
    assert int(httpx.get(up.url).text.split()[0]) == up.child_pid("api") != api
    os.kill(postmaster, signal.SIGKILL)
    up.wait_for("started", "PostgreSQL is back", timeout_s=10)
    with psycopg.connect(up.postgres.ensure_running()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_second_one_says_where_the_first_answers(start: Start) -> None:
    up = start()
    up.wait_for("ready", "api")
    second = start()
    assert f"already runs at {up.url.rstrip('/')} (process {up.process.pid})" in second.wait_for("error")
    assert second.process.wait(10) == 3
    assert httpx.get(up.url).status_code == 200


@pytest.mark.slow
def test_after_kill_9_nothing_is_left_and_it_starts_again(start: Start) -> None:
    up = start()
    up.wait_for("ready", "api")
    children = [up.child_pid("api"), up.child_pid("worker")]
    up.process.kill()
    up.process.wait()
    until(lambda: all(is_gone(pid) for pid in children))
    start().wait_for("ready", "api")


@pytest.mark.slow
def test_a_predecessors_child_that_would_not_die_is_ended_at_the_next_start(start: Start) -> None:
    up = start(worker=STUBBORN_WORKER)
    up.wait_for("ready", "api")
    time.sleep(0.5)
    stubborn = up.child_pid("worker")
    up.process.kill()
    up.process.wait()
    assert not is_gone(stubborn)
    start().wait_for("ready", "api")
    assert is_gone(stubborn)


@pytest.mark.slow
def test_a_second_signal_does_not_wait(start: Start) -> None:
    up = start(worker=STUBBORN_WORKER)
    up.wait_for("ready", "api")
    time.sleep(0.5)
    up.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert up.process.poll() is None
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(4) == 0


@pytest.mark.slow
def test_a_child_that_never_gets_ready_ends_it_with_a_reason(start: Start) -> None:
    up = start(api="raise SystemExit(7)")
    assert up.wait_for("error") == "api ended 4 times before it was ready, the last time with code 7"
    assert up.process.wait(10) == 3
    assert not up.postgres.status().running


def test_a_taken_port_is_named(start: Start) -> None:
    up = start()
    up.wait_for("ready", "api")
    other = Up(up.folder.with_name(uuid4().hex[:8]), int(up.url.rstrip("/").rsplit(":", 1)[1]))
    try:
        assert "set SEGUE_PORT to a free port" in other.wait_for("error")
    finally:
        other.close()


def test_children_are_given_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(
        _env_file=None,
        data_dir=tmp_path,
        secret_key=SecretStr("hidden"),
        storage_options={"region": "x"},
        cors_origins=["https://a.example"],
        database_url=None,
    )
    for name, value in environment_of(given).items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == given
