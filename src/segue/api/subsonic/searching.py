"""Methods that find artists, albums and songs by words; without words they list all, as clients that sync ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from segue.api.subsonic import showing
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfAlbum, ShelfArtist, ShelfTrack, Which

_MOST: Final = 10_000
_DEFAULT: Final = 20
_MOST_WORDS: Final = 20


@dataclass(frozen=True, slots=True)
class _Found:
    artists: Sequence[ShelfArtist]
    albums: Sequence[ShelfAlbum]
    songs: Sequence[ShelfTrack]


async def search(call: Call) -> Element:
    """Find songs, as clients of the first days ask."""
    said = [call.given.maybe(name) or "" for name in ("artist", "album", "title", "any")]
    which = Which(words=_words(" ".join(said)))
    limit, offset = call.given.integer("count", _DEFAULT, most=_MOST), call.given.integer("offset", 0)
    tracks = await shelves.tracks(call.session, call.user_id, which, order="title", limit=limit, offset=offset)
    total = offset + len(tracks)
    return {"searchResult": {"offset": offset, "totalHits": total, "match": showing.songs(tracks)}}


async def search2(call: Call) -> Element:
    """Find artists and albums as folders, and songs."""
    found = await _found(call)
    return {
        "searchResult2": {
            "artist": [showing.artist_folder(one) for one in found.artists],
            "album": [showing.album_folder(one) for one in found.albums],
            "song": showing.songs(found.songs),
        }
    }


async def search3(call: Call) -> Element:
    """Find artists, albums and songs."""
    found = await _found(call)
    return {
        "searchResult3": {
            "artist": [showing.artist(one) for one in found.artists],
            "album": [showing.album(one) for one in found.albums],
            "song": showing.songs(found.songs),
        }
    }


async def _found(call: Call) -> _Found:
    which = Which(words=_words(call.given.maybe("query") or ""))
    session, user_id = call.session, call.user_id
    artists, artist_offset = _page(call, "artist")
    albums, album_offset = _page(call, "album")
    songs, song_offset = _page(call, "song")
    return _Found(
        await shelves.artists(session, user_id, which, limit=artists, offset=artist_offset) if artists else (),
        await shelves.albums(session, user_id, which, limit=albums, offset=album_offset) if albums else (),
        await shelves.tracks(session, user_id, which, order="title", limit=songs, offset=song_offset) if songs else (),
    )


def _page(call: Call, kind: str) -> tuple[int, int]:
    limit = call.given.integer(f"{kind}Count", _DEFAULT, most=_MOST)
    return limit, call.given.integer(f"{kind}Offset", 0)


def _words(query: str) -> list[str]:
    """Return the words of a query; quotes and stars around them are a search engine's, which this is not."""
    words = [word.strip('"*') for word in query.lower().split()]
    return [word for word in words if word][:_MOST_WORDS]


METHODS: Methods = {"search": search, "search2": search2, "search3": search3}
