"""The `segue` command as users run it: in a process of its own, with settings and a folder of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARGV = (sys.executable, "-m", "segue.cli.main")
TIMEOUT_S = 300


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """What ``--json`` printed: one JSON document and nothing else, and nothing to worry about beside it."""
        assert (self.code, self.err) == (0, ""), self
        return json.loads(self.out)


def segue(*arguments: object, folder: Path, **settings: str) -> Ended:
    """Run the command in a folder, on the engines that need no weights unless `settings` say otherwise."""
    done = subprocess.run(
        [*ARGV, *map(str, arguments)],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return an environment with these settings and no others, given as ``data_dir=...``."""
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("SEGUE_")}
    settings = {"data_dir": str(folder / "data"), "separation_engine": "classical", **settings}
    return {**inherited, **{f"SEGUE_{name.upper()}": value for name, value in settings.items()}}
