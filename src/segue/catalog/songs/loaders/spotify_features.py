"""Tables of Spotify's audio features, as they are passed around: a CSV with a row for each song (and playlist)."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.refs import SongRef
from segue.kit.errors import InvalidRequest

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
_FEATURES: Final = (
    "danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness", "instrumentalness",
    "liveness", "valence", "tempo",
)  # fmt: skip
_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
#: How several artists stand in one cell: "A;B", "['A', 'B']".
_LIST: Final = re.compile(r"\[(.*)\]")
_LONGEST: Final = 1_000


def read(file: BinaryIO) -> Iterator[Told | Refused]:
    """Read a table row by row; a row that is no song is refused with its line.

    Raises
    ------
    InvalidRequest
        The first row does not name a title and an artist.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
    table = csv.reader(text)
    names = [name.strip().casefold() for name in next(table, [])]
    columns = {what: next((names.index(n) for n in called if n in names), -1) for what, called in _NAMES.items()}
    if columns["title"] < 0 or columns["artist"] < 0:
        raise InvalidRequest("This is no table of songs: its first row has to name track_name and track_artist.")
    genres = [names.index(name) for name in _GENRES if name in names]
    features: dict[str, int] = {name: names.index(name) for name in _FEATURES if name in names}
    while True:
        try:
            cells = next(table)
        except StopIteration:
            break
        except csv.Error as error:
            yield Refused(f"line {table.line_num}", str(error))
            continue
        if any(cells):
            yield _told(cells, columns, genres, features, table.line_num)
    text.detach()


def _told(
    cells: list[str], columns: Mapping[str, int], genres: list[int], features: Mapping[str, int], line: int
) -> Told | Refused:
    def cell(column: int) -> str:
        value = cells[column].replace("\x00", "").strip() if 0 <= column < len(cells) else ""
        return "" if value in {"NA", "nan", "NaN", "NULL"} else value

    title, artist = cell(columns["title"]), _artists(cell(columns["artist"]))
    if not title:
        return Refused(f"line {line}", "no title")
    if max(len(title), len(artist)) > _LONGEST:
        return Refused(f"line {line}", "longer than any song's name")
    year = _YEAR.match(cell(columns["released"]))
    spotify_id = cell(columns["id"])
    ref = SongRef(
        title=title,
        artist=artist,
        album=cell(columns["album"]) or None,
        year=int(year[0]) if year else None,
        duration_ms=int(duration) if (duration := _number(cell(columns["duration_ms"]), 1, 2**31 - 1)) else None,
        ids={"spotify": spotify_id} if _ID.fullmatch(spotify_id) else {},
    )
    measured = {name: _number(cell(column), -1e6, 1e6) for name, column in features.items()}
    return Told(
        ref=ref,
        popularity=_number(cell(columns["popularity"]), 0, 100),
        genres=frozenset(filter(None, map(cell, genres))),
        features={name: value for name, value in measured.items() if value is not None},
    )


def _artists(value: str) -> str:
    listed = _LIST.fullmatch(value)
    return ", ".join(name.strip(" '\"") for name in re.split(r"',|\",|;", listed[1])) if listed else value


def _number(value: str, least: float, most: float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and least <= number <= most else None
