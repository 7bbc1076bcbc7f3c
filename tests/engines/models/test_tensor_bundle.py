"""TensorFlow's checkpoints are read without TensorFlow."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.signal import FloatArray
from segue.engines.models.tensor_bundle import BadBundleError, read_tensor_bundle


def varint(value: int) -> bytes:
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A table block, each key sharing what it can with the one before."""
    content, former = b"", b""
    for key, value in entries:
        shared = next(
            (i for i, (a, b) in enumerate(zip(former, key, strict=False)) if a != b), min(len(former), len(key))
        )
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        former = key
    return content + bytes(4) + (1).to_bytes(4, "little")


def write_bundle(prefix: str, arrays: dict[str, FloatArray]) -> None:
    data, entries = b"", [(b"", b"\x08\x01\x1a\x02\x08\x01")]
    for name, array in sorted(arrays.items()):
        dimensions = b"".join(b"\x12" + varint(1 + len(varint(n))) + b"\x08" + varint(n) for n in array.shape)
        entry = b"\x08\x01\x12" + varint(len(dimensions)) + dimensions
        entry += b"\x20" + varint(len(data)) + b"\x28" + varint(array.nbytes) + b"\x35\0\0\0\0"
        entries.append((name.encode(), entry))
        data += array.tobytes()
    first = block(entries)
    handle = varint(0) + varint(len(first))
    index = block([(b"~", handle)])
    index_at = len(first) + 5
    footer = varint(0) + varint(0) + varint(index_at) + varint(len(index))
    table = first + bytes(5) + index + bytes(5) + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    Path(f"{prefix}.index").write_bytes(table)
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)


names = st.text("abc/_123", min_size=1, max_size=12)
shapes = st.lists(st.integers(1, 20), max_size=3).map(tuple)


@given(st.dictionaries(names, shapes, max_size=8))
def test_variables_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, shaped: dict[str, tuple[int, ...]]
) -> None:
    random = np.random.default_rng(0)
    arrays = {name: np.asarray(random.standard_normal(shape), dtype=np.float32) for name, shape in shaped.items()}
    prefix = f"{tmp_path_factory.mktemp('bundle')}/"
    write_bundle(prefix, arrays)
    read = read_tensor_bundle(prefix)
    assert read.keys() == arrays.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(read[name], values)


@pytest.mark.parametrize("kept", [0, 40, 100])
def test_a_truncated_index_is_refused(tmp_path: Path, kept: int) -> None:
    write_bundle(f"{tmp_path}/", {"kernel": np.zeros((3, 4), dtype=np.float32)})
    index = tmp_path / ".index"
    index.write_bytes(index.read_bytes()[:kept])
    with pytest.raises(BadBundleError):
        read_tensor_bundle(f"{tmp_path}/")


def test_truncated_data_is_refused(tmp_path: Path) -> None:
    write_bundle(f"{tmp_path}/", {"kernel": np.zeros((3, 4), dtype=np.float32)})
    (tmp_path / ".data-00000-of-00001").write_bytes(b"\0" * 47)
    with pytest.raises(BadBundleError, match="kernel"):
        read_tensor_bundle(f"{tmp_path}/")
