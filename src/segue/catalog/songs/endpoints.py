"""The routes of songs: finding them, and adding what is not found."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from segue.catalog.songs import schemas, service
from segue.kit.web.dependencies import CurrentUser, SystemSession, UserSession
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
    return schemas.SongSuggestions(items=[_suggestion(song) for song in found])


@router.post("/songs", responses={status.HTTP_201_CREATED: {"model": schemas.AddedSong}})
async def add_song(
    song: schemas.NewSong, _user: CurrentUser, session: SystemSession, response: Response
) -> schemas.AddedSong:
    """Tell of a song by hand: 201 if it is new, 200 if it is known, with what else it may be."""
    # Songs are everyone's: only the system may add one.
    [found] = await service.resolve(session, [service.SongRef(**song.model_dump())])
    shown = await service.found_songs(session, [found.track_id, *found.alternatives])
    if found.how == "new":
        response.status_code = status.HTTP_201_CREATED
    return schemas.AddedSong(
        song=_suggestion(shown[found.track_id]),
        how=found.how,
        score=found.score,
        alternatives=[_suggestion(shown[track_id]) for track_id in found.alternatives],
    )


def _suggestion(song: service.FoundSong) -> schemas.SongSuggestion:
    return schemas.SongSuggestion(
        track_id=song.track_id,
        title=song.title,
        artist=song.artist,
        album=song.album,
        year=song.year,
        duration_s=song.duration_ms and song.duration_ms / 1000,
        popularity=song.popularity,
    )
