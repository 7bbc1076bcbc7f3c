"""Pano Scrobbler: the file that the app keeps beside, or instead of, a service."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from segue.library.formats.building import kept_of, play_of, song_of, unix_moment_of
from segue.library.formats.entries import Entry, Omission, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import first_lines_of, json_lines_of
from segue.library.formats.reading import columns_of, open_text, rows_of, text_of, whole_of

_COLUMNS = {"timems", "artist", "track"}


def _is_lines(head: Head) -> bool:
    lines = (line for line in first_lines_of(head) if isinstance(line, dict))
    return any({key.lower() for key in line} >= _COLUMNS for line in lines)


def _is_table(head: Head) -> bool:
    return set(columns_of(head)) >= _COLUMNS


def _entry(where: str, cells: Mapping[str, str]) -> Entry:
    song = song_of(
        title=cells.get("track", ""),
        artist=cells.get("artist", ""),
        album=cells.get("album", ""),
        duration_ms=whole_of(cells.get("durationms", "")),
    )
    moment = unix_moment_of(cells.get("timems", ""), per_second=1000)
    match cells.get("event", ""):
        case "love":
            return kept_of(where, song, added_at=moment, liked=True)
        case "" | "scrobble":
            return play_of(where, song, moment)
        case _:
            return Omission(where, "not a play")


def _lines(file: BinaryIO) -> Iterator[Entry]:
    for found in json_lines_of(file):
        if isinstance(found, Refusal):
            yield found
        else:
            where, document = found
            values = document if isinstance(document, dict) else {}
            yield _entry(where, {key.lower(): text_of(value) for key, value in values.items()})


def _rows(file: BinaryIO) -> Iterator[Entry]:
    for row in rows_of(open_text(file)):
        yield row if isinstance(row, Refusal) else _entry(row.where, row.cells)


FORMATS = (
    Format("panoscrobbler", "Pano Scrobbler (JSONL)", _is_lines, _lines),
    Format("panoscrobbler-csv", "Pano Scrobbler (CSV)", _is_table, _rows),
)
