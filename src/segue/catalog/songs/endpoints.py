"""The routes of songs: finding them."""

from typing import Annotated

from fastapi import APIRouter, Query

from segue.catalog.songs import schemas, service
from segue.kit.web.dependencies import CurrentUser, UserSession
from segue.kit.web.routes import ApiRoute

router = APIRouter(tags=["catalog"], route_class=ApiRoute)


@router.get("/search_songs")
async def search_songs(
    q: Annotated[str, Query(max_length=200, description="As far as it is typed: title, artist or both")],
    _user: CurrentUser,
    session: UserSession,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> schemas.SongSuggestions:
    """Suggest songs as one types; slips are forgiven, and what many listen to comes first."""
    found = await service.search(session, q, limit=limit)
    return schemas.SongSuggestions(
        items=[
            schemas.SongSuggestion(
                track_id=song.track_id,
                title=song.title,
                artist=song.artist,
                album=song.album,
                year=song.year,
                duration_s=song.duration_ms and song.duration_ms / 1000,
                popularity=song.popularity,
            )
            for song in found
        ]
    )
