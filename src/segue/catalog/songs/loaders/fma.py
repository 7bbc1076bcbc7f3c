"""The Free Music Archive's metadata (Defferrard et al., ISMIR 2017) as published: `fma_metadata.zip`, or its folder."""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from segue.catalog.songs.loaders.cells import (
    Table,
    duration_ms_of,
    number_of,
    require,
    text_in,
    unnamed,
    words_of,
    year_of,
)
from segue.catalog.songs.loaders.layout import Layout, Progress, first_line, members_of
from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.refs import SongRef
from segue.kit.errors import InvalidRequest
from segue.kit.processes import no_progress

_TRACKS: Final = "tracks.csv"
_GENRES: Final = "genres.csv"
_ECHONEST: Final = "echonest.csv"
#: What the Echo Nest measured, named and scaled as by Spotify, which it became a part of.
_MEASURED: Final = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "tempo", "valence",
)  # fmt: skip
#: Columns are named by two rows, one above the other.
_TITLE: Final = "track.title"
_ARTIST: Final = "artist.name"
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError
)  # fmt: skip
_NUMBER: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class _Files:
    """The published files: in a folder, or in the ZIP."""

    path: Path

    def has(self, name: str) -> bool:
        if self.path.is_dir():
            return (self.path / name).is_file()
        return self._member(name) is not None

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """Give a file and its size."""
        if self.path.is_dir():
            file = self.path / name
            with file.open("rb") as stream:
                yield stream, file.stat().st_size
            return
        try:
            with zipfile.ZipFile(self.path) as archive:
                info = archive.getinfo(self._member(name) or name)
                with archive.open(info) as member:
                    yield member, info.file_size  # type: ignore[misc]  # it reads as any file does
        except _BROKEN as error:
            if isinstance(error, OSError) and error.errno is not None:  # the system's, and not the ZIP's
                raise
            raise InvalidRequest(f"{self.path.name} is damaged or packed in an unusual way: {error}") from error

    def _member(self, name: str) -> str | None:
        return next((member for member in members_of(self.path) if PurePosixPath(member).name == name), None)


def _read(path: Path, _scratch: Path, progress: Progress) -> Iterator[Told | Refused]:
    files = _files_at(path)
    genres = _genres(files) if files.has(_GENRES) else {}
    measured = _measured(files) if files.has(_ECHONEST) else {}
    with files.open(_TRACKS) as (file, size):
        table = Table(file, size, progress)
        names = _names(table, levels=2)
        require(names, (_TITLE, _ARTIST), "tracks.csv")
        for cells in table:
            if isinstance(cells, Refused):
                yield cells
            elif _NUMBER.fullmatch(cells[0]):
                yield _told(cells, names, genres, measured, table.line)
            elif cells[0] != "track_id":  # what the third row names
                yield Refused(table.line, "no track_id")


def _told(
    cells: Sequence[str],
    names: Mapping[str, int],
    genres: Mapping[str, str],
    measured: Mapping[str, Mapping[str, float]],
    where: str,
) -> Told | Refused:
    def cell(name: str) -> str:
        return text_in(cells, names.get(name, -1))

    title, artist = cell(_TITLE), cell(_ARTIST)
    if reason := unnamed(title, artist):
        return Refused(where, reason)
    ref = SongRef(
        title=title,
        artist=artist,
        album=cell("album.title") or None,
        year=year_of(cell("album.date_released")) or year_of(cell("track.date_recorded")),
        duration_ms=duration_ms_of(cell("track.duration"), unit_ms=1_000),
        ids={"fma": cells[0]},
    )
    numbers = _NUMBER.findall(cell("track.genres_all") or cell("track.genres"))
    named = [genres[number] for number in numbers if number in genres]
    return Told(
        ref=ref,
        genres=words_of([cell("track.genre_top"), *named]),
        features=dict(measured.get(cells[0], {})),
    )


def _names(table: Table, *, levels: int) -> dict[str, int]:
    """Return the columns by the words that stand above them, joined by dots, as "track.title"."""
    rows = [table.heading() for _ in range(levels)]
    joined = [".".join(row[column] for row in rows if column < len(row)) for column in range(len(rows[-1]))]
    return {name: column for column, name in reversed(list(enumerate(joined)))}


def _genres(files: _Files) -> dict[str, str]:
    """Return the genres' names by their numbers: there are 163."""
    with files.open(_GENRES) as (file, size):
        table = Table(file, size, no_progress)
        names = {name: column for column, name in enumerate(table.heading())}
        require(names, ("genre_id", "title"), _GENRES)
        rows = [cells for cells in table if not isinstance(cells, Refused)]
        return {text_in(cells, names["genre_id"]): text_in(cells, names["title"]) for cells in rows}


def _measured(files: _Files) -> dict[str, dict[str, float]]:
    """Return what the Echo Nest measured, by track: of 13,129 of them."""
    with files.open(_ECHONEST) as (file, size):
        table = Table(file, size, no_progress)
        names = _names(table, levels=3)
        wanted = {name: f"echonest.audio_features.{name}" for name in _MEASURED}
        require(names, tuple(wanted.values()), _ECHONEST)
        columns = {name: names[column] for name, column in wanted.items()}
        return {
            cells[0]: {
                name: value
                for name, column in columns.items()
                if (value := number_of(text_in(cells, column), -1e6, 1e6)) is not None
            }
            for cells in table
            if not isinstance(cells, Refused) and _NUMBER.fullmatch(cells[0])
        }


def _files_at(path: Path) -> _Files:
    """Return the files of which one is named, or that lie in a folder or ZIP."""
    if path.name == _TRACKS:
        path = path.parent
    nested = path / "fma_metadata"
    files = _Files(nested if nested.is_dir() else path)
    if not files.has(_TRACKS):
        raise InvalidRequest(f"{path.name} has no {_TRACKS}: take fma_metadata.zip as it is published, or its folder.")
    return files


def _recognises(path: Path) -> bool:
    if path.is_dir():
        return any(_begins(path / place) for place in (_TRACKS, f"fma_metadata/{_TRACKS}"))
    return _begins(path) or any(PurePosixPath(member).name == _TRACKS for member in members_of(path))


def _begins(path: Path) -> bool:
    return path.name == _TRACKS and {"album", "artist", "track"} <= set(first_line(path).split(","))


LAYOUT: Final = Layout("fma", "fma_metadata.zip of the Free Music Archive, or its folder", _recognises, _read)
