"""Files for the readers' tests: read as the only format that recognises them, or spoilt at random."""

import json
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any

from hypothesis import strategies as st

from segue.library.formats.entries import Entry, Kept, Listen, Omission, Refusal
from segue.library.formats.format import HEAD_BYTES, Format, Head, UnreadableExport
from segue.library.formats.registry import FORMATS
from tests.data import data_path

_STUMBLING_BLOCKS = [b"null", b"[]", b"{}", b'"', b"\n", b"1e999", b"-1", b"\xff\xfe", b"\x00", b"9" * 5000]


def formats_of(data: bytes, name: str = "") -> list[str]:
    """Return the names of all formats that recognise a file."""
    return [each.name for each in FORMATS if each.recognises(Head(data[:HEAD_BYTES], name))]


def format_named(name: str) -> Format:
    """Return a format."""
    return next(each for each in FORMATS if each.name == name)


def entries_of(data: bytes | str, expected: str, name: str = "") -> list[Entry]:
    """Read a file that one format only recognises, the expected one."""
    data = data.encode() if isinstance(data, str) else data
    assert formats_of(data, name) == [expected]
    return list(format_named(expected).read(BytesIO(data)))


def entries_of_sample(relative: str, expected: str) -> list[Entry]:
    """Read a real sample file of the exports."""
    path = data_path(f"exports/{relative}")
    return entries_of(path.read_bytes(), expected, path.name)


def as_json(value: Any) -> str:
    """Return a document."""
    return json.dumps(value, ensure_ascii=False)


def as_lines(values: Sequence[Any]) -> str:
    """Return a document for each line."""
    return "".join(as_json(value) + "\n" for value in values)


def told(entries: Sequence[Entry]) -> list[str]:
    """Return each entry in a word: the song's title, or what is said of a row that gives none."""
    return [_told(entry) for entry in entries]


def _told(entry: Entry) -> str:
    match entry:
        case Listen(song=song) | Kept(song=song):
            return song.title
        case Refusal(where=where):
            return f"refused {where}"
        case Omission(where=where, reason=reason):
            return f"{reason}, {where}"


def survives(file_format: Format, data: bytes) -> list[Entry]:
    """Read anything; only `UnreadableExport` may be raised."""
    entries: list[Entry] = []
    with suppress(UnreadableExport):
        entries.extend(file_format.read(BytesIO(data)))
    return entries


@st.composite
def spoilt(draw: st.DrawFn, data: bytes) -> bytes:
    """Change a file at a few places: bytes lost, doubled, replaced by others or by what parsers stumble over."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        put = draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from(
                    [b"null", b"[]", b"{}", b'"', b"\n", b"1e999", b"-1", b"\xff\xfe", b"\x00", b"9" * 5000]
                ),
                st.just(data[start:end] * 2),
            )
        )
        data = data[:start] + put + data[end:]
    return data
