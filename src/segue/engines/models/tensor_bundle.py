"""Reading float variables out of a TensorFlow checkpoint without TensorFlow.

The ``.index`` file is a sorted string table in LevelDB's format (footer, index block, data blocks with shared key
prefixes) that maps a variable's name to a ``BundleEntryProto``; the ``.data-00000-of-00001`` file holds the bytes.
Formats: ``leveldb/doc/table_format.md`` and ``tensorflow/core/protobuf/tensor_bundle.proto``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.audio.signal import FloatArray

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER_BYTES = 48
_DT_FLOAT = 1


class BadBundleError(ValueError):
    """The files are not a TensorFlow checkpoint that can be read here."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a variable lies in the data file."""

    dtype: int
    shape: tuple[int, ...]
    offset: int
    size: int


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the base-128 number at ``at``, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the numbers and values of a protocol buffer's fields."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield tag >> 3, number
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise BadBundleError(f"unknown wire type {kind}")
        yield tag >> 3, message[at : at + size]
        at += size


def _block(index: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of the table block that a handle points to."""
    offset, at = _varint(handle, 0)
    size, _ = _varint(handle, at)
    block = index[offset : offset + size]
    if len(block) < 4 or index[offset + size] != 0:
        raise BadBundleError("the index is cut short or compressed")
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 - 4 * restarts
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _entry(value: bytes) -> _Entry:
    """Read a ``BundleEntryProto``."""
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    shape: list[int] = []
    for field, content in _fields(value):
        if isinstance(content, int):
            numbers[field] = content
        elif field == 2:
            shape = [_dimension(dim) for number, dim in _fields(content) if number == 2 and isinstance(dim, bytes)]
    if numbers[3] != 0:
        raise BadBundleError("only checkpoints of one shard are read")
    return _Entry(dtype=numbers[1], shape=tuple(shape), offset=numbers[4], size=numbers[5])


def _dimension(message: bytes) -> int:
    """Read the size in a ``TensorShapeProto.Dim``."""
    return next((size for number, size in _fields(message) if number == 1 and isinstance(size, int)), 0)


def read_tensor_bundle(prefix: str) -> dict[str, FloatArray]:
    """Return the ``float32`` variables of a TensorFlow 1 or 2 checkpoint.

    Parameters
    ----------
    prefix
        What stands before ``.index`` and ``.data-00000-of-00001``: a path, or a folder with a slash at its end.

    Returns
    -------
    dict
        Names and read-only arrays; variables of other types are left out.

    Raises
    ------
    BadBundleError
        If the files are damaged, compressed or in several shards.
    """
    index = Path(f"{prefix}.index").read_bytes()
    data = Path(f"{prefix}.data-00000-of-00001").read_bytes()
    if len(index) < _FOOTER_BYTES or index[-8:] != _MAGIC:
        raise BadBundleError(f"{prefix}.index is not a table")
    footer = index[-_FOOTER_BYTES:]
    try:
        _, at = _varint(footer, 0)
        _, at = _varint(footer, at)
        entries = {
            key.decode(): _entry(value)
            for _, handle in _block(index, footer[at:])
            for key, value in _block(index, handle)
            if key
        }
    except IndexError as error:
        raise BadBundleError(f"{prefix}.index is cut short") from error
    return {name: _array(data, name, entry) for name, entry in entries.items() if entry.dtype == _DT_FLOAT}


def _array(data: bytes, name: str, entry: _Entry) -> FloatArray:
    """Cut a variable out of the data file."""
    if entry.size != 4 * math.prod(entry.shape) or entry.offset + entry.size > len(data):
        raise BadBundleError(f"the bytes of {name} do not fit its shape {entry.shape}")
    return np.frombuffer(data, dtype="<f4", count=entry.size // 4, offset=entry.offset).reshape(entry.shape)
