"""What a format is: how it is recognised by its content, and how it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from segue.kit.errors import SegueError
from segue.library.formats.entries import Entry

#: As many bytes of a file's beginning as `Format.recognises` is shown.
HEAD_BYTES = 65_536


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
    """

    name: str
    title: str
    recognises: Callable[[Head], bool]
    read: Callable[[BinaryIO], Iterator[Entry]]
