"""A ZIP as services hand it over: walked member by member, each read as it is unpacked, nothing laid on the disk.

A ZIP can lie and can be made to harm: what it says of itself is checked against limits before it is opened and against
what comes out while it is. Names of members are told to people and serve as names of lists; nothing is opened by them.
"""

import copy
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import HEAD_BYTES, Format, Head, UnreadableExport, entries_in
from segue.library.formats.reading import text_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: What begins like this is a ZIP.
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

MOST_MEMBERS = 20_000
#: The table of contents of so many members; a longer one is not even read.
_LONGEST_READ = 4 * 2**20
#: So much is unpacked of one archive at most, over all members.
MOST_UNPACKED = 8 * 2**30
#: Histories shrink to a thirtieth; nothing that is worth reading shrinks more than this, once it is large.
HIGHEST_RATIO = 200
_LARGE = 2**20
#: bzip2 and LZMA unpack without a bound for each step; services do not use them.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_IS_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OSError)

#: Why a member is not read.
Ignored = Literal["not known", "encrypted", "an archive", "packed too tightly", "packed in an unusual way", "damaged"]


@dataclass(frozen=True, slots=True)
class Member:
    """A file within an archive.

    Attributes
    ----------
    name
        As the archive has it, a path perhaps: to be told, never to be opened.
    format
        What it is read as; None where it is not read, and then `ignored` says why.
    entries
        Empty where it is not read. To be used before the next member is asked for.
    """

    name: str
    format: Format | None
    entries: Iterator[Entry]
    ignored: Ignored | None = None


def is_archive(head: Head) -> bool:
    """Whether a file that begins like this is a ZIP."""
    return head.data.startswith(ZIP_MAGIC)


def read_archive(file: BinaryIO, formats: Sequence[Format], *, most_unpacked: int = MOST_UNPACKED) -> Iterator[Member]:
    """Walk a ZIP: each member in turn, with its entries or the reason why it has none.

    Parameters
    ----------
    file
        Seekable.
    formats
        What members are tried for, in this order.
    most_unpacked
        In bytes, over all members.

    Raises
    ------
    UnreadableExport
        If the archive as a whole is damaged or goes over a limit, at once or in the midst of a member's entries. Damage
        to a single member is told as a `Refusal` behind what could be read of it.
    """
    try:
        archive = zipfile.ZipFile(_Careful(file))
    except _BROKEN as error:
        raise UnreadableExport("This ZIP is damaged or incomplete: download it again.") from error
    with archive:
        if len(archive.filelist) > MOST_MEMBERS:
            raise UnreadableExport(f"This ZIP holds more than {MOST_MEMBERS} files: pick out those that hold music.")
        allowance = _Allowance(most_unpacked)
        for info in archive.infolist():
            if not info.is_dir():
                yield _member(archive, info, formats, allowance)


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, formats: Sequence[Format], allowance: "_Allowance"
) -> Member:
    name = text_of(info.filename)
    if ignored := _ignored_unopened(info):
        return Member(name, None, iter(()), ignored)
    try:
        stream = _Stream(archive, info, allowance)
    except _BROKEN:
        return Member(name, None, iter(()), "damaged")
    with stream:
        head = Head(io.BufferedReader(stream, HEAD_BYTES).read(HEAD_BYTES), name)
        if not head.data and stream.is_damaged:
            return Member(name, None, iter(()), "damaged")
    if is_archive(head):
        return Member(name, None, iter(()), "an archive")
    found = next((each for each in formats if each.recognises(head)), None)
    if found is None:
        return Member(name, None, iter(()), "not known")
    return Member(name, found, _entries(_Stream(archive, info, allowance), found, name))


def _ignored_unopened(info: zipfile.ZipInfo) -> Ignored | None:
    if info.flag_bits & _IS_ENCRYPTED:
        return "encrypted"
    if info.compress_type not in _METHODS:
        return "packed in an unusual way"
    if info.file_size > _LARGE and info.file_size > HIGHEST_RATIO * info.compress_size:
        return "packed too tightly"
    return None


def _entries(stream: "_Stream", found: Format, name: str) -> Iterator[Entry]:
    with stream:
        try:
            yield from entries_in(io.BufferedReader(stream, HEAD_BYTES), found, name)
        except UnreadableExport as error:
            yield Refusal(name, error.detail)
        if stream.is_damaged:
            yield Refusal(name, "damaged within the ZIP: download the ZIP again")
    # A reader may have taken the end of the allowance for the end of a broken file.
    stream.allowance.spend(0)


class _Allowance:
    """What may still be unpacked of an archive."""

    def __init__(self, size: int) -> None:
        self._left = size

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UnreadableExport("This ZIP unpacks to more than can be read: pick out those files that hold music.")


class _Careful(io.RawIOBase):
    """A file of which a lying table of contents cannot make anyone read it whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        asked = _LONGEST_READ + 1 if size is None or size < 0 else size
        data = self._file.read(min(asked, _LONGEST_READ + 1))
        if len(data) > _LONGEST_READ:
            raise zipfile.BadZipFile("a part of the archive is too long")
        return data


class _Stream(io.RawIOBase):
    """A member's bytes as they are unpacked, counted. Damage is an end that comes early, and noted."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: _Allowance) -> None:
        self.allowance = allowance
        self.is_damaged = False
        self._expected = info.CRC
        self._archive = archive
        # Without a check sum zipfile checks none: it would withhold what it read before the damage.
        self._unchecked = copy.copy(info)
        del self._unchecked.CRC
        self._begin()

    def _begin(self) -> None:
        self._member = self._archive.open(self._unchecked)
        self._crc = self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        try:
            data = self._member.read(len(view))
        except _BROKEN:
            self.is_damaged = True
            return 0
        self.allowance.spend(len(data))
        self._crc = zlib.crc32(data, self._crc)
        self._at += len(data)
        if view and not data and self._crc != self._expected:
            self.is_damaged = True
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go back to the start: nothing else is asked for, and nothing else could be checked."""
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("a member of an archive is read from its start")
        self._member.close()
        self._begin()
        return 0

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._member.close()
        super().close()
