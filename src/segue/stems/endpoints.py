"""The stems' routes: separate a track, list its stems."""

from uuid import UUID

from fastapi import APIRouter, status

from segue.catalog import service as catalog
from segue.kit.jobs import enqueue
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.media import media_url
from segue.kit.web.routes import ApiRoute
from segue.stems import jobs, schemas, service
from segue.stems.tables import Stem

router = APIRouter(tags=["stems"], route_class=ApiRoute)


@router.post("/audio/separate", status_code=status.HTTP_202_ACCEPTED, dependencies=[Idempotent])
async def separate(
    request: schemas.SeparationRequest, user: CurrentUser, session: UserSession
) -> schemas.SeparationStarted:
    """Part a track of yours into vocals, drums, bass and other, in the background."""
    await catalog.own_audio(session, request.track_id, user.user_id)
    job = await enqueue(
        session,
        jobs.SEPARATE,
        user_id=user.user_id,
        input_data={"track_id": str(request.track_id)},
        dedupe_key=str(request.track_id),
    )
    return schemas.SeparationStarted(job_id=job.id)


@router.get("/tracks/{track_id}/stems")
async def list_stems(
    track_id: UUID, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> list[schemas.StemOut]:
    """List the stems of a track of yours; empty until it has been separated."""
    return [_out(runtime, stem) for stem in await service.stems_of(session, track_id, user.user_id)]


def _out(runtime: Runtime, stem: Stem) -> schemas.StemOut:
    return schemas.StemOut(
        id=stem.id,
        name=stem.name,
        engine=stem.engine,
        engine_version=stem.engine_version,
        duration_s=stem.asset.probe["duration_s"],
        size=stem.asset.size_bytes,
        url=media_url(runtime, stem.asset.sha256, f"{stem.name}.flac", stem.asset.media_type),
        created_at=stem.created_at,
    )
