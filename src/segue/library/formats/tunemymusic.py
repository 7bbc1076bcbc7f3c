"""TuneMyMusic: lists and favourites of any platform, as a table or as JSON with the table's names."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from segue.library.formats.building import artist_and_title_of, ids_in, kept_of, song_of
from segue.library.formats.entries import Entry, Omission, Platform, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import items_of, paths_of
from segue.library.formats.reading import columns_of, ids_of, open_text, rows_of, spotify_id_of, text_of

_SONG = {"trackname", "artistname"}
#: One of these besides: other services name songs and artists alike.
_TELLING = {"playlistname", "type", "isrc"}
#: What other services' songs are told by.
_FOREIGN = {"endtime", "msplayed", "trackuri", "addeddate", "addedat", "playlistbrowseid"}
_PLATFORMS: Mapping[str, Platform] = {
    "apple": "apple",
    "applemusic": "apple",
    "deezer": "deezer",
    "segue": "segue",
    "soundcloud": "soundcloud",
    "spotify": "spotify",
    "tidal": "tidal",
    "youtube": "youtube",
    "youtubemusic": "youtube",
}
_NO_SONGS = frozenset({"album", "artist"})
_LETTERS = re.compile(r"[^a-z]+")

_Row = tuple[str, Mapping[str, str]]


def _plain(name: str) -> str:
    """Return a column's name or a key without case, blanks and signs: "Track name" and "track_name" are one."""
    return _LETTERS.sub("", name.lower())


def _is_told_by(names: set[str]) -> bool:
    return names >= _SONG and bool(names & _TELLING) and not names & _FOREIGN


def _delimiter_of(head: Head) -> str | None:
    return next((mark for mark in ",;\t" if _is_told_by(set(map(_plain, columns_of(head, delimiter=mark))))), None)


def _list_in(head: Head) -> str | None:
    """Return where in a document the list of songs lies, as `items_of` wants it."""
    keys: dict[str, set[str]] = {}
    for path in paths_of(head):
        parent, _, key = path.rpartition(".")
        keys.setdefault(parent, set()).add(_plain(key))
    return next((path for path in sorted(keys) if path.endswith("item") and _is_told_by(keys[path])), None)


def _table_rows(file: BinaryIO) -> Iterator[_Row | Refusal]:
    for row in rows_of(open_text(file), delimiter=_delimiter_of(Head.of(file)) or ","):
        if isinstance(row, Refusal):
            yield row
        else:
            yield row.where, {_plain(column): cell for column, cell in row.cells.items()}


def _document_rows(file: BinaryIO) -> Iterator[_Row | Refusal]:
    for found in items_of(file, _list_in(Head.of(file)) or "item"):
        if isinstance(found, Refusal):
            yield found
        elif isinstance(found[1], dict):
            yield found[0], {_plain(key): text_of(value) for key, value in found[1].items()}
        else:
            yield Refusal(found[0], "not a song")


def _reader(rows: Callable[[BinaryIO], Iterator[_Row | Refusal]]) -> Callable[[BinaryIO], Iterator[Entry]]:
    def read(file: BinaryIO) -> Iterator[Entry]:
        playlist, position = "", 0
        for row in rows(file):
            if isinstance(row, Refusal):
                yield row
                continue
            where, cells = row
            name = cells.get("playlistname", "")
            playlist, position = name, position + 1 if name == playlist else 0
            yield _kept(where, cells, name, position)

    return read


def _kept(where: str, cells: Mapping[str, str], playlist: str, position: int) -> Entry:
    kind = cells.get("type", "").lower()
    if kind in _NO_SONGS:
        return Omission(where, "not a song")
    artist, title = cells.get("artistname", ""), cells.get("trackname", "")
    if not artist:
        # What comes from a video has all in its title.
        artist, title = artist_and_title_of(title)
    song = song_of(
        title=title,
        artist=artist,
        album=cells.get("album", ""),
        isrc=cells.get("isrc", ""),
        ids=_ids(cells),
    )
    if kind.startswith("favo"):
        return kept_of(where, song, liked=True)
    return kept_of(where, song, playlist=playlist, position=position if playlist else None)


def _ids(cells: Mapping[str, str]) -> Mapping[Platform, str]:
    """Read the column "Spotify - id", which is named by the platform that the songs came from."""
    ids: dict[Platform, str] = {}
    for name, value in cells.items():
        platform = _PLATFORMS.get(name.removesuffix("id")) if name.endswith("id") else None
        if platform == "spotify":
            ids |= ids_of(spotify=spotify_id_of(value))
        elif platform == "segue":
            ids |= ids_in(value)
        elif platform:
            ids |= ids_in(value) or ids_of(**{platform: value})
    return ids


FORMATS = (
    Format("tunemymusic-csv", "TuneMyMusic (CSV)", lambda head: _delimiter_of(head) is not None, _reader(_table_rows)),
    Format("tunemymusic-json", "TuneMyMusic (JSON)", lambda head: _list_in(head) is not None, _reader(_document_rows)),
)
