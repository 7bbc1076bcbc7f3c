"""MetaBrainz's canonical data, `canonical_musicbrainz_data.csv`: of each song the recording that stands for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from segue.catalog.songs.loaders.cells import Table, require, text_in, unnamed, year_of
from segue.catalog.songs.loaders.layout import Layout, Progress, first_line, head_of
from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.refs import SongRef, mbid_of
from segue.kit.errors import InvalidRequest

_FILE: Final = "canonical_musicbrainz_data.csv"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_COLUMNS: Final = ("artist_credit_name", "release_name", "recording_mbid", "recording_name")


def _read(path: Path, _scratch: Path, progress: Progress) -> Iterator[Told | Refused]:
    if head_of(path).startswith(_ZSTD):
        raise InvalidRequest(f"Unpack it first: tar --zstd -xf {path.name}. Then import {_FILE}, or its folder.")
    path = _file_at(path)
    with path.open("rb") as file:
        table = Table(file, path.stat().st_size, progress)
        names = {name: column for column, name in enumerate(table.heading())}
        require(names, _COLUMNS, path.name)
        for cells in table:
            yield cells if isinstance(cells, Refused) else _told(cells, names, table.line)


def _told(cells: list[str], names: dict[str, int], where: str) -> Told | Refused:
    title, artist = text_in(cells, names["recording_name"]), text_in(cells, names["artist_credit_name"])
    if reason := unnamed(title, artist):
        return Refused(where, reason)
    return Told(
        ref=SongRef(
            title=title,
            artist=artist,
            album=text_in(cells, names["release_name"]) or None,
            year=year_of(text_in(cells, names.get("year", -1))),
            recording_mbid=mbid_of(text_in(cells, names["recording_mbid"])),
        )
    )


def _file_at(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((place for place in (path / _FILE, path / "canonical" / _FILE) if place.is_file()), None)
    if found is None:
        raise InvalidRequest(f"{path.name} has no {_FILE}.")
    return found


def _recognises(path: Path) -> bool:
    if path.is_dir():
        return any((path / place).is_file() for place in (_FILE, f"canonical/{_FILE}"))
    return set(_COLUMNS) <= set(first_line(path).split(",")) or head_of(path).startswith(_ZSTD)


LAYOUT: Final = Layout("musicbrainz-canonical", f"MetaBrainz's {_FILE}, or its folder", _recognises, _read)
