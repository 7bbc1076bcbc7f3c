"""Maloja: the scrobbles of a self-hosted server."""

from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import play_of, seconds_as_ms, song_of, unix_moment_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import at, items_at, items_of, paths_of, text_at


def _is_maloja(head: Head) -> bool:
    return {"scrobbles.item.time", "scrobbles.item.track"} <= paths_of(head)


def _scrobbles(file: BinaryIO) -> Iterator[Entry]:
    for found in items_of(file, "scrobbles.item"):
        if isinstance(found, Refusal):
            yield found
            continue
        where, scrobble = found
        track = at(scrobble, "track")
        artists = (text_at({"name": artist}, "name") for artist in items_at(track, "artists"))
        song = song_of(
            title=text_at(track, "title"),
            artist=", ".join(artist for artist in artists if artist),
            album=text_at(track, "album", "albumtitle"),
            duration_ms=seconds_as_ms(text_at(track, "length")),
        )
        yield play_of(
            where,
            song,
            unix_moment_of(text_at(scrobble, "time")),
            played_ms=seconds_as_ms(text_at(scrobble, "duration")),
        )


FORMATS = (Format("maloja", "Maloja", _is_maloja, _scrobbles),)
