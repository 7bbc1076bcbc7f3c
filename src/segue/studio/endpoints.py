"""The studio's routes: make a mashup, follow it, fetch it, publish it, see a creator's page."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from segue.audio.mashup.types import MashupOptions
from segue.catalog import service as catalog
from segue.kit.errors import Conflict
from segue.kit.jobs import enqueue
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, PagingDep, RuntimeDep, UserSession, VisitorSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.media import safe_filename, stored_file_response
from segue.kit.web.routes import ApiRoute
from segue.studio import jobs, schemas, service
from segue.studio.tables import Mashup

router = APIRouter(tags=["studio"], route_class=ApiRoute)


@router.post("/mashup/ai", status_code=status.HTTP_202_ACCEPTED, dependencies=[Idempotent])
async def start_mashup(
    request: schemas.MashupRequest, user: CurrentUser, session: UserSession
) -> schemas.MashupStarted:
    """Make a mashup of two tracks, or of chosen stems, in the background."""
    await service.check_request(session, request, user.user_id)
    options = MashupOptions(request.vibe, request.intensity, request.transition_style)
    job = await enqueue(
        session,
        jobs.MASH_UP,
        user_id=user.user_id,
        input_data={**request.model_dump(mode="json", include={"tracks", "stems"}), "options": asdict(options)},
    )
    return schemas.MashupStarted(jobId=job.id)


@router.get("/mashup/ai/{job_id}")
async def get_mashup(
    job_id: UUID, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> schemas.MashupProgress:
    """Tell how far a mashup is, and what came out once it is complete."""
    job, mashup = await service.made_by(session, job_id, user.user_id)
    return schemas.MashupProgress(
        jobId=job.id,
        status=job.status,
        progress=job.progress,
        stage=job.stage,
        error_message=job.error_message,
        mashup=await _out(session, runtime, mashup) if mashup else None,
    )


@router.get("/mashup/ai/{job_id}/download", response_class=Response)
async def download_mashup(
    job_id: UUID, request: Request, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> Response:
    """Give the mashup's MP3, or the range of it that is asked for."""
    job, mashup = await service.made_by(session, job_id, user.user_id)
    if mashup is None:
        raise Conflict(f"The mashup is not there: its job is {job.status}.", job_status=job.status)
    track = await catalog.track(session, mashup.track_id)
    asset = catalog.audio_of(track)
    return await stored_file_response(
        request,
        runtime,
        asset.sha256,
        safe_filename(catalog.filename_of(track)),
        asset.media_type,
        download=True,
        expires_in_s=runtime.settings.signed_url_s,
    )


@router.post("/mashups/{mashup_id}/publish")
async def publish(
    mashup_id: UUID,
    user: CurrentUser,
    session: UserSession,
    runtime: RuntimeDep,
    request: schemas.PublishRequest | None = None,
) -> schemas.MashupOut:
    """Show a mashup of yours to everyone, on your public page."""
    mashup = await service.publish(session, mashup_id, user.user_id, request.title if request else None)
    return await _out(session, runtime, mashup)


@router.get("/creators/{handle}")
async def creator_page(handle: str, session: VisitorSession, paging: PagingDep) -> schemas.CreatorPage:
    """Show a creator's public page; nobody need sign in."""
    profile, mashups, cursor = await service.creator_page(session, handle, paging)
    return schemas.CreatorPage(
        handle=profile.handle,
        display_name=profile.display_name,
        bio=profile.bio,
        mashups=mashups,
        next_cursor=cursor,
    )


async def _out(session: UserSession, runtime: Runtime, mashup: Mashup) -> schemas.MashupOut:
    track = await catalog.track(session, mashup.track_id)
    return schemas.MashupOut(
        id=mashup.id,
        track_id=mashup.track_id,
        title=mashup.title,
        url=catalog.url_of(runtime, track),
        compatibility=mashup.compatibility,
        report=mashup.report,
        published_at=mashup.published_at,
        created_at=mashup.created_at,
    )
