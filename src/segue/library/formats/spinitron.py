"""Spinitron: what a radio show played, for those who played it."""

from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import play_of, song_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head, UnreadableExport
from segue.library.formats.reading import Row, head_records, iso_moment_of, open_text, records_of

_COLUMNS = {"date-time", "artist", "song"}


def _is_header(cells: list[str]) -> bool:
    return {cell.lower() for cell in cells} >= _COLUMNS


def _is_show(head: Head) -> bool:
    return any(_is_header(cells) for cells in head_records(head))


def _spins(file: BinaryIO) -> Iterator[Entry]:
    names: tuple[str, ...] = ()
    for record in records_of(open_text(file)):
        if isinstance(record, Refusal):
            yield record
            continue
        line, cells = record
        if not names and _is_header(cells):
            names = tuple(cell.lower() for cell in cells)
        elif names and any(cells):
            row = Row(f"line {line}", dict(zip(names, cells, strict=False)))
            song = song_of(title=row["song"], artist=row["artist"], album=row["release"], isrc=row["isrc"])
            yield play_of(row.where, song, iso_moment_of(row["date-time"]))
    if not names:
        raise UnreadableExport("No line of this Spinitron playlist names its columns: Date-time, Artist, Song.")


FORMATS = (Format("spinitron", "Spinitron playlist", _is_show, _spins),)
