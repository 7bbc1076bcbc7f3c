"""ViMusic and its heirs (Kreate, RiMusic, Harmony): lists of YouTube Music songs."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import clock_as_ms, kept_of, song_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import Row, columns_of, ids_of, open_text, rows_of

_COLUMNS = {"playlistname", "mediaid", "title"}
_VIDEO = re.compile(r"[\w-]{11}")


def _is_vimusic(head: Head) -> bool:
    return set(columns_of(head)) >= _COLUMNS


def _songs(file: BinaryIO) -> Iterator[Entry]:
    playlist, position = "", 0
    for row in rows_of(open_text(file)):
        if isinstance(row, Refusal):
            yield row
            continue
        if row["playlistname"] != playlist:
            playlist, position = row["playlistname"], 0
        yield _kept(row, playlist, position)
        position += 1


def _kept(row: Row, playlist: str, position: int) -> Entry:
    media = row["mediaid"]
    song = song_of(
        title=row["title"],
        artist=row["artists"],
        album=row["albumtitle"],
        duration_ms=clock_as_ms(row["duration"]),
        # Songs that lie on the phone have another kind of id.
        ids=ids_of(youtube=media if _VIDEO.fullmatch(media) else None),
    )
    return kept_of(row.where, song, playlist=playlist, position=position)


FORMATS = (Format("vimusic", "ViMusic, Kreate, RiMusic or Harmony playlist", _is_vimusic, _songs),)
