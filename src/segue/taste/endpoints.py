"""Taste's routes: say what you like, see what your taste is."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import AwareDatetime

from segue.kit.web.dependencies import CurrentUser, UserSession
from segue.kit.web.routes import ApiRoute
from segue.library.history.schemas import Period
from segue.taste import forgetting, jobs, moving, picturing, schemas, service
from segue.taste.service import Movement, TasteNow

router = APIRouter(tags=["taste"], route_class=ApiRoute)
_PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}, "image/svg+xml": {}}}}


@router.post("/like/{track_id}")
async def like(
    track_id: UUID, user: CurrentUser, session: UserSession, say: Annotated[schemas.Like | None, Body()] = None
) -> schemas.TasteMoved:
    """Like a song, dislike it, or take back what you said. Your taste moves at once."""
    liked = True if say is None else say.liked
    return await _moved(session, user.user_id, await service.like(session, user.user_id, track_id, liked=liked))


@router.post("/rate/{track_id}")
async def rate(track_id: UUID, say: schemas.Stars, user: CurrentUser, session: UserSession) -> schemas.TasteMoved:
    """Rate a song, or take back how you did. Your taste moves at once."""
    movement = await moving.give_stars(session, user.user_id, track_id, rating=say.rating)
    return await _moved(session, user.user_id, movement)


@router.delete("/history")
async def forget_history(
    user: CurrentUser,
    session: UserSession,
    period: Annotated[Period, Depends()],
    track_id: UUID | None = None,
) -> schemas.Forgotten:
    """Forget what you heard in a period, by a source or of a track. Your taste is found anew without it."""
    which = period.which(track_id)
    count, job = await forgetting.forget_period(session, user.user_id, which, build=jobs.BUILD)
    return schemas.Forgotten(listens=count, job_id=job and job.id)


@router.delete("/history/{track_id}/{listened_at}")
async def forget_listen(
    track_id: UUID, listened_at: AwareDatetime, user: CurrentUser, session: UserSession
) -> schemas.Forgotten:
    """Forget that you heard a track at a moment. Your taste is found anew without it."""
    job = await forgetting.forget_one(session, user.user_id, track_id, listened_at, build=jobs.BUILD)
    return schemas.Forgotten(listens=1, job_id=job and job.id)


@router.post("/feedback")
async def feedback(say: schemas.SoundsLikeMe, user: CurrentUser, session: UserSession) -> schemas.TasteMoved:
    """Say how much a song sounds like you. Your taste moves at once."""
    movement = await service.rate(session, user.user_id, say.track_id, sounds_like_me=say.sounds_like_me)
    return await _moved(session, user.user_id, movement)


@router.post("/update_preferences")
async def update_preferences(
    say: schemas.PreferencesUpdate, user: CurrentUser, session: UserSession
) -> schemas.Preferences:
    """Say what you prefer. What you say counts more than what your songs tell."""
    prefers = await service.prefer(session, user.user_id, say.model_dump(exclude_unset=True))
    return schemas.Preferences(items=[schemas.PreferenceView.model_validate(one) for one in prefers])


@router.get("/taste")
async def get_taste(user: CurrentUser, session: UserSession) -> schemas.TasteView:
    """Show your taste in plain words, with what they rest on. If it is old, it is found anew meanwhile."""
    return _view(await service.taste_of(session, user.user_id, jobs.BUILD))


@router.get("/taste/picture", response_class=Response, responses=_PICTURE)
async def get_picture(request: Request, user: CurrentUser, session: UserSession) -> Response:
    """Show your taste as a picture: PNG, or SVG if you ask for `image/svg+xml`."""
    accepted = request.headers.get("accept", "")
    chosen: Literal["png", "svg"] = "svg" if "image/svg+xml" in accepted and "image/png" not in accepted else "png"
    return await picturing.response(request, session, user.user_id, chosen)


@router.get("/taste/picture.{form}", response_class=Response, responses=_PICTURE)
async def get_picture_as(
    form: Literal["png", "svg"], request: Request, user: CurrentUser, session: UserSession
) -> Response:
    """Show your taste as a PNG or SVG picture."""
    return await picturing.response(request, session, user.user_id, form)


async def _moved(session: UserSession, user_id: UUID, movement: Movement) -> schemas.TasteMoved:
    job = await service.said(session, user_id, movement, jobs.BUILD)
    return schemas.TasteMoved(
        track_id=movement.track_id,
        said=movement.said,
        before=movement.before,
        after=movement.after,
        job_id=job and job.id,
    )


def _view(taste: TasteNow) -> schemas.TasteView:
    profile = taste.profile or {"songs": 0, "against": 0}
    return schemas.TasteView(
        state=taste.state,
        words=taste.words,
        facets=[schemas.FacetView.model_validate(facet) for facet in taste.facets],
        tempo=profile.get("tempo"),
        eras=profile.get("eras"),
        energy=profile.get("energy"),
        songs=profile["songs"],
        against=profile["against"],
        moved=taste.moved,
        preferences=[schemas.PreferenceView.model_validate(one) for one in taste.preferences],
        read_at=taste.read_at,
        job_id=taste.job and taste.job.id,
    )
