"""A whole Segue as its user runs it: `segue up` in a data folder of its own, and what there is to kill of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from segue.kit.postgres import EmbeddedPostgres

_SEGUE = (sys.executable, "-m", "segue.cli.main")


class System:
    """One data folder and port, and the `segue up` that keeps them, if any does."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder.with_suffix(".log")
        ours = {"SEGUE_DATA_DIR": str(folder), "SEGUE_PORT": str(port), "SEGUE_SIGNINS_PER_MINUTE": "10000"}
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
        self._environment |= ours | settings
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *verb: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run another `segue VERB` on the same data folder to its end."""
        environment = self._environment | settings
        return subprocess.run(
            [*_SEGUE, *verb], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None and self.answers()

    def start(self) -> None:
        """Bring it up and wait until it can serve."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_SEGUE, "up", "--no-models"], env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            until(lambda: self._process is None or self._process.poll() is not None or self.answers(), within_s=60)
        except TimeoutError:
            raise AssertionError(self.log.read_text()[-5000:]) from None
        assert self.is_up, self.log.read_text()[-5000:]

    def stop(self) -> int:
        """Tell it to stop, as Ctrl-C and `kill` do, and return how it ended."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def kill(self) -> None:
        """Kill `segue up` itself, which has no chance to stop anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def worker_pid(self) -> int:
        """The one worker, as `segue up` tells whoever looks."""
        children = json.loads((self.folder / "up.json").read_text())["children"]
        return int(children["worker-1"][0])

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.folder / "postgres")

    def kill_worker(self) -> None:
        os.kill(self.worker_pid, signal.SIGKILL)

    def kill_postmaster(self) -> None:
        pid = self.postgres.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[psutil.Process]:
        """Every process that works for this data folder, whoever started it."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        folder = str(self.folder)
        with suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            if any(folder in word for word in process.cmdline()) or process.cwd().startswith(folder):
                return True
            return process.environ().get("SEGUE_DATA_DIR") == folder
        return False


def until(condition: Callable[[], bool], *, within_s: float) -> None:
    """Wait for a condition to come true."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)
