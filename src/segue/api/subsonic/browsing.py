"""Methods to look through a shelf by artists, albums and genres, as tags tell them."""

from collections.abc import Iterable
from itertools import groupby

from segue.api.subsonic import ids, showing
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element, Words
from segue.kit.errors import NotFound
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfAlbum, ShelfArtist, Which


async def get_artists(call: Call) -> Element:
    """List all artists, by letters."""
    index: list[Element] = [
        {"name": letter, "artist": [showing.artist(one) for one in artists]}
        for letter, artists in by_letter(await shelves.artists(call.session, call.user_id))
    ]
    return {"artists": {"ignoredArticles": showing.IGNORED_ARTICLES, "index": index}}


async def get_artist(call: Call) -> Element:
    """Show an artist with their albums."""
    one = await artist_of(call, ids.artist_of(call.given.text("id")))
    albums = await shelves.albums(call.session, call.user_id, Which(artist_keys=[one.key]), order="year")
    return {"artist": {**showing.artist(one), "album": [showing.album(album) for album in albums]}}


async def get_album(call: Call) -> Element:
    """Show an album with its songs."""
    one = await album_of(call, ids.album_of(call.given.text("id")))
    tracks = await shelves.tracks(call.session, call.user_id, Which(album_keys=[one.key]))
    return {"album": {**showing.album(one), "song": showing.songs(tracks)}}


async def get_song(call: Call) -> Element:
    """Show a song."""
    track = await shelves.on_shelf(call.session, call.user_id, ids.track_of(call.given.text("id")))
    return {"song": showing.song(track)}


async def get_genres(call: Call) -> Element:
    """List all genres."""
    found = await shelves.genres(call.session, call.user_id)
    shown: list[Element] = [
        {"value": genre, "songCount": songs, "albumCount": albums} for genre, songs, albums in found
    ]
    return {"genres": {"genre": shown}}


async def get_artist_info(call: Call) -> Element:
    """Tell about an artist, in the words of folders."""
    return {"artistInfo": await _about_artist(call)}


async def get_artist_info2(call: Call) -> Element:
    """Tell about an artist: of real ones nothing is known here but their songs."""
    return {"artistInfo2": await _about_artist(call)}


async def get_album_info(call: Call) -> Element:
    """Tell about an album: nothing is known here but its songs."""
    id_ = call.given.text("id")
    if ids.kind_of(id_) == "track":
        await shelves.on_shelf(call.session, call.user_id, ids.track_of(id_))
    else:
        await album_of(call, ids.album_of(id_))
    return {"albumInfo": {"notes": Words("")}}


async def album_of(call: Call, key: str) -> ShelfAlbum:
    """Return an album of the caller's shelf."""
    found = await shelves.albums(call.session, call.user_id, Which(album_keys=[key]))
    if not found:
        raise NotFound("There is no such album on your shelf.")
    return found[0]


async def artist_of(call: Call, key: str) -> ShelfArtist:
    """Return an artist of the caller's shelf."""
    found = await shelves.artists(call.session, call.user_id, Which(artist_keys=[key]))
    if not found:
        raise NotFound("There is no such artist on your shelf.")
    return found[0]


def by_letter(artists: Iterable[ShelfArtist]) -> list[tuple[str, list[ShelfArtist]]]:
    """Return artists in order, by the letters that they stand under; those without a letter come first."""
    ordered = sorted(artists, key=lambda one: (showing.letter_of(one.name) != "#", showing.sort_key(one.name)))
    grouped = groupby(ordered, key=lambda one: showing.letter_of(one.name))
    return [(letter, list(group)) for letter, group in grouped]


async def _about_artist(call: Call) -> Element:
    id_ = call.given.text("id")
    match ids.kind_of(id_):
        case "track":
            await shelves.on_shelf(call.session, call.user_id, ids.track_of(id_))
        case "album":
            await album_of(call, ids.album_of(id_))
        case _:
            await artist_of(call, ids.artist_of(id_))
    return {"biography": Words(""), "similarArtist": []}


METHODS: Methods = {
    "getArtists": get_artists,
    "getArtist": get_artist,
    "getAlbum": get_album,
    "getSong": get_song,
    "getGenres": get_genres,
    "getArtistInfo": get_artist_info,
    "getArtistInfo2": get_artist_info2,
    "getAlbumInfo": get_album_info,
    "getAlbumInfo2": get_album_info,
}
