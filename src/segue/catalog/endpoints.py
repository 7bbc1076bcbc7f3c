"""The catalogue's routes: upload, tracks."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, UploadFile, status

from segue.catalog import jobs, schemas, service
from segue.catalog.tables import SourceTrack
from segue.kit.jobs import enqueue
from segue.kit.pagination import Page
from segue.kit.web.dependencies import CurrentUser, PagingDep, RuntimeDep, UserSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.routes import ApiRoute
from segue.kit.web.uploads import InTurn, received_file

router = APIRouter(tags=["catalog"], route_class=ApiRoute)


@router.post("/upload", status_code=status.HTTP_201_CREATED, dependencies=[InTurn, Idempotent])
async def upload(
    file: Annotated[UploadFile, File(description="MP3, AAC, M4A, FLAC, OGG, Opus or WAV")],
    user: CurrentUser,
    session: UserSession,
    runtime: RuntimeDep,
) -> schemas.UploadResult:
    """Bring a song. It is checked at once, and analysed in the background."""
    filename = file.filename or "upload"
    async with received_file(file, runtime.settings.upload_max_bytes) as path:
        found = await asyncio.to_thread(service.check, path, runtime.settings)
        blob = await runtime.storage.put_file(path, media_type=service.media_type_of(found))
        track = await service.take_in(
            session, runtime.storage, user_id=user.user_id, blob=blob, found=found, path=path, filename=filename
        )
    job = await enqueue(
        session,
        jobs.ANALYZE,
        user_id=user.user_id,
        input_data={"track_id": str(track.id)},
        dedupe_key=str(track.id),
    )
    return schemas.UploadResult(
        url=service.url_of(runtime, track), filename=filename, size=blob.size, track_id=track.id, job_id=job.id
    )


@router.get("/tracks")
async def list_tracks(user: CurrentUser, session: UserSession, paging: PagingDep) -> Page[schemas.TrackSummary]:
    """List your tracks, newest first."""
    tracks, cursor = await service.tracks_of(session, user.user_id, paging)
    return Page(items=[_summary(track) for track in tracks], next_cursor=cursor)


@router.get("/tracks/{track_id}")
async def get_track(track_id: UUID, _user: CurrentUser, session: UserSession, runtime: RuntimeDep) -> schemas.Track:
    """Show a track of yours, or a public one, with what was heard in it."""
    track = await service.track(session, track_id)
    asset = track.asset
    return schemas.Track(
        **_summary(track).model_dump(),
        url=service.url_of(runtime, track) if asset else None,
        probe=asset and asset.probe,
        analysis=asset and service.heard_in(asset),
    )


@router.delete("/tracks/{track_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_track(track_id: UUID, user: CurrentUser, session: UserSession) -> None:
    """Delete a track of yours and its stems. The audio itself stays stored, out of reach, for whoever else has it."""
    await service.delete(session, track_id, user.user_id)


def _summary(track: SourceTrack) -> schemas.TrackSummary:
    return schemas.TrackSummary.model_validate(
        {
            "id": track.id,
            "source": track.source,
            "title": track.title,
            "artist": track.artist,
            "duration_s": track.asset and track.asset.probe["duration_s"],
            "visibility": track.visibility,
            "created_at": track.created_at,
        }
    )
