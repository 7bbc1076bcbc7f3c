"""What readers of tables share: rows in bounded memory, columns by name, cells as text, numbers and years."""

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import BinaryIO, Final, TextIO

from segue.catalog.songs.loaders.layout import Progress
from segue.catalog.songs.loaders.told import Refused
from segue.kit.errors import InvalidRequest

#: What is longer is no name, and no index takes it.
LONGEST_NAME: Final = 300
#: What is longer is cut there, and so is no row that can be read.
_LONGEST_LINE: Final = 2**20
_REPORT_EVERY: Final = 1_000
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
# What no name holds and no database takes: control characters (C0, C1), halves of surrogate pairs.
_UNKEEPABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_NOTHING: Final = frozenset({"NA", "nan", "NaN", "NULL"})


class Table:
    """The rows of a delimited text, each with the line where it ends; what is no row is refused alone.

    Parameters
    ----------
    file
        UTF-8, with or without a byte order mark; it is not closed.
    size
        Bytes, by which progress is told.
    quoted
        Whether fields may stand in quotation marks; else they are taken as they are.
    """

    def __init__(
        self, file: BinaryIO, size: int, progress: Progress, *, delimiter: str = ",", quoted: bool = True
    ) -> None:
        self._file, self._size, self._progress = file, max(1, size), progress
        text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
        self._text = text
        self._rows = csv.reader(
            _lines(text), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        )

    @property
    def line(self) -> str:
        """Where the row that was given last ends."""
        return f"line {self._rows.line_num}"

    def heading(self) -> list[str]:
        """Return the next row, by which columns are named; empty at the end."""
        try:
            return [name.strip() for name in next(self._rows, [])]
        except csv.Error:
            return []

    def __iter__(self) -> Iterator[list[str] | Refused]:
        """Give the rows that follow, without empty ones."""
        for count in range(1, 2**63):
            try:
                cells = next(self._rows)
            except StopIteration:
                break
            except csv.Error as error:
                yield Refused(self.line, str(error))
                continue
            if count % _REPORT_EVERY == 0:
                self._progress(min(1.0, self._file.tell() / self._size))
            if any(cells):
                yield cells
        self._text.detach()


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        yield line


def require(names: Collection[str], wanted: Sequence[str], what: str) -> None:
    """Raise `InvalidRequest` if a table lacks columns, and name them."""
    if missing := [name for name in wanted if name not in names]:
        raise InvalidRequest(
            f"{what} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}:"
            " it is no such table, or of a layout that this version of Segue does not know."
        )


def text_of(value: str) -> str:
    """Return a foreign value as one line of text that can be kept."""
    return _UNKEEPABLE.sub(" ", value).strip()


def text_in(cells: Sequence[str], column: int) -> str:
    """Return a cell as text; empty where there is none, or a word for nothing."""
    value = text_of(cells[column]) if 0 <= column < len(cells) else ""
    return "" if value in _NOTHING else value


def number_of(value: str, least: float, most: float) -> float | None:
    """Return a number within bounds, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and least <= number <= most else None


def duration_ms_of(value: str, *, unit_ms: float = 1.0) -> int | None:
    """Return a duration in milliseconds, or None where it is none that a song has."""
    number = number_of(value, 0, 2**31)
    milliseconds = round(number * unit_ms) if number else 0
    return milliseconds if 1 <= milliseconds < 2**31 else None


def year_of(value: str) -> int | None:
    """Return the year with which a date begins, or None."""
    year = _YEAR.match(value)
    return int(year[0]) if year else None


def unnamed(title: str, artist: str) -> str | None:
    """Return why a title and an artist name no song, or None."""
    if not title:
        return "no title"
    return "longer than any song's name" if max(len(title), len(artist)) > LONGEST_NAME else None


def words_of(values: Iterable[str]) -> frozenset[str]:
    """Return those of some labels that can be one."""
    return frozenset(value for value in values if value and len(value) <= LONGEST_NAME)
