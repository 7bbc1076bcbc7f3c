"""The tables of a MusicBrainz dump: found in the archive as it is published or in the folder that it unpacks to."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from segue.catalog.songs.loaders.copy_text import Row, rows_of
from segue.catalog.songs.loaders.layout import Progress, head_of
from segue.catalog.songs.loaders.told import Refused
from segue.kit.errors import InvalidRequest

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FOLDER: Final = "mbdump"
_OPENERS: Final[Mapping[bytes, Callable[[BinaryIO], object]]] = {
    b"BZh": bz2.BZ2File,
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"\xfd7zXZ": lzma.LZMAFile,
}
#: A tar's first member, by which a dump is told, begins there at the latest.
_LOOKED_AT: Final = 2**18
_LONGEST_ID: Final = 18
#: Of a packed file; it unpacks to some tens of thousands of rows.
_READ_AT_ONCE: Final = 2**18
BROKEN: Final = (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError)


class TableLayout(NamedTuple):
    """A table's first columns, in the order of `CreateTables.sql`, schema 30; a dump has no row that names them.

    Attributes
    ----------
    columns
        All, up to the last that is kept.
    kept
        Those that are kept.
    numbers
        Those that are always numbers: by them a table that has other columns is told.
    optional
        Whether songs are songs without it.
    """

    columns: tuple[str, ...]
    kept: tuple[str, ...]
    numbers: tuple[str, ...]
    optional: bool = False


TABLES: Final[Mapping[str, TableLayout]] = {
    "recording": TableLayout(
        ("id", "gid", "name", "artist_credit", "length"),
        ("id", "gid", "name", "artist_credit", "length"),
        ("id", "artist_credit"),
    ),
    "artist_credit": TableLayout(("id", "name", "artist_count"), ("id", "name"), ("id", "artist_count")),
    "isrc": TableLayout(("id", "recording", "isrc"), ("recording", "isrc"), ("id", "recording")),
    "release": TableLayout(
        ("id", "gid", "name", "artist_credit", "release_group"),
        ("id", "name"),
        ("id", "artist_credit", "release_group"),
    ),
    "medium": TableLayout(("id", "release", "position"), ("id", "release"), ("id", "release", "position")),
    "track": TableLayout(("id", "gid", "recording", "medium"), ("recording", "medium"), ("id", "recording", "medium")),
    "release_country": TableLayout(
        ("release", "country", "date_year"), ("release", "date_year"), ("release", "country"), optional=True
    ),
    "release_unknown_country": TableLayout(
        ("release", "date_year"), ("release", "date_year"), ("release",), optional=True
    ),
}
Value = str | int | None


def rows_in(path: Path, progress: Progress) -> Iterator[tuple[str, tuple[Value, ...] | Refused]]:
    """Give the rows of all tables that matter, each with its table's name and the columns that are kept.

    Raises
    ------
    InvalidRequest
        A table is missing or has other columns; the archive is damaged.
    """
    seen = set()
    try:
        for name, file, tell in _from_folder(path, progress) if path.is_dir() else _from_archive(path, progress):
            seen.add(name)
            for row in _checked(name, rows_of(file, name, tell)):
                yield name, row
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's, and not the archive's
            raise
        raise InvalidRequest(f"{path.name} is damaged or incomplete: {error}. Download it again.") from error
    if missing := [name for name, table in TABLES.items() if name not in seen and not table.optional]:
        raise InvalidRequest(
            f"{path.name} lacks the table{'s' if len(missing) > 1 else ''} {', '.join(missing)}:"
            " take mbdump.tar.bz2 as it is published, or the folder that it unpacks to."
        )


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is a dump."""
    if path.is_dir():
        return (path / FOLDER / "recording").is_file() or all((path / name).is_file() for name in TABLES)
    head = head_of(path)
    try:
        with path.open("rb") as file:
            begins = _unpacked(file, head).read(_LOOKED_AT) if head else b""
    except BROKEN:
        return False
    return begins[257:262] == b"ustar" and any(sign in begins for sign in (b"mbdump/", b"SCHEMA_SEQUENCE"))


def _from_folder(path: Path, progress: Progress) -> Iterator[tuple[str, BinaryIO, Callable[[], None]]]:
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    files = {name: folder / name for name in TABLES if (folder / name).is_file()}
    whole = max(1, sum(file.stat().st_size for file in files.values()))
    before = 0
    for name, place in files.items():
        with place.open("rb") as file:
            yield name, file, lambda file=file, before=before: progress((before + file.tell()) / whole)  # type: ignore[misc]  # defaults
            before += file.tell()


def _from_archive(path: Path, progress: Progress) -> Iterator[tuple[str, BinaryIO, Callable[[], None]]]:
    with io.BufferedReader(_Watched(path, progress), _READ_AT_ONCE) as packed:
        head = packed.peek(8)
        # As a stream, for there is no way back; and unpacked by us: several packed one after the other are one.
        with tarfile.open(fileobj=_unpacked(packed, head), mode="r|") as archive:
            for member in archive:
                place = PurePosixPath(member.name)
                file = archive.extractfile(member) if place.parent.name == FOLDER and place.name in TABLES else None
                if file is not None:
                    yield place.name, file, _said_by_reading  # type: ignore[misc]  # reads as files do


class _Watched(io.FileIO):
    """A file that tells how far it has been read, whoever reads it: tables that nobody wants are large, too."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._progress = progress
        self._whole = max(1, path.stat().st_size)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        count = super().readinto(buffer)
        self._progress(min(1.0, self.tell() / self._whole))
        return count


def _said_by_reading() -> None:
    """Say nothing more: `_Watched` tells all there is."""


def _unpacked(file: BinaryIO, head: bytes) -> BinaryIO:
    opener = next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)
    return file if opener is None else opener(file)  # type: ignore[return-value]  # they read as files do


def _checked(name: str, rows: Iterator[Row | Refused]) -> Iterator[tuple[Value, ...] | Refused]:
    table = TABLES[name]
    numbers = [table.columns.index(column) for column in table.numbers]
    kept = [(table.columns.index(column), column in table.numbers) for column in table.kept]
    known = False
    for count, row in enumerate(rows, 1):
        if isinstance(row, Refused):
            yield row
        elif len(row) >= len(table.columns) and all(map(_is_number, (row[column] for column in numbers))):
            known = True
            yield tuple(int(row[column] or 0) if is_number else row[column] for column, is_number in kept)
        elif known:
            yield Refused(f"{name}, row {count}", "not of its table's columns")
        else:
            raise InvalidRequest(
                f"The table {name} does not begin with the columns {', '.join(table.columns)}:"
                " its schema is none that this version of Segue knows."
            )


def _is_number(value: str | None) -> bool:
    return value is not None and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID
