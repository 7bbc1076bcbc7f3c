"""What readers of text files share: encodings as they occur in the wild, tables by column name, dates, ids."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import BinaryIO, TextIO

from segue.kit.clock import now
from segue.library.formats.entries import Platform, Refusal
from segue.library.formats.format import HEAD_BYTES, Head

#: No row, and no field of one, is longer in an honest file.
LONGEST_FIELD = 131_072
#: No row of an honest file goes over more lines.
_LONGEST_RECORD = 32
#: So many records tell what a table is.
_LOOKED_AT = 200
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPOTIFY = re.compile(
    r"(?:spotify:track:|(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?"
)
_YOUTUBE = re.compile(r"(?:[?&]v=|youtu\.be/|/shorts/|/embed/)([\w-]{11})(?![\w-])")
# What no title holds and no database takes: control characters (C0, C1), halves of surrogate pairs.
_UNKEEPABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_HALVES = re.compile(r"[\ud800-\udfff]")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f]")
_LONGEST_PLAY_MS = 24 * 3_600_000
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def encoding_of(head: bytes, *, whole: bool = False) -> str:
    """Guess a text's encoding from its beginning: by its mark, else UTF-8 if it is that, else Windows-1252."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head, final=whole)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def text_of_head(head: Head) -> str:
    """Decode a file's beginning, leniently: for recognising only. What is no text is an empty one."""
    text = head.data.decode(encoding_of(head.data), errors="replace").replace("\x00", "").removeprefix("\ufeff")
    is_binary = head.data.startswith(_ARCHIVES) or len(_CONTROLS.findall(text)) * 100 > len(text)
    return "" if is_binary else text


def open_text(file: BinaryIO, *, encoding: str | None = None) -> TextIO:
    """Read a binary file as text, line ends as they are; a byte that means nothing becomes U+FFFD, never an error.

    A file that begins as UTF-8 may turn out to be Latin-1 further down: then those bytes are read as Windows-1252.
    The file stays open when the text is closed: it is its owner's.
    """
    encoding = encoding or encoding_of(file.read(HEAD_BYTES))
    file.seek(0)
    return _Text(file, encoding=encoding, errors=_AS_WINDOWS_1252 if "utf-8" in encoding else "replace", newline="")


class _Text(io.TextIOWrapper):
    """A text over somebody else's file."""

    def close(self) -> None:
        with suppress(ValueError):
            self.detach()


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


_AS_WINDOWS_1252 = "segue.windows-1252"
codecs.register_error(_AS_WINDOWS_1252, _as_windows_1252)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells by column, stripped; where it stands, for people."""

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell, or an empty string where the column is not there."""
        return self.cells.get(column, "")


def lines_of(text: TextIO) -> Iterator[str]:
    """Give a text's lines; one that is longer than any honest line comes in pieces, so that memory stays bounded."""
    while line := text.readline(LONGEST_FIELD):
        yield line.replace("\x00", "")


def numbered_lines(text: TextIO) -> Iterator[tuple[int, str]]:
    """Give a text's lines with their numbers, from 1; of one that is longer than any honest line the beginning."""
    number = 0
    begins = True
    for piece in lines_of(text):
        if begins:
            number += 1
            yield number, piece
        begins = piece.endswith(("\n", "\r"))


