"""Checkpoints are read as data: what they hold comes back, what they try is refused."""

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.engines.models.pickled_arrays import UnsafeCheckpointError, read_pickled_arrays


class Bomb:
    """An object whose pickle runs a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.marker}",)


def checkpoint(folder: Path, content: object, *, protocol: int = 2) -> Path:
    path = folder / "weights.ckpt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights/data.pkl", pickle.dumps(content, protocol=protocol))
        archive.writestr("weights/version", "3\n")
    return path


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    arrays = {
        "kernel": random.standard_normal((3, 2, 5, 5)).astype(np.float32),
        "bias": np.array([1, -2, 3], dtype=np.float32),
        "by columns": np.asfortranarray(random.standard_normal((4, 6)).astype(np.float32)),
    }
    read = read_pickled_arrays(checkpoint(tmp_path, arrays))
    assert read.keys() == arrays.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(read[name], values)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_checkpoint_that_runs_a_command_is_refused_and_does_not_run_it(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "ran"
    path = checkpoint(tmp_path, {"kernel": Bomb(marker)}, protocol=protocol)
    with pytest.raises(UnsafeCheckpointError, match="system"):
        read_pickled_arrays(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"kernel": np.zeros(3)},
        {"kernel": np.array([{}], dtype=object)},
        {"kernel": np.zeros(3, dtype=">f4")},
        {"kernel": 3},
        {3: np.zeros(3, dtype=np.float32)},
        [np.zeros(3, dtype=np.float32)],
    ],
    ids=["64 bits", "objects", "big-endian", "a number", "a numeric name", "a list"],
)
def test_what_is_not_a_dictionary_of_float_arrays_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(UnsafeCheckpointError):
        read_pickled_arrays(checkpoint(tmp_path, content))


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    path = checkpoint(tmp_path, {"kernel": np.zeros(1000, dtype=np.float32)})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UnsafeCheckpointError, match="cannot be read"):
        read_pickled_arrays(path)
