"""The picture of a taste over HTTP: gathered, drawn beside the event loop, and drawn once for the same taste."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from typing import Final, Literal
from uuid import UUID

import numpy as np
from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.catalog import service as catalog
from segue.catalog.tables import SourceTrack
from segue.kit.web.routes import has_etag
from segue.taste import describing, service
from segue.taste.moving import Standing, standing
from segue.taste.picture import VERSION, DrawnFacet, DrawnSong, TastePicture, draw

_MEDIA_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml"}
#: Of so many pictures the bytes are kept: 30 MB.
_KEPT: Final = 64
#: Names in a picture are what users wrote: a browser shows it, and does nothing else.
_HARMLESS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_drawn: OrderedDict[str, bytes] = OrderedDict()


async def response(request: Request, session: AsyncSession, user_id: UUID, form: Literal["png", "svg"]) -> Response:
    """Answer with the picture of a user's taste as it is now."""
    picture = await picture_of(session, user_id)
    etag = f'"{_digest(picture, form)}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization", **_HARMLESS}
    if has_etag(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(await _bytes_of(picture, form, etag), media_type=_MEDIA_TYPES[form], headers=headers)


async def picture_of(session: AsyncSession, user_id: UUID) -> TastePicture:
    """Return what is drawn of a user's taste as it is now."""
    name = (await accounts.profile_of(session, user_id)).display_name
    now = await standing(session, user_id)
    if now is None:
        return TastePicture(name, describing.sentences({}, []), [], [], {})
    named = await service.in_words(session, now)
    drawn = [DrawnFacet(one.name, one.share, facet.direction) for one, facet in zip(named, now.facets, strict=True)]
    shown = [{"name": facet.name, "share": facet.share} for facet in drawn]
    songs = await _songs(session, now)
    return TastePicture(name, describing.sentences(now.taste.profile, shown), drawn, songs, now.taste.profile)


async def _songs(session: AsyncSession, now: Standing) -> list[DrawnSong]:
    """Return the songs of the map, with those that moved the taste since it was found."""
    now_at = {int(facet.members[0]): number for number, facet in enumerate(now.facets) if facet.members.size}
    moves = {track: weight for track, weight in now.moves.items() if weight > 0}
    placed = [(UUID(track), weight, now_at.get(facet), x, y) for track, weight, facet, x, y in now.taste.songs]
    known = {track for track, *_ in placed}
    tracks = await catalog.tracks(session, [*known, *moves])
    songs = [
        _song(tracks[track], number, weight + moves.get(track, 0.0), x, y, is_new=track in moves)
        for track, weight, number, x, y in placed
        if number is not None and track in tracks
    ]
    return songs + [
        _new_song(now, tracks[track], number)
        for track, number in now.liked_since().items()
        if track not in known and track in tracks
    ]


def _new_song(now: Standing, track: SourceTrack, number: int) -> DrawnSong:
    likeness = float(now.facets[number].direction @ now.vectors[track.id])
    # Nearer to the middle the liker it is; around it anywhere, but always at the same place.
    radius, angle = 0.2 + 0.6 * float(np.sqrt(max(0.0, 1 - likeness))), track.id.int % 628 / 100
    x, y = radius * float(np.cos(angle)), radius * float(np.sin(angle))
    return _song(track, number, now.moves[track.id], x, y, is_new=True)


def _song(track: SourceTrack, facet: int, weight: float, x: float, y: float, *, is_new: bool) -> DrawnSong:
    return DrawnSong(track.title, track.artist, facet, weight, x, y, is_new)


async def _bytes_of(picture: TastePicture, form: Literal["png", "svg"], etag: str) -> bytes:
    kept = _drawn.get(etag)
    if kept is None:
        kept = await asyncio.to_thread(draw, picture, form)
        _drawn[etag] = kept
        while len(_drawn) > _KEPT:
            _drawn.popitem(last=False)
    return kept


def _digest(picture: TastePicture, form: str) -> str:
    facets = [[facet.name, facet.share, facet.direction.tobytes().hex()] for facet in picture.facets]
    songs = [[s.title, s.artist, s.facet, s.weight, s.x, s.y, s.is_new] for s in picture.songs]
    content = [VERSION, form, picture.name, list(picture.words), facets, songs, dict(picture.histograms)]
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:32]
