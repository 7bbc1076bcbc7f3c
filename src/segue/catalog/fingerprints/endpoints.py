"""The routes of recognising: what an excerpt is, what a track is made of."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Response, UploadFile, status

from segue.audio.files import DecodeLimits
from segue.catalog import service as catalog
from segue.catalog.fingerprints import jobs, schemas, service
from segue.catalog.fingerprints.listening import excerpt_of_file
from segue.catalog.tables import SourceTrack
from segue.kit.jobs import enqueue
from segue.kit.processes import ProcessLimits, run_in_process
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.routes import ApiRoute
from segue.kit.web.uploads import InTurn, received_file

router = APIRouter(tags=["catalog"], route_class=ApiRoute)

_LIMITS = ProcessLimits(memory_bytes=2**31, stall_s=60)


@router.post("/identify", dependencies=[InTurn])
async def identify(
    file: Annotated[UploadFile, File(description="Five seconds or more of a recording, a minute at most")],
    user: CurrentUser,
    session: UserSession,
    runtime: RuntimeDep,
) -> schemas.Identification:
    """Tell which track of yours, or which public one, an excerpt is of: through noise, and at another speed or key."""
    settings = runtime.settings
    limits = DecodeLimits(max_bytes=settings.upload_max_bytes, max_s=min(settings.upload_max_s, 60.0))
    async with received_file(file, settings.upload_max_bytes) as path:
        peaks, duration_s = await run_in_process(excerpt_of_file, path, limits, limits=_LIMITS)
    found = await service.identified(session, peaks, duration_s, user.user_id)
    return schemas.Identification(
        matches=[
            schemas.Identified(
                **_recording(track),
                start_s=match.source_start_s,
                end_s=match.source_end_s,
                speed=match.speed,
                transposed_semitones=match.transposed_semitones,
                confidence=match.confidence,
            )
            for track, match in found
        ]
    )


@router.get("/tracks/{track_id}/sources")
async def list_sources(track_id: UUID, user: CurrentUser, session: UserSession, response: Response) -> schemas.Sources:
    """Name the tracks of yours, or public ones, that sound in a track, however transposed or stretched."""
    track = await catalog.track(session, track_id)
    found = await service.sources_of(session, track, user.user_id)
    if found is None:
        track, _ = await catalog.own_audio(session, track_id, user.user_id)
        job = await enqueue(
            session,
            jobs.FINGERPRINT,
            user_id=user.user_id,
            input_data={"track_id": str(track_id)},
            dedupe_key=str(track_id),
        )
        response.status_code = status.HTTP_202_ACCEPTED
        return schemas.Sources(job_id=job.id, sources=[])
    return schemas.Sources(
        job_id=None,
        sources=[
            schemas.MixSource(
                **_recording(source.track),
                ranges=[schemas.SourceRange(**asdict(stretch)) for stretch in source.heard.stretches],
            )
            for source in found
        ],
    )


def _recording(track: SourceTrack) -> dict[str, object]:
    return {"track_id": track.id, "title": track.title, "artist": track.artist, "source": track.source}
