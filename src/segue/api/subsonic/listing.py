"""Methods that list albums and songs: the newest, the most played, by year, by chance, the starred ones."""

from collections.abc import Callable
from typing import Final

from segue.api.subsonic import showing
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element
from segue.api.subsonic.errors import GENERIC, SubsonicError
from segue.library.shelves import service as shelves
from segue.library.shelves.service import AlbumOrder, ShelfAlbum, ShelfArtist, Which

_MOST: Final = 500
_ORDERS: Final[dict[str, AlbumOrder]] = {
    "random": "random",
    "newest": "newest",
    "highest": "highest",
    "frequent": "frequent",
    "recent": "recent",
    "alphabeticalByName": "name",
    "alphabeticalByArtist": "artist",
    "starred": "starred",
    "byGenre": "name",
    "byYear": "year",
}
_LAST_YEAR: Final = 9999


async def get_album_list(call: Call) -> Element:
    """List albums as folders."""
    return {"albumList": {"album": [showing.album_folder(one) for one in await _albums(call)]}}


async def get_album_list2(call: Call) -> Element:
    """List albums."""
    return {"albumList2": {"album": [showing.album(one) for one in await _albums(call)]}}


async def get_random_songs(call: Call) -> Element:
    """Choose songs by chance."""
    given = call.given
    years = None
    if given.maybe("fromYear") or given.maybe("toYear"):
        years = given.integer("fromYear", 0, most=_LAST_YEAR), given.integer("toYear", _LAST_YEAR, most=_LAST_YEAR)
    which = Which(genre=given.maybe("genre"), years=years)
    limit = given.integer("size", 10, most=_MOST)
    tracks = await shelves.tracks(call.session, call.user_id, which, order="random", limit=limit)
    return {"randomSongs": {"song": showing.songs(tracks)}}


async def get_songs_by_genre(call: Call) -> Element:
    """List the songs of a genre."""
    given = call.given
    limit, offset = given.integer("count", 10, most=_MOST), given.integer("offset", 0)
    which = Which(genre=given.text("genre"))
    tracks = await shelves.tracks(call.session, call.user_id, which, limit=limit, offset=offset)
    return {"songsByGenre": {"song": showing.songs(tracks)}}


async def get_starred(call: Call) -> Element:
    """List what is starred, artists and albums as folders."""
    return {"starred": await _starred(call, showing.artist_folder, showing.album_folder)}


async def get_starred2(call: Call) -> Element:
    """List what is starred."""
    return {"starred2": await _starred(call, showing.artist, showing.album)}


async def _starred(
    call: Call, artist: Callable[[ShelfArtist], Element], album: Callable[[ShelfAlbum], Element]
) -> Element:
    starred = Which(starred=True)
    return {
        "artist": [artist(one) for one in await shelves.artists(call.session, call.user_id, starred)],
        "album": [album(one) for one in await shelves.albums(call.session, call.user_id, starred, order="starred")],
        "song": await _starred_songs(call),
    }


async def _starred_songs(call: Call) -> list[Element]:
    return showing.songs(await shelves.tracks(call.session, call.user_id, Which(starred=True), order="starred"))


async def _albums(call: Call) -> list[ShelfAlbum]:
    given = call.given
    kind = given.text("type")
    if kind not in _ORDERS:
        raise SubsonicError(GENERIC, f"type is one of these: {', '.join(_ORDERS)}.")
    order, which = _ORDERS[kind], Which(starred=kind == "starred")
    if kind == "byGenre":
        which = Which(genre=given.text("genre"))
    if kind == "byYear":
        first, last = given.integer("fromYear", most=_LAST_YEAR), given.integer("toYear", most=_LAST_YEAR)
        order = "year" if first <= last else "-year"
        which = Which(years=(min(first, last), max(first, last)))
    limit, offset = given.integer("size", 10, most=_MOST), given.integer("offset", 0)
    return await shelves.albums(call.session, call.user_id, which, order=order, limit=limit, offset=offset)


METHODS: Methods = {
    "getAlbumList": get_album_list,
    "getAlbumList2": get_album_list2,
    "getRandomSongs": get_random_songs,
    "getSongsByGenre": get_songs_by_genre,
    "getStarred": get_starred,
    "getStarred2": get_starred2,
}
