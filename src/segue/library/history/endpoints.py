"""The routes of histories: what you heard, and what you heard most. `segue.taste` has those that forget."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from segue.catalog import service as catalog
from segue.kit.pagination import Page
from segue.kit.web.dependencies import CurrentUser, UserSession
from segue.kit.web.routes import ApiRoute
from segue.library.history import schemas, service
from segue.library.moments import AskedPages
from segue.library.playlists.showing import listed

router = APIRouter(tags=["history"], route_class=ApiRoute)

AskedPeriod = Annotated[schemas.Period, Depends()]
Most = Annotated[int, Query(ge=1, le=200)]


@router.get("/history")
async def list_history(
    user: CurrentUser,
    session: UserSession,
    pages: AskedPages,
    period: AskedPeriod,
    *,
    track_id: UUID | None = None,
    skipped: Annotated[bool | None, Query(description="Skips alone, or all but them; absent: both")] = None,
) -> Page[schemas.ListenView]:
    """List what you heard, newest first."""
    found, cursor = await service.listens_of(session, user.user_id, period.which(track_id, skipped), pages)
    tracks = await catalog.listed(session, [one.track_id for one in found])
    items = [
        schemas.ListenView(
            track_id=one.track_id,
            track=listed(tracks[one.track_id]) if one.track_id in tracks else None,
            listened_at=one.listened_at,
            played_s=None if one.played_ms is None else one.played_ms / 1000,
            skipped=one.skipped,
            source=one.source,
        )
        for one in found
    ]
    return Page(items=items, next_cursor=cursor)


@router.get("/history/top_tracks")
async def top_tracks(
    user: CurrentUser, session: UserSession, period: AskedPeriod, limit: Most = 50
) -> schemas.TopTracks:
    """List the tracks that you heard most in a period; skips do not count."""
    found = await service.top_tracks(session, user.user_id, period.which(), limit=limit)
    tracks = await catalog.listed(session, [one.key for one in found])
    items = [
        schemas.TopTrack(
            track_id=one.key,
            track=listed(tracks[one.key]) if one.key in tracks else None,
            plays=one.plays,
            played_s=one.played_ms / 1000,
            last_at=one.last_at,
        )
        for one in found
    ]
    return schemas.TopTracks(items=items)


@router.get("/history/top_artists")
async def top_artists(
    user: CurrentUser, session: UserSession, period: AskedPeriod, limit: Most = 50
) -> schemas.TopArtists:
    """List the artists whom you heard most in a period; skips do not count."""
    found = await service.top_artists(session, user.user_id, period.which(), limit=limit)
    items = [
        schemas.TopArtist(
            artist=one.key, plays=one.plays, tracks=one.tracks, played_s=one.played_ms / 1000, last_at=one.last_at
        )
        for one in found
    ]
    return schemas.TopArtists(items=items)
