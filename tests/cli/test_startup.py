"""The command answers at once: what a verb needs is loaded when it runs."""

import subprocess
import sys

HEAVY = {"numpy", "scipy", "av", "pydantic", "fastapi", "sqlalchemy", "onnxruntime", "rich.progress"}


def _loaded_by(module: str) -> set[str]:
    script = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_help_waits_for_no_library() -> None:
    assert _loaded_by("segue.cli.main").isdisjoint(HEAVY)
