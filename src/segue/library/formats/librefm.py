"""Libre.fm: scrobbles as a table below comments, as Libre.fm and Maloja write it."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import day_and_time_of, play_of, song_of, unix_moment_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head, UnreadableExport
from segue.library.formats.reading import Row, head_records, open_text, records_of

_COMMENTS = ("#", "+ACM-")
_COLUMNS = {"artist", "track", "time"}
# Libre.fm's exports have passed through UTF-7, in which "+ACM-" is "#"; a character takes at least three letters.
_UTF_7 = re.compile(r"\+([A-Za-z0-9+/]{3,64})-")


def _is_comment(cells: list[str]) -> bool:
    return bool(cells) and cells[0].startswith(_COMMENTS)


def _is_header(cells: list[str]) -> bool:
    return {cell.lower() for cell in cells} >= _COLUMNS


def _is_librefm(head: Head) -> bool:
    records = [cells for cells in head_records(head) if any(cells)]
    if any("libre.fm" in cells[0].lower() for cells in records if _is_comment(cells)):
        return True
    first = next((cells for cells in records if not _is_comment(cells)), [])
    return _is_header(first) and "uts" not in {cell.lower() for cell in first}


def _scrobbles(file: BinaryIO) -> Iterator[Entry]:
    names: tuple[str, ...] = ()
    is_utf_7 = False
    for record in records_of(open_text(file)):
        if isinstance(record, Refusal):
            yield record
            continue
        line, cells = record
        if not names:
            is_utf_7 = is_utf_7 or (bool(cells) and cells[0].startswith("+ACM-"))
            if not _is_comment(cells) and _is_header(cells):
                names = tuple(cell.lower() for cell in cells)
        elif any(cells):
            readable = [_from_utf_7(cell) for cell in cells] if is_utf_7 else cells
            yield _play(Row(f"line {line}", dict(zip(names, readable, strict=False))))
    if not names:
        raise UnreadableExport("No line of this Libre.fm export names its columns: Artist, Track, Album, Time.")


def _play(row: Row) -> Entry:
    song = song_of(title=row["track"], artist=row["artist"], album=row["album"])
    return play_of(row.where, song, unix_moment_of(row["time"]) or day_and_time_of(row["time"]))


def _from_utf_7(cell: str) -> str:
    return _UTF_7.sub(_decoded, cell)


def _decoded(found: re.Match[str]) -> str:
    try:
        return found[0].encode("ascii").decode("utf-7")
    except UnicodeDecodeError:
        return found[0]


FORMATS = (Format("librefm", "Libre.fm", _is_librefm, _scrobbles),)
