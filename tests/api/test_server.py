"""The server as a process: it answers, stops when told to, and leaves the port when it is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

PROGRAM = """
import sys
from pathlib import Path
from segue.api.server import serve
from segue.kit.runtime import complete
from segue.kit.settings import Settings

if __name__ == "__main__":
    url, folder, port = sys.argv[1:]
    serve(complete(Settings(_env_file=None, database_url=url, data_dir=Path(folder), port=int(port), api_processes=2)))
"""


def until(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Tell whether `condition` came true in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Server:
    """A server with two processes."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, program, database_url, tmp_path / "data", str(port)], env=environment, stderr=log
        )
    server = Server(process, port)
    try:
        assert until(server.answers, within_s=60), (tmp_path / "log").read_text()
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_it_answers_and_stops_when_told_to(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    assert not server.answers()


def test_killed_it_leaves_no_process_behind(server: Server) -> None:
    children = psutil.Process(server.process.pid).children(recursive=True)
    assert children
    server.process.kill()
    server.process.wait()
    assert until(lambda: not any(child.is_running() for child in children), within_s=20)
    assert not server.answers()


@pytest.mark.slow
def test_a_process_that_dies_is_replaced(server: Server) -> None:
    parent = psutil.Process(server.process.pid)
    parent.children()[0].kill()
    assert until(lambda: len(parent.children()) == 2 and server.answers(), within_s=30)
