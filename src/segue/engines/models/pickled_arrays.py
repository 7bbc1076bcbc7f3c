"""Reading float arrays out of a PyTorch checkpoint without executing it."""

import io
import math
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from segue.audio.signal import FloatArray


class UnsafeCheckpointError(ValueError):
    """The checkpoint asks for something other than a dictionary of float arrays."""


class _Dtype:
    """Stands in for ``numpy.dtype``: remembers its code and refuses all but 32-bit floats."""

    def __init__(self, code: object, *_: object) -> None:
        if code != "f4":
            raise UnsafeCheckpointError(f"only 32-bit floats are read, not {code!r}")
        self.order = "<"

    def __setstate__(self, state: Any) -> None:
        if state[1] not in ("<", "="):
            raise UnsafeCheckpointError(f"only little-endian arrays are read, not {state[1]!r}")


class _Array:
    """Stands in for ``numpy.ndarray``: keeps what its pickle says, as plain values."""

    def __init__(self, *_: object) -> None:
        self.values: FloatArray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, column_major, raw = state
        if not isinstance(dtype, _Dtype) or not isinstance(raw, bytes) or len(raw) != 4 * math.prod(shape):
            raise UnsafeCheckpointError("an array's bytes do not fit its shape")
        self.values = np.frombuffer(raw, dtype="<f4").reshape(shape, order="F" if column_major else "C")


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """Stand in for ``_codecs.encode``: how pickles of protocol 2 carry bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise UnsafeCheckpointError("only latin1 text carries an array's bytes")
    return text.encode("latin1")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
}


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that knows four names, each bound to an inert stand-in."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _ALLOWED[module_name, global_name]
        except KeyError:
            raise UnsafeCheckpointError(
                f"the checkpoint wants {module_name}.{global_name}, which is not an array"
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafeCheckpointError(f"the checkpoint wants the external object {pid!r}")


def read_pickled_arrays(path: Path) -> dict[str, FloatArray]:
    """Return the arrays of a checkpoint that ``torch.save`` wrote from a dictionary of NumPy arrays.

    Nothing in the file is executed: the only names that its pickle may use are those of a NumPy array, and even
    these are replaced by stand-ins that hold bytes.

    Parameters
    ----------
    path
        A zip file (PyTorch 1.6 and later) that holds one ``*/data.pkl``.

    Returns
    -------
    dict
        Names and read-only ``float32`` arrays.

    Raises
    ------
    UnsafeCheckpointError
        If the file is anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if len(names) != 1:
                raise UnsafeCheckpointError(f"{path.name} is not a checkpoint: it holds {len(names)} data.pkl")
            content = _ArrayUnpickler(io.BytesIO(archive.read(names[0]))).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError, TypeError, AttributeError) as error:
        raise UnsafeCheckpointError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise UnsafeCheckpointError(f"{path.name} holds no dictionary")
    arrays: dict[str, FloatArray] = {}
    for name, array in content.items():
        if not isinstance(name, str) or not isinstance(array, _Array) or array.values is None:
            raise UnsafeCheckpointError(f"{name!r} in {path.name} is not an array")
        arrays[name] = array.values
    return arrays
