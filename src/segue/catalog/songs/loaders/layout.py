"""What a layout is: how a collection of it is recognised, and how it is read."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segue.catalog.songs.loaders.told import Refused, Told

#: As much of a file as its kind is told by.
_HEAD_BYTES: Final = 16_384
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout in which others publish songs.

    Attributes
    ----------
    name
        By which it can be asked for.
    title
        For people.
    recognises
        Tells whether a file or folder is one; it reads little and raises nothing but ``OSError``.
    read
        Gives the songs of a file or folder, row by row; it is given an empty folder for what does not fit into memory,
        and a function to tell its share of the work done, 0 to 1. It raises `InvalidRequest` if it is not what it
        seems.
    """

    name: str
    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Path, Progress], Iterator[Told | Refused]]


def head_of(path: Path) -> bytes:
    """Return how a file begins; nothing for a folder, and for what is no regular file."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def first_line(path: Path) -> str:
    """Return the first line of a file, without a byte order mark."""
    head = head_of(path).decode("utf-8-sig", "replace").splitlines()
    return head[0] if head else ""


def members_of(path: Path) -> list[str]:
    """Return the names in a ZIP; none for anything else."""
    if not head_of(path).startswith(b"PK"):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []
