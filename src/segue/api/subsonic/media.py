"""Methods that send sound and pictures."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from fastapi import Response
from starlette.responses import Response as PlainResponse

from segue.api.subsonic import ids, pictures
from segue.api.subsonic.calls import Call, Later, Methods
from segue.api.subsonic.errors import NOT_FOUND, SubsonicError
from segue.api.subsonic.system import is_oneself
from segue.catalog import service as catalog
from segue.catalog.playback import service as playback
from segue.catalog.playback.service import PlayFormat
from segue.catalog.sleeves import service as sleeves
from segue.catalog.tables import SourceTrack
from segue.generation.bands import service as bands
from segue.generation.bands.covers.keeping import cover_of
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.errors import NotFound
from segue.kit.web.routes import has_etag
from segue.library.playlists import covers as playlist_covers
from segue.library.playlists import service as lists
from segue.library.playlists.covers import Cover
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfTrack, Which

#: What clients call formats; whatever else they ask for is played as it was brought.
_FORMATS: Final[dict[str, PlayFormat]] = {
    "mp3": "mp3",
    "opus": "opus",
    "ogg": "opus",
    "oga": "opus",
    "aac": "aac",
    "m4a": "aac",
    "flac": "flac",
}
_LEAST_KBPS: Final = 16
_MOST_KBPS: Final = 2_000
_LARGEST: Final = 1_200
_KEPT: Final = {"Cache-Control": "private, max-age=86400"}
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


async def stream(call: Call) -> Later:
    """Play a song: as it was brought, or in another format, made while it plays."""
    given = call.given
    track = await _playable(call)
    wanted = given.maybe("format")
    rate = given.integer("maxBitRate", 0, most=_MOST_KBPS)
    chosen = None
    if wanted != "raw":
        bit_rate_kbps = max(rate, _LEAST_KBPS) if rate else None
        chosen = playback.choose(
            catalog.audio_of(track), _FORMATS.get(wanted or "", "original"), bit_rate_kbps=bit_rate_kbps
        )
    return Later(partial(playback.audio_response, call.request, call.runtime, track, chosen))


async def download(call: Call) -> Later:
    """Send the file of a song as it was brought."""
    track = await _playable(call)
    return Later(partial(playback.audio_response, call.request, call.runtime, track, None, download=True))


async def get_cover_art(call: Call) -> Later:
    """Send the picture of a song, album, artist or playlist: that of a file, or else one that is drawn."""
    id_ = call.given.text("id")
    size = call.given.integer("size", pictures.SIDE, least=1, most=_LARGEST)
    if ids.kind_of(id_) == "playlist":
        playlist = (await lists.seen(call.session, call.user_id, ids.playlist_of(id_))).playlist
        cover = await playlist_covers.cover_of(call.session, playlist)
        return Later(partial(_playlist_cover, call, id_, size, cover))
    track = await _pictured(call, id_)
    if track.source == "generated":
        band = await bands.band_of_track(call.session, track.id)
        if band is None:
            return Later(partial(_picture, call, id_, size))
        of_band = ids.kind_of(id_) == "artist"
        release = None if of_band else await bands.release_with(call.session, band, track.id, track.album)
        band = await bands.with_vector(call.session, band.id)
        return Later(partial(_band_cover, call, id_, size, band, release))
    return Later(partial(_picture, call, id_, size, track.sha256, partial(_sleeve, call, track)))


async def get_avatar(call: Call) -> Later:
    """Send the picture of a user: oneself, drawn."""
    name = call.given.text("username")
    if not await is_oneself(call, name):
        raise SubsonicError(NOT_FOUND, "There is no such user, or no picture of them.")
    return Later(partial(_picture, call, f"user {call.owner.handle}", pictures.SIDE))


async def _playable(call: Call) -> SourceTrack:
    track = await catalog.track(call.session, ids.track_of(call.given.text("id")))
    if track.asset is None:
        raise SubsonicError(NOT_FOUND, "Segue has no audio of this song.")
    return track


async def _pictured(call: Call, id_: str) -> ShelfTrack:
    """Return the track whose file's picture stands for something; refuse what the caller may not see."""
    match ids.kind_of(id_):
        case "track":
            return await shelves.on_shelf(call.session, call.user_id, ids.track_of(id_))
        case "album":
            which = Which(album_keys=[ids.album_of(id_)])
        case "artist":
            which = Which(artist_keys=[ids.artist_of(id_)])
        case _:
            raise SubsonicError(NOT_FOUND, "There is no picture of this id.")
    found = await shelves.tracks(call.session, call.user_id, which, limit=1)
    if not found:
        raise SubsonicError(NOT_FOUND, "There is no such album or artist on your shelf.")
    return found[0]


async def _playlist_cover(call: Call, id_: str, size: int, cover: Cover) -> Response:
    uploaded = await playlist_covers.uploaded(call.runtime, cover)
    if uploaded is not None:
        return await _picture(call, id_, size, uploaded, partial(_stored, call, uploaded))
    return await _picture(call, id_, size, cover.etag, partial(_playlist_drawn, call, cover))


async def _playlist_drawn(call: Call, cover: Cover) -> bytes:
    return (await playlist_covers.drawn(call.runtime, cover)).data


async def _band_cover(call: Call, id_: str, size: int, band: Band, release: BandRelease | None) -> Response:
    """Send the cover of a track's band, or of the release that it is on."""
    sha256 = await cover_of(call.runtime, band, release)
    return await _picture(call, id_, size, sha256, partial(_stored, call, sha256))


async def _sleeve(call: Call, track: ShelfTrack) -> bytes | None:
    return (await sleeves.sleeve_of(call.runtime, track.asset_id, track.sha256)).picture


async def _stored(call: Call, sha256: str) -> bytes:
    async with call.runtime.storage.local_file(sha256) as path:
        return await asyncio.to_thread(path.read_bytes)


async def _nothing() -> bytes | None:
    return None


async def _picture(
    call: Call,
    seed: str,
    size: int,
    known_by: str = "",
    fetch: Callable[[], Awaitable[bytes | None]] = _nothing,
) -> Response:
    """Send a picture, unless the caller has it; where there is none, one that is drawn from a seed.

    Parameters
    ----------
    known_by
        What tells the picture from those that stood there before: it is fetched only where that is new to the caller.
    """
    digest = hashlib.sha256(f"{size} {seed} {known_by}".encode()).hexdigest()[:32]
    headers = {**_KEPT, "ETag": f'"{digest}"'}
    if has_etag(call.request.headers.get("if-none-match"), headers["ETag"]):
        return PlainResponse(status_code=304, headers=headers)
    try:
        picture = await fetch()
    except NotFound:  # a file that is gone has no picture, and may come back
        picture, headers = None, _NOT_KEPT
    if picture is None:
        drawn = await asyncio.to_thread(pictures.drawn, seed, size)
        return PlainResponse(drawn, headers=headers, media_type="image/png")
    resized = await asyncio.to_thread(pictures.resized, picture, size)
    return PlainResponse(resized, headers=headers, media_type="image/jpeg")


METHODS: Methods = {
    "stream": stream,
    "download": download,
    "getCoverArt": get_cover_art,
    "getAvatar": get_avatar,
}
