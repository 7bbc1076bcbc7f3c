"""Methods that find what sounds alike, by where songs lie in the space of tastes; and an artist's top songs."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from segue.api.subsonic import ids, showing
from segue.api.subsonic.browsing import album_of, artist_of
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element
from segue.api.subsonic.errors import GENERIC, MISSING, SubsonicError
from segue.catalog.embeddings import service as embeddings
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfTrack, Which

_MOST: Final = 500
_LONGEST_PATH: Final = 100
_SONGS: Final = 50


async def get_similar_songs(call: Call) -> Element:
    """List songs that sound like a song, or like those of an album or artist."""
    return {"similarSongs": {"song": await _similar(call)}}


async def get_similar_songs2(call: Call) -> Element:
    """List songs that sound like an artist's."""
    return {"similarSongs2": {"song": await _similar(call)}}


async def get_top_songs(call: Call) -> Element:
    """List an artist's songs, those that the listener plays most first."""
    given = call.given
    id_, name = given.maybe("id"), given.maybe("artist")
    if id_ is None and name is None:
        raise SubsonicError(MISSING, "Required parameter is missing: id or artist.")
    key = ids.artist_of(id_) if id_ is not None else shelves.artist_key(name or "")
    limit = given.integer("count", _SONGS, most=_MOST)
    which = Which(artist_keys=[key])
    tracks = await shelves.tracks(call.session, call.user_id, which, order="plays", limit=limit)
    return {"topSongs": {"song": showing.songs(tracks)}}


async def get_sonic_similar_tracks(call: Call) -> Element:
    """List songs that sound like a song, with how much."""
    track = await shelves.on_shelf(call.session, call.user_id, ids.track_of(call.given.text("id")))
    limit = call.given.integer("count", 10, most=_MOST)
    return {"sonicMatch": await _matches(call, await _near(call, [track.id], limit))}


async def find_sonic_path(call: Call) -> Element:
    """Lead from a song to another one over songs that lie between, by small steps."""
    given = call.given
    start, end = (ids.track_of(given.text(name)) for name in ("startSongId", "endSongId"))
    for one in (start, end):
        await shelves.on_shelf(call.session, call.user_id, one)
    most = given.integer("count", 25, least=2, most=_LONGEST_PATH)
    shelf = await shelves.track_ids(call.session, call.user_id)
    way = await embeddings.path(call.session, start, end, shelf, most=most)
    if not way:
        raise SubsonicError(GENERIC, "These songs are not analysed yet: try again later.")
    return {"sonicMatch": await _matches(call, way)}


async def _similar(call: Call) -> list[Element]:
    id_ = call.given.text("id")
    limit = call.given.integer("count", _SONGS, most=_MOST)
    session, user_id = call.session, call.user_id
    match ids.kind_of(id_):
        case "track":
            to = [(await shelves.on_shelf(session, user_id, ids.track_of(id_))).id]
        case "album":
            album = await album_of(call, ids.album_of(id_))
            to = await shelves.track_ids(session, user_id, Which(album_keys=[album.key]))
        case _:
            artist = await artist_of(call, ids.artist_of(id_))
            to = await shelves.track_ids(session, user_id, Which(artist_keys=[artist.key]))
    return showing.songs([track for track, _ in await _tracks(call, await _near(call, to, limit))])


async def _near(call: Call, to: Sequence[UUID], limit: int) -> list[tuple[UUID, float]]:
    shelf = await shelves.track_ids(call.session, call.user_id)
    return await embeddings.nearest_among(call.session, to, shelf, limit=limit)


async def _matches(call: Call, found: Sequence[tuple[UUID, float]]) -> list[Element]:
    """Return songs with their similarity: 1 is the same place, 0 the opposite one."""
    return [
        {"entry": showing.song(track), "similarity": round(min(1.0, max(0.0, (1 + cosine) / 2)), 4)}
        for track, cosine in await _tracks(call, found)
    ]


async def _tracks(call: Call, found: Sequence[tuple[UUID, float]]) -> list[tuple[ShelfTrack, float]]:
    likeness = dict(found)
    tracks = await shelves.tracks_by_id(call.session, call.user_id, list(likeness))
    return [(track, likeness[track.id]) for track in tracks]


METHODS: Methods = {
    "getSimilarSongs": get_similar_songs,
    "getSimilarSongs2": get_similar_songs2,
    "getTopSongs": get_top_songs,
    "getSonicSimilarTracks": get_sonic_similar_tracks,
    "findSonicPath": find_sonic_path,
}
