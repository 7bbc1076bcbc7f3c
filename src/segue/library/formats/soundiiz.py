"""Soundiiz: lists that the service moves between platforms, and its report of what it found there."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from segue.library.formats.building import day_and_time_of, ids_in, kept_of, seconds_as_ms, song_of
from segue.library.formats.entries import Entry, Platform, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import Row, columns_of, ids_of, open_text, rows_of, spotify_id_of

_COLUMNS = {"title", "artist", "album", "isrc"}
_PLATFORMS: Mapping[str, Platform] = {
    "spotify": "spotify",
    "applemusic": "apple",
    "apple": "apple",
    "youtube": "youtube",
    "youtubemusic": "youtube",
    "deezer": "deezer",
    "tidal": "tidal",
    "soundcloud": "soundcloud",
}


def _delimiter_of(head: Head) -> str | None:
    return next((mark for mark in ";," if set(columns_of(head, delimiter=mark)) >= _COLUMNS), None)


def _ids(row: Row) -> Mapping[Platform, str]:
    platform = _PLATFORMS.get(row["platform"].lower().replace(" ", ""))
    if platform is None:
        return ids_in(row["url"])
    known = spotify_id_of(row["trackid"]) if platform == "spotify" else row["trackid"]
    return {**ids_in(row["url"]), **ids_of(**{platform: known})}


def _songs(file: BinaryIO) -> Iterator[Entry]:
    delimiter = _delimiter_of(Head.of(file)) or ";"
    position = 0
    for row in rows_of(open_text(file), delimiter=delimiter):
        if isinstance(row, Refusal):
            yield row
            continue
        song = song_of(
            title=row["title"],
            artist=row["artist"],
            album=row["album"],
            duration_ms=seconds_as_ms(row["duration"]),
            isrc=row["isrc"],
            ids=_ids(row),
        )
        yield kept_of(row.where, song, position=position, added_at=day_and_time_of(row["addeddate"]))
        position += 1


FORMATS = (Format("soundiiz", "Soundiiz", lambda head: _delimiter_of(head) is not None, _songs, named_by_file=True),)
