"""An export read, whatever it is: a file of any known format, or a ZIP of such files."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from segue.kit.processes import Progress, no_progress
from segue.library.formats.archives import is_archive, read_archive
from segue.library.formats.entries import Entry
from segue.library.formats.format import Head, entries_in
from segue.library.formats.registry import FORMATS, detect, not_recognised
from segue.library.importing.digest import Digest, DigestWriter

#: The format of a ZIP; its members' own formats are their listens' sources.
ARCHIVE = "zip"
_REPORT_EVERY = 5_000


def recognised(path: Path, filename: str) -> str:
    """Return the name of a file's format, or `ARCHIVE` for a ZIP that holds something known.

    Raises
    ------
    UnreadableExport
        It is nothing that can be imported; the message says what can.
    """
    with path.open("rb") as file:
        head = Head.of(file, filename)
        if is_archive(head):
            if any(member.format for member in read_archive(file, FORMATS)):
                return ARCHIVE
            raise not_recognised()
        found = detect(head)
        if found is None:
            raise not_recognised()
        return found.name


def read_export(path: Path, filename: str, folder: Path, *, progress: Progress = no_progress) -> Digest:
    """Read an export to its end and lay it down in an empty folder.

    Raises
    ------
    UnreadableExport
        It is nothing that can be imported, or as a whole damaged.
    """
    size = path.stat().st_size or 1
    with path.open("rb") as file, DigestWriter(folder) as writer:
        for number, (entry, source) in enumerate(_entries(file, filename)):
            writer.add(entry, source)
            if number % _REPORT_EVERY == 0:
                progress(min(1.0, file.tell() / size))
        return writer.finish()


def _entries(file: BinaryIO, filename: str) -> Iterator[tuple[Entry, str]]:
    """Give a file's entries, each with the name of the format that told it."""
    head = Head.of(file, filename)
    if is_archive(head):
        for member in read_archive(file, FORMATS):
            for entry in member.entries:
                yield entry, member.format.name if member.format else ARCHIVE
        return
    found = detect(head)
    if found is None:
        raise not_recognised()
    for entry in entries_in(file, found, filename):
        yield entry, found.name
