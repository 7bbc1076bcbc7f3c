"""A long list of objects is read entry by entry, and goes on behind what is broken."""

import json
import tracemalloc
from io import BytesIO, RawIOBase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.library.formats.entries import Refusal
from segue.library.formats.format import UnreadableExport
from segue.library.formats.json_list import entries_of


def _read(data: bytes | str) -> list[object]:
    data = data.encode() if isinstance(data, str) else data
    return [found.where if isinstance(found, Refusal) else found[1] for found in entries_of(BytesIO(data), "a")]


def test_entries_come_with_their_numbers() -> None:
    found = list(entries_of(BytesIO(b'[{"a": 1}, null, 7, {}]'), "a"))
    assert found == [(1, {"a": 1}), (2, None), (3, 7), (4, {})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    assert _read('[{"a": "Arger"}, {"a": "\u00c4rger"}]'.encode(encoding))[0] == {"a": "Arger"}


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ('[{"a": 1}, {"a" 2}, {"a": 3}]', [{"a": 1}, "entry 2", {"a": 3}]),
        ('[{"a": 1}, {"a": "lost}, {"a": 3}, {"a": 4}]', [{"a": 1}, "entry 2", {"a": 3}, {"a": 4}]),
        ('[{"a": 1}, {"a": 2, {"a": 3}]', [{"a": 1}, "entry 2", {"a": 3}]),
        ('[{"a": 1} {"a": 2}], {"a": 3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
        ('[{"a": 1}, {"a": [{"name": "x"}, nul], "b": 1}, {"a": 3}]', [{"a": 1}, "entry 2", {"a": 3}]),
        ('[{"a": 1}, {"a": 2', [{"a": 1}, "entry 2"]),
        ("[", []),
        ("[]", []),
        ('[{"a": 1' + "0" * 5000 + '}, {"a": 2}]', ["entry 1", {"a": 2}]),
        ("[" + "[" * 100_000 + ', {"a": 2}]', ["entry 1", {"a": 2}]),
    ],
)
def test_a_broken_entry_takes_no_other_with_it(text: str, entries: list[object]) -> None:
    assert _read(text) == entries


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '"[', "\x00\xff"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(UnreadableExport):
        _read(text)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.dictionaries(st.just("a"), st.text(), min_size=1), max_size=20), st.sampled_from([None, 1, 4]))
def test_whatever_json_says_is_what_is_read(entries: list[dict[str, str]], indent: int | None) -> None:
    assert _read(json.dumps(entries, indent=indent)) == entries


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet='{}[]",:a1\\ \n', max_size=30))
def test_nothing_between_entries_takes_one_with_it(bad: str) -> None:
    entries = [{"a": f"{number}"} for number in range(6)]
    texts = [json.dumps(entry) for entry in entries]
    found = _read("[" + ",".join([*texts[:3], bad, *texts[3:]]) + "]")
    assert [entry for entry in found if entry in entries] == entries


class _Repeated(RawIOBase):
    """A file of the same bytes over and over."""

    def __init__(self, start: bytes, unit: bytes, size: int) -> None:
        self._start, self._unit, self._size, self._at = start, unit * (2**16 // len(unit)), size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = (self._start if self._at == 0 else self._unit)[: min(len(buffer), max(0, self._size - self._at))]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@pytest.mark.parametrize(
    ("start", "unit"),
    [(b'[{"a":"', b"x"), (b"[", b" "), (b"[", b'{"b":'), (b"[", b'{"a":"%s"},' % (b"x" * 4086)), (b'[{"a":', b"[")],
)
def test_memory_does_not_grow_with_the_file(start: bytes, unit: bytes) -> None:
    tracemalloc.start()
    try:
        for _ in entries_of(_Repeated(start, unit, 16 * 2**20), "a"):  # type: ignore[arg-type]
            pass
        assert tracemalloc.get_traced_memory()[1] < 12 * 2**20
    finally:
        tracemalloc.stop()