class _Records:
    """The records of a delimited text, each parted on its own, so that a broken one takes no other with it."""

    def __init__(self, text: TextIO, delimiter: str) -> None:
        self._lines = numbered_lines(text)
        self._again: list[tuple[int, str]] = []
        self._delimiter = delimiter
        self._width = 0

    def _next_line(self) -> tuple[int, str] | None:
        return self._again.pop(0) if self._again else next(self._lines, None)

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Refusal]:
        while first := self._next_line():
            yield self._record(first)

    def _record(self, first: tuple[int, str]) -> tuple[int, list[str]] | Refusal:
        taken = [first]
        is_open = False

        def feed() -> Iterator[str]:
            nonlocal is_open
            yield first[1]
            while len(taken) < _LONGEST_RECORD and (line := self._next_line()):
                taken.append(line)
                yield line[1]
            is_open = True

        try:
            cells = next(csv.reader(feed(), delimiter=self._delimiter), [])
        except csv.Error as error:
            return self._refuse(taken, f"not a row: {error}")
        if is_open:
            return self._refuse(taken, "a quotation mark is opened and not closed")
        if len(taken) > 1 and not self._is_sound([line for _, line in taken]):
            return self._refuse(taken, "a quotation mark runs into the next row")
        self._width = self._width or (len(cells) if len(cells) > 1 else 0)
        return first[0], [cell.strip() for cell in cells]

    def _is_sound(self, lines: list[str]) -> bool:
        try:
            cells = next(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return False
        return not self._width or len(cells) == self._width

    def _refuse(self, taken: list[tuple[int, str]], reason: str) -> Refusal:
        self._again = taken[1:] + self._again
        return Refusal(f"line {taken[0][0]}", reason)


def records_of(text: TextIO, *, delimiter: str = ",") -> Iterator[tuple[int, list[str]] | Refusal]:
    """Part a delimited text into its records: the line where each begins, and its cells, stripped.

    A record that cannot be parted is refused alone: where it had swallowed further lines, these are read on their own.
    """
    return iter(_Records(text, delimiter))


def rows_of(text: TextIO, *, delimiter: str = ",", columns: tuple[str, ...] | None = None) -> Iterator[Row | Refusal]:
    """Read a delimited table, by the names in its first row (lower case, stripped) or by the given ones.

    Rows that the csv module cannot part are refused, each with its line; rows that are wholly empty are skipped.
    """
    names = columns
    for record in records_of(text, delimiter=delimiter):
        if isinstance(record, Refusal):
            yield record
            continue
        line, cells = record
        if names is None:
            names = tuple(cell.lower() for cell in cells)
        elif any(cells):
            yield Row(f"line {line}", dict(zip(names, cells, strict=False)))


def text_of(value: object) -> str:
    """Return a foreign value as one line of text that can be kept: a number as its text, anything else empty."""
    if isinstance(value, str):
        text = value.strip()
        return text if text.isprintable() else _HALVES.sub("\ufffd", _UNKEEPABLE.sub(" ", text)).strip()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    return ""


@lru_cache(maxsize=8)
def head_records(head: Head, *, delimiter: str = ",") -> tuple[list[str], ...]:
    """Part the beginning of a delimited text into records, without the last where it is cut: for recognising."""
    records = records_of(io.StringIO(text_of_head(head), newline=""), delimiter=delimiter)
    first = list(islice(records, _LOOKED_AT))
    if len(head.data) >= HEAD_BYTES and len(first) < _LOOKED_AT:
        first = first[:-1]
    return tuple(record[1] for record in first if not isinstance(record, Refusal))


@lru_cache(maxsize=8)
def columns_of(head: Head, *, delimiter: str = ",") -> tuple[str, ...]:
    """Return the names in a table's first row, lower case: for recognising."""
    text = text_of_head(head)
    first = next(records_of(io.StringIO(text, newline=""), delimiter=delimiter), None)
    return () if first is None or isinstance(first, Refusal) else tuple(cell.lower() for cell in first[1])


def spotify_id_of(value: str) -> str | None:
    """Return the 22 characters of a Spotify track from an id, a URI or an address; None for anything else."""
    found = _SPOTIFY.fullmatch(value.strip())
    return found.group(1) if found else None


def youtube_id_of(address: str) -> str | None:
    """Return the 11 characters of a video from an address of YouTube or YouTube Music, or None."""
    found = _YOUTUBE.search(address)
    return found.group(1) if found else None


def ids_of(**ids: str | None) -> Mapping[Platform, str]:
    """Return those ids that are there."""
    return {platform: value for platform, value in ids.items() if value}  # type: ignore[misc]  # keywords are platforms


def moment_of(seconds: float) -> datetime | None:
    """Return the moment of a Unix time in seconds, UTC, or None where nobody can have played music then."""
    with suppress(ValueError, OverflowError, OSError):
        return plausible(datetime.fromtimestamp(seconds, UTC))
    return None


def iso_moment_of(value: str) -> datetime | None:
    """Return the moment of an ISO 8601 text, taken for UTC where it names no zone, or None where it is none."""
    try:
        moment = datetime.fromisoformat(value.strip())
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return plausible(aware)


def began_at(ended: datetime | None, played_ms: int | None) -> datetime | None:
    """Return when a play began that ended then, or None where either is impossible."""
    if ended is None or (played_ms or 0) > _LONGEST_PLAY_MS:
        return None
    return ended - timedelta(milliseconds=played_ms or 0)


def plausible(moment: datetime) -> datetime | None:
    """Return the moment unless it is no time at which music can have been played by now (epoch zero, the future)."""
    return moment if _EARLIEST < moment < now() + timedelta(days=1) else None


def whole_of(value: object) -> int | None:
    """Return a whole number of at least zero from a number or its text, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
        return int(number) if 0 <= number < 2**62 else None
    except (ValueError, OverflowError):
        return None
