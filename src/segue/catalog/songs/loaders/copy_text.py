"""PostgreSQL's COPY text format, in which MusicBrainz dumps its tables: a row a line, tabs between, backslashes."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from segue.catalog.songs.loaders.told import Refused

#: No row of an honest dump is longer.
_LONGEST_ROW: Final = 2**20
_NULL: Final = "\\N"
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_CONTROL: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
Row = list[str | None]


def rows_of(file: BinaryIO, name: str, progress: Callable[[], None]) -> Iterator[Row | Refused]:
    """Read a table row by row.

    Parameters
    ----------
    name
        What the table is called where a row is refused.
    progress
        Called now and then.
    """
    number = 0
    while line := file.readline(_LONGEST_ROW):
        number += 1
        if number % 10_000 == 0:
            progress()
        if not line.endswith(b"\n") and len(line) == _LONGEST_ROW:
            yield Refused(f"{name}, row {number}", "too long")
            while (rest := file.readline(_LONGEST_ROW)) and not rest.endswith(b"\n"):
                progress()
            continue
        text = line.decode(errors="replace").removesuffix("\n").removesuffix("\r")
        if text and text != "\\.":
            yield [None if field == _NULL else _plain(field) for field in text.split("\t")]


def _plain(field: str) -> str:
    return _ESCAPE.sub(_unescaped, field) if "\\" in field else field


def _unescaped(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] in "01234567":
        return chr(int(said, 8) & 0xFF)
    if said[0] == "x" and len(said) > 1:
        return chr(int(said[1:], 16))
    return _CONTROL.get(said, said)
