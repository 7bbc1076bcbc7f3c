"""Where the real test data lies; a test that needs what is absent skips and says so."""

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("SEGUE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def data_path(relative: str) -> Path:
    """Return the path of a file or folder of the real test data, or skip the test that asks for it."""
    path = _ROOT / relative
    if not path.exists():
        pytest.skip(f"needs the real test data: {path} is absent (set SEGUE_TEST_DATA)")
    return path
