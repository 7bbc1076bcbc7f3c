"""Tables of Spotify's audio features, as they are passed around: a CSV with a row for each song (and playlist)."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from segue.catalog.songs.loaders.cells import (
    Table,
    duration_ms_of,
    number_of,
    text_in,
    unnamed,
    words_of,
    year_of,
)
from segue.catalog.songs.loaders.layout import Layout, Progress, first_line
from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.refs import SongRef
from segue.kit.errors import InvalidRequest
from segue.kit.processes import no_progress

#: How those who publish such tables call one column; the first that is there counts.
_NAMES: Final = {
    "id": ("track_id", "id", "spotify_id"),
    "title": ("track_name", "name", "song_name", "title"),
    "artist": ("track_artist", "artists", "artist_name", "artist", "artist(s)_name"),
    "album": ("track_album_name", "album_name", "album"),
    "released": ("track_album_release_date", "album_release_date", "release_date", "year"),
    "popularity": ("track_popularity", "popularity", "song_popularity"),
    "duration_ms": ("duration_ms", "song_duration_ms"),
}
_GENRES: Final = ("playlist_genre", "playlist_subgenre", "track_genre", "genre")
FEATURES: Final = (
    "danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness", "instrumentalness",
    "liveness", "valence", "tempo",
)  # fmt: skip
_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
#: How several artists stand in one cell: "A;B", "['A', 'B']".
_LIST: Final = re.compile(r"\[(.*)\]")


def read(file: BinaryIO, *, size: int = 1, progress: Progress = no_progress) -> Iterator[Told | Refused]:
    """Read a table row by row; a row that is no song is refused with its line.

    Raises
    ------
    InvalidRequest
        The first row does not name a title and an artist.
    """
    table = Table(file, size, progress)
    names = [name.casefold() for name in table.heading()]
    columns = _columns(names)
    if columns["title"] < 0 or columns["artist"] < 0:
        raise InvalidRequest("This is no table of songs: its first row has to name track_name and track_artist.")
    genres = [names.index(name) for name in _GENRES if name in names]
    features: dict[str, int] = {name: names.index(name) for name in FEATURES if name in names}
    for cells in table:
        yield cells if isinstance(cells, Refused) else _told(cells, columns, genres, features, table.line)


def _recognises(path: Path) -> bool:
    try:
        names = next(csv.reader([first_line(path)]), [])
    except csv.Error:
        return False
    columns = _columns([name.strip().casefold() for name in names])
    return columns["title"] >= 0 and columns["artist"] >= 0


def _read(path: Path, _scratch: Path, progress: Progress) -> Iterator[Told | Refused]:
    with path.open("rb") as file:
        yield from read(file, size=path.stat().st_size, progress=progress)


LAYOUT: Final = Layout("spotify-features", "a CSV with Spotify's audio features", _recognises, _read)


def _columns(names: list[str]) -> Mapping[str, int]:
    return {what: next((names.index(n) for n in called if n in names), -1) for what, called in _NAMES.items()}


def _told(
    cells: list[str], columns: Mapping[str, int], genres: list[int], features: Mapping[str, int], where: str
) -> Told | Refused:
    title, artist = text_in(cells, columns["title"]), _artists(text_in(cells, columns["artist"]))
    if reason := unnamed(title, artist):
        return Refused(where, reason)
    spotify_id = text_in(cells, columns["id"])
    ref = SongRef(
        title=title,
        artist=artist,
        album=text_in(cells, columns["album"]) or None,
        year=year_of(text_in(cells, columns["released"])),
        duration_ms=duration_ms_of(text_in(cells, columns["duration_ms"])),
        ids={"spotify": spotify_id} if _ID.fullmatch(spotify_id) else {},
    )
    measured = {name: number_of(text_in(cells, column), -1e6, 1e6) for name, column in features.items()}
    return Told(
        ref=ref,
        popularity=number_of(text_in(cells, columns["popularity"]), 0, 100),
        genres=words_of(text_in(cells, column) for column in genres),
        features={name: value for name, value in measured.items() if value is not None},
    )


def _artists(value: str) -> str:
    listed = _LIST.fullmatch(value)
    return ", ".join(name.strip(" '\"") for name in re.split(r"',|\",|;", listed[1])) if listed else value
