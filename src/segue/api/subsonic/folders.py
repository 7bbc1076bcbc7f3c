"""Methods for clients that know folders only: artists are folders of albums, albums are folders of songs."""

from typing import Final

from segue.api.subsonic import ids, showing
from segue.api.subsonic.browsing import album_of, artist_of, by_letter
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element, Value
from segue.library.shelves import service as shelves
from segue.library.shelves.service import Which

_FOLDER: Final = 1
_ROOT: Final = str(_FOLDER)
_LATEST_MS: Final = 2**43


async def get_music_folders(_call: Call) -> Element:
    """List the folders of music: there is one."""
    return {"musicFolders": {"musicFolder": [{"id": _FOLDER, "name": "Segue"}]}}


async def get_indexes(call: Call) -> Element:
    """List all artists as folders, by letters, unless nothing has come since the client last asked."""
    _, newest = await shelves.newest(call.session, call.user_id)
    modified_ms = int(newest.timestamp() * 1000) if newest else 0
    index: list[Element] = []
    if modified_ms > call.given.integer("ifModifiedSince", -1, least=-1, most=_LATEST_MS):
        index = [
            {"name": letter, "artist": [showing.artist_folder(one) for one in artists]}
            for letter, artists in by_letter(await shelves.artists(call.session, call.user_id))
        ]
    return {
        "indexes": {"ignoredArticles": showing.IGNORED_ARTICLES, "lastModified": modified_ms, "index": index},
    }


async def get_music_directory(call: Call) -> Element:
    """List what is in a folder: the artists, an artist's albums, or an album's songs."""
    id_ = call.given.text("id")
    if id_ == _ROOT:
        return {"directory": await _root(call)}
    if ids.kind_of(id_) == "artist":
        return {"directory": await _artist(call, ids.artist_of(id_))}
    return {"directory": await _album(call, ids.album_of(id_))}


async def _root(call: Call) -> Element:
    artists = await shelves.artists(call.session, call.user_id)
    child: list[Element] = [
        {"id": ids.artist_id(one.key), "parent": _ROOT, "isDir": True, "title": one.name} for one in artists
    ]
    return {"id": _ROOT, "name": "Segue", "child": child}


async def _artist(call: Call, key: str) -> Element:
    one = await artist_of(call, key)
    albums = await shelves.albums(call.session, call.user_id, Which(artist_keys=[key]), order="year")
    said: dict[str, Value] = {"id": ids.artist_id(key), "parent": _ROOT, "name": one.name, "starred": one.starred_at}
    return {**said, "userRating": one.rating, "child": [showing.album_folder(album) for album in albums]}


async def _album(call: Call, key: str) -> Element:
    one = await album_of(call, key)
    tracks = await shelves.tracks(call.session, call.user_id, Which(album_keys=[key]))
    said: dict[str, Value] = {"id": ids.album_id(key), "parent": ids.artist_id(one.artist_key), "name": one.name}
    said |= {"starred": one.starred_at, "userRating": one.rating, "playCount": one.plays}
    return {**said, "child": showing.songs(tracks)}


METHODS: Methods = {
    "getMusicFolders": get_music_folders,
    "getIndexes": get_indexes,
    "getMusicDirectory": get_music_directory,
}
