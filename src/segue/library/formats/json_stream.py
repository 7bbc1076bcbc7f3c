"""JSON of any length, an entry at a time: long lists within a document, and documents of one line each."""

import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from io import StringIO
from typing import Any, BinaryIO, TextIO

import ijson
from ijson.common import JSONError, ObjectBuilder

from segue.library.formats.entries import Refusal
from segue.library.formats.format import Head, UnreadableExport
from segue.library.formats.reading import LONGEST_FIELD, numbered_lines, open_text, text_of, text_of_head

#: No export nests deeper. A parser's work grows with the square of the depth.
_DEEPEST = 100
#: So many characters at most make one entry, or lie between two.
_LONGEST_ENTRY = 2**24
# A number of so many digits: the parser's C crashes on one that Python will not make an integer of (from 4,300).
_ENDLESS_NUMBER = re.compile(r"(?<!\d)\d{400}")
_BRACKETS = re.compile(r"[\[{]+|[\]}]+")
# Exponents beyond all measure are an ArithmeticError.
_BROKEN = (JSONError, ValueError, ArithmeticError, RecursionError, UnreadableExport)


class _Guarded:
    """A JSON text as the UTF-8 that the parser wants, as long as it is one that an honest exporter writes."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._depth = 0
        self._in_string = False
        self._carry = ""
        self._digits = ""
        self.since_entry = 0

    def read(self, size: int) -> bytes:
        part = self._text.read(size).replace("\x00", "")
        self.since_entry += len(part)
        if self.since_entry > _LONGEST_ENTRY:
            raise UnreadableExport("An entry of this file is too long to be a song's.")
        outside = self._outside_strings(part)
        self._watch_numbers(outside)
        self._watch_depth(outside)
        return part.encode("utf-8", errors="replace")

    def _outside_strings(self, part: str) -> str:
        plain = (self._carry + part).replace("\\\\", "")
        self._carry = "\\" if plain.endswith("\\") else ""
        pieces = plain.removesuffix("\\").replace('\\"', "").split('"')
        outside = "".join(pieces[int(self._in_string) :: 2])
        self._in_string ^= len(pieces) % 2 == 0
        return outside

    def _watch_numbers(self, outside: str) -> None:
        joined = self._digits + outside
        if _ENDLESS_NUMBER.search(joined):
            raise UnreadableExport("This file holds a number that is none of a song's.")
        tail = joined[-400:]
        self._digits = tail[len(tail.rstrip("0123456789")) :]

    def _watch_depth(self, outside: str) -> None:
        opened = outside.count("[") + outside.count("{")
        if self._depth + opened <= _DEEPEST:
            self._depth += opened - outside.count("]") - outside.count("}")
            return
        for brackets in _BRACKETS.findall(outside):
            self._depth += len(brackets) if brackets[0] in "[{" else -len(brackets)
            if self._depth > _DEEPEST:
                raise UnreadableExport("This file nests deeper than any export does.")


def items_of(file: BinaryIO, path: str) -> Iterator[tuple[str, object] | Refusal]:
    """Give the items of a list deep within a JSON document, each with its place ("entry 1"), in bounded memory.

    Parameters
    ----------
    path : str
        As ijson writes it: ``listens.item`` for ``{"listens": [...]}``.

    Raises
    ------
    UnreadableExport
        If the document breaks before its first entry. If it breaks later, that is the last thing told, a `Refusal`.
    """
    guarded = _Guarded(open_text(file))
    number = 0
    try:
        for item in ijson.items(guarded, path):
            number += 1
            guarded.since_entry = 0
            yield f"entry {number}", item
    except _BROKEN as error:
        if number == 0:
            raise UnreadableExport("This file is broken or incomplete: export it again.") from error
        yield Refusal(f"after entry {number}", "the file is broken or cut off here: what follows cannot be read")


def parts_of(file: BinaryIO, paths: Collection[str]) -> Iterator[tuple[str, object] | Refusal]:
    """Give what lies at any of several paths of a JSON document, each with its path, in the document's order.

    Raises
    ------
    UnreadableExport
        If the document breaks before the first of them. If it breaks later, that is the last thing told.
    """
    guarded = _Guarded(open_text(file))
    builder: Any = None
    within = ""
    found = 0
    try:
        for path, event, value in ijson.parse(guarded):
            if not within and path in paths:
                within, builder = path, ObjectBuilder()  # type: ignore[no-untyped-call]  # ijson has no types
            if not within:
                continue
            builder.event(event, value)
            if path == within and event not in {"start_map", "start_array", "map_key"}:
                within = ""
                found += 1
                guarded.since_entry = 0
                yield path, builder.value
    except _BROKEN as error:
        if not found:
            raise UnreadableExport("This file is broken or incomplete: export it again.") from error
        yield Refusal("at the end", "the file is broken or cut off here: what follows cannot be read")


def first_at(file: BinaryIO, path: str) -> object:
    """Return the first value at a path of a JSON document, or None; the file is back at its start afterwards."""
    try:
        return next(iter(ijson.items(_Guarded(open_text(file)), path)), None)
    except _BROKEN:
        return None
    finally:
        file.seek(0)


def json_lines_of(file: BinaryIO) -> Iterator[tuple[str, object] | Refusal]:
    """Give the documents of a file that has one on each line, each with its place ("line 1"); empty lines are none."""
    for number, line in numbered_lines(open_text(file)):
        if not line.strip():
            continue
        if len(line) >= LONGEST_FIELD:
            yield Refusal(f"line {number}", "longer than any song's")
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError):
            yield Refusal(f"line {number}", "not JSON")


@lru_cache(maxsize=4)
def paths_of(head: Head) -> frozenset[str]:
    """Return the paths of all that a JSON document's beginning holds, empty where it is none: for recognising."""
    text = text_of_head(head)
    if not text.lstrip().startswith(("{", "[")):
        return frozenset()
    paths = set()
    try:
        for path, _, _ in ijson.parse(_Guarded(StringIO(text))):
            paths.add(path)
    except _BROKEN:
        pass
    return frozenset(paths)


@lru_cache(maxsize=4)
def first_lines_of(head: Head) -> tuple[object, ...]:
    """Return the documents on the first lines, those that are whole and valid: for recognising."""
    lines = text_of_head(head).split("\n", 20)[:20]
    documents = []
    for line in lines:
        try:
            documents.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return tuple(documents)


def at(value: object, *path: str) -> object:
    """Return what lies at a path of keys, or None where anything on the way is missing or no object."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def items_at(value: object, *path: str) -> list[object]:
    """Return the list that lies at a path of keys, empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def text_at(value: object, *path: str) -> str:
    """Return the text that lies at a path of keys, as `text_of` reads it."""
    return text_of(at(value, *path))
