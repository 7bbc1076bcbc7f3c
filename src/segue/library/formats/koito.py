"""Koito: the listens of a self-hosted server."""

from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import play_of, seconds_as_ms, song_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import at, items_at, items_of, paths_of, text_at
from segue.library.formats.reading import iso_moment_of


def _is_koito(head: Head) -> bool:
    return {"listens.item.listened_at", "listens.item.track"} <= paths_of(head)


def _name_of(thing: object) -> str:
    aliases = items_at(thing, "aliases")
    primary = [alias for alias in aliases if at(alias, "is_primary") is True]
    return next((name for alias in [*primary, *aliases] if (name := text_at(alias, "alias"))), "")


def _listens(file: BinaryIO) -> Iterator[Entry]:
    for found in items_of(file, "listens.item"):
        if isinstance(found, Refusal):
            yield found
            continue
        where, listen = found
        track = at(listen, "track")
        artists = (_name_of(artist) for artist in items_at(listen, "artists"))
        song = song_of(
            title=_name_of(track),
            artist=", ".join(artist for artist in artists if artist),
            album=_name_of(at(listen, "album")),
            duration_ms=seconds_as_ms(text_at(track, "duration")),
            mbid=text_at(track, "mbid"),
        )
        yield play_of(where, song, iso_moment_of(text_at(listen, "listened_at")))


FORMATS = (Format("koito", "Koito", _is_koito, _listens),)
