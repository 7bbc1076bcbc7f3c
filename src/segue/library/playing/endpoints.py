"""The routes of playing: from where a track is played, what it looks like, and what was heard of it."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query

from segue.catalog import service as catalog
from segue.catalog.playback import service as playback
from segue.catalog.schemas import TrackSource
from segue.kit.errors import Conflict
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, OptionalUser, RuntimeDep, UserSession, VisitorSession
from segue.kit.web.problems import Problem
from segue.kit.web.routes import ApiRoute
from segue.library import service as library
from segue.library.playing import counting, schemas, service
from segue.library.playing.counting import Play
from segue.library.playing.schemas import PlayReport
from segue.library.playing.service import Playing, Wanted

router = APIRouter(tags=["playing"], route_class=ApiRoute)


@router.get("/play/{track_id}", responses={404: {"model": Problem}, 409: {"model": Problem}})
async def play(
    track_id: UUID,
    user: OptionalUser,
    runtime: RuntimeDep,
    asked: Annotated[schemas.PlayQuery, Query()],
) -> schemas.Playable:
    """Tell how to play a track of yours, or a public one; for public ones nobody need sign in.

    What is brought into another format streams while it is made, and is kept: then it answers ranges. A song of which
    there is no audio plays from your own upload of it, if you have one, else in a platform's own player.
    """
    wanted = Wanted(asked.format, asked.bitrate, asked.normalize, asked.platform)
    found = await service.playing(runtime, user.user_id if user else None, track_id, wanted)
    return _view(runtime, found)


@router.get("/tracks/{track_id}/waveform")
async def waveform(track_id: UUID, user: OptionalUser, session: VisitorSession) -> schemas.Waveform:
    """Give the waveform of a track of yours, or of a public one."""
    track = await catalog.playable(session, track_id, signed_in=user is not None)
    analysis = catalog.audio_of(track).analysis
    if analysis is None:
        raise Conflict("This track is not analysed yet: ask again when its job is complete.")
    return schemas.Waveform(track_id=track_id, duration_s=analysis["duration_s"], peaks=analysis["peaks"])


@router.post("/plays")
async def tell_plays(reports: schemas.PlayReports, user: CurrentUser, session: UserSession) -> schemas.PlayOutcomes:
    """Tell what you heard. A play counts once, after 30 seconds or half of the track, whichever comes first."""
    told = reports.plays
    stopped = [report.track_id for report in told if report.event in ("skip", "end")]
    outcomes = await service.tell(session, user.user_id, [_play(report) for report in told], stopped=stopped)
    for report in told:
        if report.event == "start":
            await counting.begin(session, user.user_id, report.track_id, started_at=report.started_at)
    items = [
        schemas.PlayOutcome(track_id=report.track_id, outcome=outcome)
        for report, outcome in zip(told, outcomes, strict=True)
    ]
    return schemas.PlayOutcomes(items=items)


@router.get("/playing_now")
async def playing_now(user: CurrentUser, session: UserSession) -> schemas.NowPlaying:
    """Tell what your player plays at the moment, whichever of your devices that is."""
    found = await library.playing_now(session, user.user_id)
    return schemas.NowPlaying(track_id=found and found.track_id, since=found and found.since)


def _play(report: PlayReport) -> Play:
    return Play(report.track_id, report.started_at, report.played_ms, over=report.event == "skip")


def _view(runtime: Runtime, found: Playing) -> schemas.Playable:
    audio, transcode, gain = found.audio, found.transcode, found.gain
    asset = audio and audio.asset
    probe = asset.probe if asset else None
    bit_rate = transcode.bit_rate_kbps if transcode else probe and round(probe["bit_rate"] / 1000)
    return schemas.Playable(
        type="ai" if found.track.made_here else "real",
        track_id=found.track.id,
        source=cast("TrackSource", found.track.source),
        title=found.track.title,
        artist=found.track.artist,
        url=playback.address_of(runtime, audio, transcode) if audio else None,
        embed_url=None if audio else found.embeds[0].embed_url,
        embeds=[schemas.EmbedView.model_validate(embed) for embed in found.embeds],
        audio_track_id=audio and audio.id,
        duration_s=None if found.duration_ms is None else found.duration_ms / 1000,
        media_type=playback.media_type_of(transcode) if transcode else asset and asset.media_type,
        format=transcode.format if transcode else probe and probe["container"],
        bit_rate_kbps=bit_rate,
        ready=audio is not None and (transcode is None or found.rendition is not None),
        loudness_lufs=gain.loudness_lufs,
        gain_db=gain.gain_db,
        applied_gain_db=transcode.gain_db if transcode else 0.0,
        peak=None if gain.peak_dbtp is None else round(10 ** (gain.peak_dbtp / 20), 6),
        gapless=_gapless(found),
    )


def _gapless(found: Playing) -> schemas.Gapless | None:
    if found.rendition is not None:
        made = found.rendition
        return schemas.Gapless(
            sample_rate=made.sample_rate, samples=made.samples, delay=made.delay, padding=made.padding
        )
    if found.audio is None or found.audio.asset is None or found.transcode is not None:
        return None
    probe = found.audio.asset.probe
    if probe["codec"] not in ("flac", "alac") and not probe["codec"].startswith("pcm"):
        return None  # its own container tells, as far as its maker did
    samples = round(probe["duration_s"] * probe["sample_rate"])
    return schemas.Gapless(sample_rate=probe["sample_rate"], samples=samples, delay=0, padding=0)
