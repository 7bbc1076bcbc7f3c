"""How well Segue hears: each question on real annotated audio and on rendered songs, beside its peers."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from benchmarks.table import Row

#: Each is a module of this package with ``measure(data: Path) -> list[Row]``.
PARTS = ("rhythm", "tonality", "form", "oddities", "separation", "embedding", "fingerprints", "speed")


def measure(data: Path, parts: tuple[str, ...] = PARTS, *, tell: Callable[[str], None] = print) -> list[Row]:
    """Answer the questions of some parts, in order."""
    rows: list[Row] = []
    for part in parts:
        tell(f"{part} ...")
        rows += [replace(row, part=part) for row in import_module(f"benchmarks.ears.{part}").measure(data)]
    return rows
