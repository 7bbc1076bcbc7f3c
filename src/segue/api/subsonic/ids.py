"""The ids that players know things by: a letter or two for what it is, and our own id or key."""

import re
from typing import Final, Literal
from uuid import UUID

from segue.api.subsonic.errors import NOT_FOUND, SubsonicError

_KEY: Final = re.compile(r"(al|ar)-([0-9a-f]{32})")
_ROW: Final = re.compile(r"(tr|pl)-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def track_id(id_: UUID) -> str:
    """Return a song's id."""
    return f"tr-{id_}"


def playlist_id(id_: UUID) -> str:
    """Return a playlist's id."""
    return f"pl-{id_}"


def album_id(key: str) -> str:
    """Return an album's id."""
    return f"al-{key}"


def artist_id(key: str) -> str:
    """Return an artist's id."""
    return f"ar-{key}"


def kind_of(id_: str) -> Literal["track", "playlist", "album", "artist"] | None:
    """Return what an id is of, as far as its form tells."""
    if match := _KEY.fullmatch(id_):
        return "album" if match[1] == "al" else "artist"
    if match := _ROW.fullmatch(id_):
        return "track" if match[1] == "tr" else "playlist"
    return None


def track_of(id_: str) -> UUID:
    """Return our id of a song."""
    return _row(id_, "tr")


def playlist_of(id_: str) -> UUID:
    """Return our id of a playlist."""
    return _row(id_, "pl")


def album_of(id_: str) -> str:
    """Return the key of an album."""
    return _key(id_, "al")


def artist_of(id_: str) -> str:
    """Return the key of an artist."""
    return _key(id_, "ar")


def _row(id_: str, prefix: str) -> UUID:
    match = _ROW.fullmatch(id_)
    if match is None or match[1] != prefix:
        raise _unknown(id_)
    return UUID(match[2])


def _key(id_: str, prefix: str) -> str:
    match = _KEY.fullmatch(id_)
    if match is None or match[1] != prefix:
        raise _unknown(id_)
    return match[2]


def _unknown(id_: str) -> SubsonicError:
    return SubsonicError(NOT_FOUND, f"There is nothing of the id {id_[:80]}.")
