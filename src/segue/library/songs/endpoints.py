"""The route of a library's songs."""

from typing import Annotated

from fastapi import APIRouter, Query

from segue.catalog import service as catalog
from segue.kit.pagination import Page
from segue.kit.text import Storable
from segue.kit.web.dependencies import CurrentUser, UserSession
from segue.kit.web.routes import ApiRoute
from segue.library.moments import AskedPages, At
from segue.library.playlists.showing import listed
from segue.library.songs import repository, schemas
from segue.library.songs.repository import Wanted

router = APIRouter(tags=["library"], route_class=ApiRoute)

_MOST_WORDS = 8


@router.get("/library")
async def list_library(
    user: CurrentUser,
    session: UserSession,
    pages: AskedPages,
    *,
    kept: bool | None = None,
    liked: bool | None = None,
    rated_from: Annotated[int | None, Query(ge=1, le=5, description="Those with so many stars or more")] = None,
    q: Annotated[str, Storable, Query(max_length=200, description="Words of the title or the artist")] = "",
) -> Page[schemas.SongView]:
    """List the songs that you keep, like, do not want to hear, or rate: the last added first."""
    wanted = Wanted(kept, liked, rated_from, tuple(q.split()[:_MOST_WORDS]))
    found = await repository.songs_of(session, user.user_id, wanted, pages)
    page = found[: pages.limit]
    tracks = await catalog.listed(session, [one.track_id for one in page])
    items = [
        schemas.SongView(
            track_id=one.track_id,
            track=listed(tracks[one.track_id]) if one.track_id in tracks else None,
            kept=one.kept,
            liked=one.liked,
            rating=one.rating,
            play_count=one.play_count,
            added_at=one.added_at,
            last_played_at=one.last_played_at,
        )
        for one in page
    ]
    cursor = At(page[-1].added_at, page[-1].track_id).as_cursor() if len(found) > len(page) else None
    return Page(items=items, next_cursor=cursor)
