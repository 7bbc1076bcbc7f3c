"""Exportify: a Spotify playlist as a table, in the dialects of its several makers and years."""

from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import kept_of, song_of, year_of
from segue.library.formats.entries import Entry, Omission, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import (
    Row,
    columns_of,
    ids_of,
    iso_moment_of,
    open_text,
    rows_of,
    spotify_id_of,
    whole_of,
)

_URI = ("track uri", "spotify uri", "spotify id", "spotify track id", "track id")
_ARTIST = ("artist name(s)", "artist names", "artist name")
_ALBUM = ("album name", "album")
_RELEASED = ("album release date", "release date")
_DURATION = ("track duration (ms)", "duration (ms)", "duration_ms")


def _is_exportify(head: Head) -> bool:
    columns = set(columns_of(head))
    return "track name" in columns and all(columns & set(names) for names in (_URI, _ARTIST))


def _first_of(row: Row, columns: tuple[str, ...]) -> str:
    return next((row[column] for column in columns if row[column]), "")


def _read(file: BinaryIO) -> Iterator[Entry]:
    position = 0
    for row in rows_of(open_text(file)):
        if isinstance(row, Refusal):
            yield row
            continue
        yield _kept(row, position)
        position += 1


def _kept(row: Row, position: int) -> Entry:
    uri = _first_of(row, _URI)
    if ":episode:" in uri:
        return Omission(row.where, "not music")
    song = song_of(
        title=row["track name"],
        # Artists are joined with commas; a comma within a name is escaped.
        artist=_first_of(row, _ARTIST).replace("\\,", ","),
        album=_first_of(row, _ALBUM),
        year=year_of(_first_of(row, _RELEASED)),
        duration_ms=whole_of(_first_of(row, _DURATION)) or None,
        isrc=row["isrc"],
        ids=ids_of(spotify=spotify_id_of(uri)),
    )
    return kept_of(row.where, song, position=position, added_at=iso_moment_of(row["added at"]))


FORMATS = (Format("exportify", "Exportify", _is_exportify, _read, named_by_file=True),)
