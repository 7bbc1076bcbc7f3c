"""What an engine read in an image, as cells of a list: each with what kind of thing it says."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from segue.engines.ocr import Box, TextLine

Kind = Literal["text", "number", "clock", "count", "date"]

#: What was read with less is a picture's ornament, or an icon.
_READABLE: Final = 0.5
#: A single letter is an icon more often than a word.
_LETTER: Final = 0.9
_CLOCK: Final = re.compile(r"-?(?:\d{1,2}:)?\d{1,3}[:：]\d{2}")  # noqa: RUF001 - as East Asian type has it
_NUMBER: Final = re.compile(r"#?\d{1,4}[.)]?")
_COUNT: Final = re.compile(r"\d{1,3}(?:[., ]\d{3})+|\d+(?:[.,]\d+)? ?[KMB]|\d{5,}", re.IGNORECASE)
_COUNTED: Final = re.compile(
    r"(?:\d[\d., ]*[KMB]?\+?) ?"
    r"(?:plays?|views?|listens?|streams?|listeners?|monthly listeners|likes?|songs?|tracks?|titles?|minutes?|min|sec"
    r"|hr|hours?|h|m|s)\b.*",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|(?:an?|\d+) (?:second|minute|hour|day|week|month|year)s? ago|today|yesterday"
    r"|[^\W\d]{3,9}\.? ?\d{1,2}, ?\d{4}|\d{1,2}\.? [^\W\d]{3,9}\.?,? \d{4}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Some words on a screen, and what kind of thing they say."""

    text: str
    box: Box
    confidence: float
    kind: Kind


def kind_of(text: str) -> Kind:
    """Return what a text says: a place in a list, a duration, how often it was played, when; else it is words."""
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("clock", _CLOCK),
        ("number", _NUMBER),
        ("count", _COUNT),
        ("count", _COUNTED),
        ("date", _DATE),
    )
    return next((kind for kind, pattern in patterns if pattern.fullmatch(text)), "text")


def cells_of(lines: Iterable[TextLine]) -> list[Cell]:
    """Return what of the lines may belong to a list, icons and ornaments left out."""
    cells = []
    for line in lines:
        text = " ".join(line.text.split())
        if line.confidence < _READABLE or not any(map(str.isalnum, text)):
            continue
        if len(text) == 1 and line.confidence < _LETTER:
            continue
        cells.append(Cell(text, line.box, line.confidence, kind_of(text)))
    return cells


def height_of(cells: Sequence[Cell]) -> float:
    """Return how high a line of some cells is, as a rule."""
    return median(cell.box.height for cell in cells)


def clock_ms(text: str) -> int | None:
    """Return the milliseconds of a duration ("3:45", "1:02:03"), or None where it is none."""
    if not _CLOCK.fullmatch(text):
        return None
    total = 0
    for part in re.findall(r"\d+", text):
        total = total * 60 + int(part)
    return total * 1000 or None
