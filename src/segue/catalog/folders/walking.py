"""Finding the songs in a folder: through links but not in circles, past what cannot be opened."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segue.catalog.songs.loaders.told import Refused

_SUFFIXES: Final = frozenset(
    (".mp3", ".aac", ".m4a", ".mp4", ".flac", ".ogg", ".oga", ".opus", ".wav", ".aif", ".aiff")
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be a song, by its name.

    Attributes
    ----------
    path : Path
        Absolute.
    size_bytes, modified_ns
        By which it is told whether it has changed since.
    """

    path: Path
    size_bytes: int
    modified_ns: int


def walk(folder: Path) -> Iterator[FoundFile | Refused]:
    """Give the files below a folder in the order of their names; what is hidden is left out."""
    waiting = [folder.absolute()]
    entered: set[tuple[int, int]] = set()
    while waiting:
        inside = waiting.pop()
        try:
            found = inside.stat()
            if (found.st_dev, found.st_ino) in entered:
                continue
            entered.add((found.st_dev, found.st_ino))
            paths = sorted(path for path in inside.iterdir() if not path.name.startswith("."))
        except OSError as error:
            yield _refused(inside, error)
            continue
        folders: list[Path] = []
        for path in paths:
            yield from _looked_at(path, folders)
        waiting += reversed(folders)


def _looked_at(path: Path, folders: list[Path]) -> Iterator[FoundFile | Refused]:
    """Give a file, or add a folder to those that are entered next; anything else is nothing of ours."""
    is_ours = path.suffix.lower() in _SUFFIXES
    try:
        found = path.stat()
    except OSError as error:
        if is_ours:
            yield _refused(path, error)
        return
    if stat.S_ISDIR(found.st_mode):
        folders.append(path)
    elif is_ours and stat.S_ISREG(found.st_mode):
        yield FoundFile(path, found.st_size, found.st_mtime_ns)


def _refused(path: Path, error: OSError) -> Refused:
    return Refused(shown(path), error.strerror or str(error))


def shown(path: Path) -> str:
    """Return a path for people, whatever bytes it has."""
    return os.fsencode(path).decode(errors="replace")
