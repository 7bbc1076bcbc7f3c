"""The routes of bands: keep, show, list, follow, delete; and their covers."""

from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from segue.generation.bands import saving, schemas, service, viewing
from segue.generation.bands.covers.drawing import MEDIA_TYPE
from segue.generation.bands.covers.keeping import cover_of
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.errors import NotFound, Unauthenticated
from segue.kit.pagination import Page
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, OptionalUser, PagingDep, RuntimeDep, UserSession, VisitorSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.identity import Principal
from segue.kit.web.media import stored_file_response
from segue.kit.web.problems import Problem
from segue.kit.web.routes import ApiRoute

router = APIRouter(tags=["bands"], route_class=ApiRoute)

_COVER_KEPT_S = 3600
_COVER: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {}}, "description": "The cover"},
    404: {"model": Problem},
}


@router.post("/save_band", responses={404: {"model": Problem}, 409: {"model": Problem}}, dependencies=[Idempotent])
async def save_band(
    body: schemas.SaveBandIn, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> schemas.BandView:
    """Keep a band of yours, and say what it is called and who may see it.

    With `track_id`, it is the band of that track; one that had none gets a band that sounds as it does.
    """
    if body.track_id is not None:
        band = await saving.band_of(session, runtime, body.track_id, user.user_id)
    else:
        band = await service.band_for(session, body.band_id or UUID(int=0), user.user_id)
    wanted = body.model_dump(exclude={"band_id", "track_id"})
    await service.change(session, band, service.Changes(**wanted))
    return await viewing.whole(session, runtime, band, user.user_id)


@router.get("/band/{band_id}", responses={404: {"model": Problem}})
async def get_band(band_id: UUID, user: OptionalUser, session: VisitorSession, runtime: RuntimeDep) -> schemas.BandView:
    """Show a band with all that it released. For public bands nobody need sign in."""
    band = await _seen(session, band_id, user)
    return await viewing.whole(session, runtime, band, user.user_id if user else None)


@router.get("/bands")
async def list_bands(
    user: CurrentUser, session: UserSession, runtime: RuntimeDep, paging: PagingDep
) -> Page[schemas.BandSummary]:
    """List the bands that are yours, and those that you follow, newest first."""
    bands, cursor = await service.bands_of(session, user.user_id, paging)
    return Page(items=await viewing.summaries(session, runtime, bands, user.user_id), next_cursor=cursor)


@router.post("/follow_band", responses={404: {"model": Problem}})
async def follow_band(
    body: schemas.FollowBandIn, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> schemas.Followed:
    """Follow a band: you are told of its releases at `/events`, and in your browsers. Or follow it no more."""
    band = await service.follow(session, body.band_id, user.user_id, wanted=body.follow)
    (summary,) = await viewing.summaries(session, runtime, [band], user.user_id)
    return schemas.Followed(band_id=band.id, following=summary.following, followers=summary.followers)


@router.delete("/band/{band_id}", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": Problem}})
async def delete_band(band_id: UUID, user: CurrentUser, session: UserSession) -> None:
    """Delete a band of yours with its releases. Its tracks stay yours, and are private again."""
    await service.delete(session, band_id, user.user_id)


@router.get("/band/{band_id}/cover", response_class=Response, responses=_COVER)
async def get_cover(band_id: UUID, request: Request, user: OptionalUser, runtime: RuntimeDep) -> Response:
    """Show a band's cover: at an address that the API gave, or to whoever may see the band."""
    async with _session_for(request, runtime, user, viewing.COVER_PATH.format(band_id=band_id)) as session:
        await _seen(session, band_id, user)
        band = await service.with_vector(session, band_id)
    return await _cover(request, runtime, band)


@router.get("/band/{band_id}/releases/{release_id}/cover", response_class=Response, responses=_COVER)
async def get_release_cover(
    band_id: UUID, release_id: UUID, request: Request, user: OptionalUser, runtime: RuntimeDep
) -> Response:
    """Show the cover of a single, EP or album: at an address that the API gave, or to whoever may see the band."""
    path = viewing.RELEASE_COVER_PATH.format(band_id=band_id, release_id=release_id)
    async with _session_for(request, runtime, user, path) as session:
        await _seen(session, band_id, user)
        release = await service.release_of(session, band_id, release_id)
        band = await service.with_vector(session, band_id)
    return await _cover(request, runtime, band, release)


def _session_for(
    request: Request, runtime: Runtime, user: Principal | None, path: str
) -> AbstractAsyncContextManager[AsyncSession]:
    """Open a session that sees what a caller may; it shall be closed again before anything is drawn.

    An address that this server signed opens what it names; one that pretends to be is refused.
    """
    if "signature" in request.query_params:
        runtime.signer.verify(path, request.query_params)
        return runtime.database.system_session()
    return runtime.database.session(user.user_id if user else None)


async def _seen(session: AsyncSession, band_id: UUID, user: Principal | None) -> Band:
    try:
        return await service.shown(session, band_id)
    except NotFound:
        if user is None:
            raise Unauthenticated("Sign in to see this band: it is not public, or not there.") from None
        raise


async def _cover(request: Request, runtime: Runtime, band: Band, release: BandRelease | None = None) -> Response:
    sha256 = await cover_of(runtime, band, release)
    name = f"{band.name if release is None else release.title}.jpg"
    return await stored_file_response(
        request, runtime, sha256, name, MEDIA_TYPE, download=False, expires_in_s=_COVER_KEPT_S
    )
