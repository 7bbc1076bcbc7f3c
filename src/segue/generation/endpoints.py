"""The routes of generation: have a track made, follow it, fetch what it is made of, see what is left of the day."""

from dataclasses import asdict
from typing import Final, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from segue.catalog import service as catalog
from segue.generation import schemas, service
from segue.generation.tables import Generation, GenerationFile
from segue.kit.errors import NotFound
from segue.kit.jobs import Job
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.media import media_url, stored_file_response
from segue.kit.web.routes import ApiRoute
from segue.stems import service as stems

router = APIRouter(tags=["generation"], route_class=ApiRoute)

_KINDS: Final = {
    "beginning": ("mp3", "audio/mpeg"),
    "midi": ("mid", "audio/midi"),
    "project": ("json", "application/json"),
}


@router.post("/generate", status_code=status.HTTP_202_ACCEPTED, dependencies=[Idempotent])
async def start_generation(
    request: schemas.GenerateRequest, user: CurrentUser, session: UserSession
) -> schemas.GenerationStarted:
    """Have a track made for you, in the background."""
    steer = service.Steer(tuple(request.steer.liked), tuple(request.steer.skipped)) if request.steer else None
    generation = await service.begin(
        session,
        user.user_id,
        mode=request.mode,
        source_id=request.source_id,
        playlist_id=request.playlist_id,
        duration_s=request.duration,
        create_band=request.create_band,
        band_id=request.band_id,
        seed=request.seed,
        steer=steer,
    )
    quota = await service.quota_of(session, user.user_id)
    return schemas.GenerationStarted(
        job_id=generation.job_id, generation_id=generation.id, seed=generation.seed, quota=_quota(quota)
    )


@router.get("/generate/quota")
async def get_quota(user: CurrentUser, session: UserSession) -> schemas.QuotaOut:
    """Tell how many more tracks may be made for you today."""
    return _quota(await service.quota_of(session, user.user_id))


@router.get("/generate/{job_id}")
async def get_generation(
    job_id: UUID, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> schemas.GenerationOut:
    """Tell how far a track is, and where its beginning, its sound and its parts are once they are there."""
    job, generation = await service.of_job(session, job_id, user.user_id)
    return await _out(session, runtime, job, generation)


@router.get("/generate/{job_id}/midi", response_class=Response)
async def get_midi(
    job_id: UUID, request: Request, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> Response:
    """Give the track's score as a MIDI file."""
    _, generation = await service.of_job(session, job_id, user.user_id)
    return await _file(request, session, runtime, generation, "midi")


@router.get("/generate/{job_id}/project", response_class=Response)
async def get_project(
    job_id: UUID, request: Request, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> Response:
    """Give what the track is, as JSON: tempo, key, sections, chords, parts."""
    _, generation = await service.of_job(session, job_id, user.user_id)
    return await _file(request, session, runtime, generation, "project")


def _quota(quota: service.Quota) -> schemas.QuotaOut:
    return schemas.QuotaOut(**asdict(quota), left=quota.left)


async def _out(session: UserSession, runtime: Runtime, job: Job, generation: Generation) -> schemas.GenerationOut:
    files = await service.files_of(session, generation.id)
    addresses = {name: _address(runtime, generation, file) for name, file in files.items()}
    url, parts = None, {}
    if generation.track_id is not None:
        url = catalog.url_of(runtime, await catalog.track(session, generation.track_id))
        for stem in await stems.stems_of(session, generation.track_id, generation.user_id):
            name = f"{generation.title} - {stem.name}.flac"
            parts[stem.name] = media_url(runtime, stem.asset.sha256, name, stem.asset.media_type)
    return schemas.GenerationOut(
        job_id=job.id,
        generation_id=generation.id,
        mode=generation.mode,
        status=job.status,
        progress=job.progress,
        stage=job.stage,
        error_message=job.error_message,
        title=generation.title,
        seed=generation.seed,
        explanation=" ".join(generation.explanation) or None,
        beginning_url=addresses.get("beginning"),
        url=url,
        track_id=generation.track_id,
        band_id=generation.band_id,
        midi_url=addresses.get("midi"),
        project_url=addresses.get("project"),
        stems=parts,
        created_at=generation.created_at,
        completed_at=generation.completed_at,
    )


def _address(runtime: Runtime, generation: Generation, file: GenerationFile) -> str:
    suffix, media_type = _KINDS[file.name]
    return media_url(runtime, file.sha256, f"{generation.title}.{suffix}", media_type)


async def _file(
    request: Request, session: UserSession, runtime: Runtime, generation: Generation, name: Literal["midi", "project"]
) -> Response:
    file = (await service.files_of(session, generation.id)).get(name)
    if file is None:
        raise NotFound(f"This track has no {name} file, or not yet.")
    suffix, media_type = _KINDS[name]
    return await stored_file_response(
        request,
        runtime,
        file.sha256,
        f"{generation.title}.{suffix}",
        media_type,
        download=True,
        expires_in_s=runtime.settings.signed_url_s,
    )
