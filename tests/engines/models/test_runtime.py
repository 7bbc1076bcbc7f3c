"""Graphs run here and nowhere else: nothing is told to anybody."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_runtime_leaves_no_reports_to_send(tmp_path: Path) -> None:
    program = (
        "from importlib.resources import files; from segue.engines.models.runtime import OnnxModel\n"
        "OnnxModel(files('segue.engines.separation') / 'weights' / 'accompaniment.onnx', threads=1)"
    )
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | home
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
    assert not list(tmp_path.rglob("*"))
