"""`python -m benchmarks generation`: does what is generated have what was asked for, and is it sound?"""

from pathlib import Path

from benchmarks.generation import fidelity
from benchmarks.table import Row


def measure(data: Path) -> list[Row]:
    """Measure new tracks."""
    return fidelity.measure(data)
