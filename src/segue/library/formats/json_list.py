"""The entries of a long JSON list, one by one, of which a broken one takes no other with it.

`json_stream` finds lists anywhere within a document. This is for files that are one list of objects and nothing else,
as listening histories are: it reads them three times as fast, and goes on behind an entry that is no valid JSON.
"""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from segue.library.formats.entries import Refusal
from segue.library.formats.format import UnreadableExport
from segue.library.formats.reading import open_text

#: So many characters are in view when an entry is read: no honest entry is longer.
_IN_VIEW = 2**18
_PORTION = 2**20
#: So many places are tried at most in search of the next valid entry.
_TRIES = 200
_BEGINNING = re.compile(r"[\ufeff\s]*\[")
_BETWEEN = re.compile(r"[\s,\]]*")
_BROKEN = object()
_decode = json.JSONDecoder(strict=False).raw_decode


class _View:
    """A text from where it is being read on."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.data = ""
        self.at = 0
        self.ended = False

    def fill(self) -> None:
        """Have an entry's length in view, or all that is left."""
        if not self.ended and len(self.data) - self.at < _IN_VIEW:
            portion = self._text.read(_PORTION)
            self.ended = not portion
            self.data = self.data[self.at :] + portion.replace("\x00", "")
            self.at = 0

    def pass_over(self, pattern: re.Pattern[str]) -> bool:
        """Go behind what lies between entries; False where nothing follows."""
        while True:
            self.fill()
            if found := pattern.match(self.data, self.at):
                self.at = found.end()
            if self.at < len(self.data):
                self.fill()
                return True
            if self.ended:
                return False

    def find_entry(self, mark: str) -> bool:
        """Go to the next valid object with the key; False where there is none, or none is near."""
        for _ in range(_TRIES):
            self.at += 1
            if not self._find_brace():
                return False
            try:
                entry, _ = _decode(self.data, self.at)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict) and mark in entry:
                return True
        return False

    def _find_brace(self) -> bool:
        while True:
            self.fill()
            found = self.data.find("{", self.at)
            if found >= 0:
                self.at = found
                self.fill()
                return True
            self.at = len(self.data)
            if self.ended:
                return False


def entries_of(file: BinaryIO, mark: str) -> Iterator[tuple[int, object] | Refusal]:
    """Give the entries of a JSON list with their numbers, from 1, in bounded memory.

    Parameters
    ----------
    mark : str
        A key that every entry has: behind a broken entry the next valid object with this key is the next entry.

    Raises
    ------
    UnreadableExport
        If the file is no list.
    """
    view = _View(open_text(file))
    view.fill()
    beginning = _BEGINNING.match(view.data)
    if beginning is None:
        raise UnreadableExport("This file is not the list that it should be: export it again.")
    view.at = beginning.end()
    number = 0
    while view.pass_over(_BETWEEN):
        number += 1
        try:
            entry, after = _decode(view.data, view.at)
        except (ValueError, RecursionError):
            entry = _BROKEN
        # What a stray quotation mark or bracket opens takes whole entries with it: it is not believed.
        if entry is _BROKEN or isinstance(entry, str | list):
            goes_on = view.find_entry(mark)
            yield Refusal(f"entry {number}", "broken" if goes_on else "broken, or the file is cut off here")
            if not goes_on:
                return
        else:
            view.at = after
            yield number, entry
