"""JSON is read an entry at a time, and a hostile or broken document harms nobody."""

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO, RawIOBase, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.library.formats.entries import Refusal
from segue.library.formats.format import Head, UnreadableExport
from segue.library.formats.json_stream import _Guarded, first_at, items_of, json_lines_of, paths_of, text_at


def _items(data: bytes, path: str = "item") -> list[object]:
    return [found if isinstance(found, Refusal) else found[1] for found in items_of(BytesIO(data), path)]


def test_the_items_of_a_list_come_with_their_places() -> None:
    found = list(items_of(BytesIO(b'{"user": "x", "listens": [{"a": 1}, null, "text"]}'), "listens.item"))
    assert found == [("entry 1", {"a": 1}), ("entry 2", None), ("entry 3", "text")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    assert _items('["Ärger"]'.encode(encoding)) == ["Ärger"]


def test_what_precedes_a_cut_is_read_and_the_cut_is_told() -> None:
    *items, last = _items(b'[{"a": 1}, {"a": 2}, {"a"')
    assert items == [{"a": 1}, {"a": 2}]
    assert isinstance(last, Refusal)
    assert last.where == "after entry 2"


@pytest.mark.parametrize("data", [b"", b"[", b"nonsense", b"[" * 200_000, b'{"a":' * 50_000, b'[["]",' * 50_000])
def test_what_is_no_document_is_refused_quickly(data: bytes) -> None:
    with pytest.raises(UnreadableExport):
        _items(data)


@pytest.mark.parametrize("number", [b"9" * 5_000, b"-" + b"9" * 200_000, b"1" * 65_530 + b"0" * 10_000])
@pytest.mark.parametrize("form", [b"[1, %s]", b'{"a": %s}', b'[{"a": %s, "b": 1}]'])
def test_a_number_that_crashes_the_parser_does_not_reach_it(form: bytes, number: bytes) -> None:
    paths_of(Head((form % number)[:65_536]))
    with suppress(UnreadableExport):
        list(items_of(BytesIO(b" " * 60_000 + form % number), "item"))


def test_brackets_within_texts_are_no_depth() -> None:
    texts = ["[{" * 300, '\\"[[[' * 300, "\\\\", '"' * 5]
    assert _items(json.dumps(texts * 100).encode()) == texts * 100


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text(alphabet='\\"[]{}a', max_size=30), max_size=30), st.integers(1, 7))
def test_the_depth_is_known_however_the_text_is_cut(texts: list[str], size: int) -> None:
    guarded = _Guarded(StringIO(json.dumps(texts)))
    while guarded.read(size):
        pass
    assert guarded._depth == 0


class _Endless(RawIOBase):
    """A document of one entry that never ends, made as it is read."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._begun = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._begun = False
        return 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is wider
        count = min(len(buffer), self._left)
        self._left -= count
        buffer[:count] = b"x" * count
        if not self._begun and count > 1:
            buffer[:2] = b'["'
            self._begun = True
        return count

    def read(self, size: int = -1) -> bytes:
        part = bytearray(65_536 if size < 0 else size)
        return bytes(part[: self.readinto(memoryview(part))])

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)


def test_an_endless_entry_is_refused_in_bounded_memory() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableExport):
            list(items_of(_Endless(500_000_000), "item"))  # type: ignore[arg-type]  # a BinaryIO in all that is used
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


def test_a_value_is_found_wherever_it_stands_and_the_file_is_back_at_its_start() -> None:
    file = BytesIO(b'{"playlist": {"track": [1, 2], "title": "Mine"}}')
    assert first_at(file, "playlist.title") == "Mine"
    assert first_at(file, "playlist.creator") is None
    assert file.tell() == 0


def test_lines_that_are_no_json_are_refused_and_the_others_read() -> None:
    lines: Iterator[object] = json_lines_of(BytesIO(b'{"a": 1}\n\nnot json\r\n' + b"[" * 100_000 + b"\n[2]"))
    assert [found if isinstance(found, tuple) else found.where for found in lines] == [  # type: ignore[attr-defined]
        ("line 1", {"a": 1}),
        "line 3",
        "line 4",
        ("line 5", [2]),
    ]


def test_the_paths_of_a_beginning_are_known_though_it_is_cut() -> None:
    assert {"listens", "listens.item.track.title"} <= paths_of(Head(b'{"listens": [{"track": {"title": "A", "al'))
    assert paths_of(Head(b"Artist - Title")) == frozenset()


@pytest.mark.parametrize(
    ("value", "expected"), [(" a ", "a"), (3, "3"), (None, ""), (True, ""), ([1], ""), ({"b": 1}, "")]
)
def test_only_texts_and_numbers_are_text(value: object, expected: str) -> None:
    assert text_at({"x": value}, "x") == expected


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    for prefix in (b"", b"[", b'{"a": [1, '):
        with suppress(UnreadableExport):
            list(items_of(BytesIO(prefix + data), "a.item"))
        list(json_lines_of(BytesIO(prefix + data)))
        paths_of(Head(prefix + data))
