"""What a format is: how it is recognised by its content, and how it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO, Self

from segue.kit.errors import SegueError
from segue.library.formats.entries import Entry, Kept

#: As many bytes of a file's beginning as `Format.recognises` is shown.
HEAD_BYTES = 65_536
_FAVOURITES = frozenset({"liked", "liked songs", "liked music", "favorites", "favourites"})


class UnreadableExport(SegueError):
    """The file as a whole cannot be read as what it seems to be; the message says what to do."""

    status = 422
    type = "unreadable-export"
    title = "The file cannot be imported"


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: its first bytes, and its name where it has one (never a path)."""

    data: bytes
    name: str = ""

    @classmethod
    def of(cls, file: BinaryIO, name: str = "") -> Self:
        """Read the beginning of a file that is at its start, and go back there."""
        data = file.read(HEAD_BYTES)
        file.seek(0)
        return cls(data, name)


@dataclass(frozen=True, slots=True)
class Format:
    """A family of files that one reader understands.

    Attributes
    ----------
    name : str
        Stable, for machines: ``spotify-extended``.
    title : str
        For people: "Spotify extended streaming history".
    recognises : callable
        Whether a file that begins like this is of the format. By content; the name may only decide between formats
        that look alike. Never raises.
    read : callable
        From a seekable binary file at its start to its entries, one by one, in memory that does not grow with the file.
        Raises `UnreadableExport` and nothing else.
    named_by_file : bool
        Whether such a file is one list without its name inside: then it is named as the file is, see `entries_in`.
    """

    name: str
    title: str
    recognises: Callable[[Head], bool]
    read: Callable[[BinaryIO], Iterator[Entry]]
    named_by_file: bool = False


def entries_in(file: BinaryIO, file_format: Format, name: str = "") -> Iterator[Entry]:
    """Read a file; where its format leaves a list's name to the file's name, the entries get that name.

    A list that exporters name "Liked Songs" is none: its songs are the listener's favourites.
    """
    list_name = PurePosixPath(name).stem.strip()
    entries = file_format.read(file)
    if not file_format.named_by_file or not list_name:
        return entries
    favourites = list_name.replace("_", " ").casefold() in _FAVOURITES
    given = {"liked": True} if favourites else {"playlist": list_name}
    return (
        replace(entry, **given) if isinstance(entry, Kept) and entry.playlist is None else entry for entry in entries
    )
