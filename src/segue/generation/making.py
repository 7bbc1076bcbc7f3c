"""Making a track in a job: plan, produce, keep sound, stems and score; then hear it as any other track."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from segue.audio.files import OUR_LIMITS, probe
from segue.catalog import service as catalog
from segue.catalog.tables import Asset
from segue.engines.generation import BEGINNING
from segue.engines.generation import Generation as Made
from segue.engines.generation.options import generator_choice
from segue.generation import keeping, planning, repository
from segue.generation.bands import service as bands
from segue.generation.bands.writing import Coming, words_for
from segue.generation.explaining import explain_made
from segue.generation.planning import Plan
from segue.generation.producing import produce_in_job
from segue.generation.tables import Generation
from segue.kit.errors import NotFound
from segue.kit.ids import new_id
from segue.kit.jobs import JobContext
from segue.stems import service as stems

_LOOK_EVERY_S: Final = 0.2
_NOT_WANTED: Final = "This track is not asked for any more."

_log = structlog.get_logger(__name__)


async def make_track(job: JobContext) -> dict[str, Any]:
    """Make the track of a job's generation, unless an earlier attempt has; then have it heard and placed."""
    async with job.session() as session:
        generation = await repository.generation(session, UUID(job.input["generation_id"]))
    if generation is None:
        raise NotFound(_NOT_WANTED)
    track_id = generation.track_id
    if track_id is None:
        await job.report(1, "Thinking")
        plan = await planning.plan_for(job, generation)
        await job.report(5, "Playing")
        track_id = await _make(job, generation, plan)
    await job.report(85, "Listening")
    await catalog.ensure_analyzed(job, track_id, share=(85, 99))
    return {"generation_id": str(generation.id), "track_id": str(track_id)}


async def _make(job: JobContext, generation: Generation, plan: Plan) -> UUID:
    settings, storage = job.runtime.settings, job.runtime.storage
    with job.scratch_folder() as folder:
        made_in = folder / "made"
        made_in.mkdir()
        async with contextlib.AsyncExitStack() as files:
            request = plan.request
            if plan.source_sha256 is not None:
                source = await files.enter_async_context(storage.local_file(plan.source_sha256))
                request = plan.request_with(source)
            watching = asyncio.create_task(_keep_beginning(job, generation, made_in / BEGINNING))
            try:
                made = await produce_in_job(job, generator_choice(settings), request, made_in, share=(5, 80))
            finally:
                await _last_look(watching, made_in / BEGINNING)
        return await _keep(job, generation, plan, made, folder)


async def _keep_beginning(job: JobContext, generation: Generation, path: Path) -> None:
    """Keep a track's first seconds as soon as they are there, for who waits for it."""
    while not await asyncio.to_thread(path.exists):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(_LOOK_EVERY_S)
    await keeping.keep_file(job, generation, "beginning", path)


async def _last_look(watching: "asyncio.Task[None]", path: Path) -> None:
    """Let the beginning be kept if it is there, and stop looking for it else; the track doesn't depend on it."""
    if not await asyncio.to_thread(path.exists):
        watching.cancel()
    await asyncio.wait({watching})
    if not watching.cancelled() and (error := watching.exception()) is not None:
        _log.warning("generation.beginning_not_kept", exc_info=error)


async def _keep(job: JobContext, generation: Generation, plan: Plan, made: Made, folder: Path) -> UUID:
    """Keep all that was made, in one transaction at the end: an attempt that dies before has kept no track.

    Of two attempts of which the first was only taken for dead, the later to come here returns the other's track.
    """
    await job.report(80, "Keeping")
    storage = job.runtime.storage
    project = folder / "project.json"
    project.write_text(json.dumps(dict(made.project), allow_nan=False))
    beside: dict[str, Path] = {"project": project}
    if made.midi is not None:
        beside["midi"] = made.midi
    for name, path in beside.items():
        await keeping.keep_file(job, generation, name, path)
    sounds: dict[str, Path] = {"mix": made.mix, **{str(name): path for name, path in made.stems.items()}}
    blobs = {name: await storage.put_file(path, media_type="audio/flac") for name, path in sounds.items()}
    probes = {name: await asyncio.to_thread(probe, path, OUR_LIMITS) for name, path in sounds.items()}
    players, words = bands.players_of(made.project), bands.Words()
    if generation.band_id is not None:
        words = await words_for(job, generation.band_id, Coming(plan.title, players))
    track_id = new_id()
    async with job.session() as session:
        kept = await repository.generation_to_keep(session, generation.id)
        if kept is None or kept[1].status == "cancelled":
            raise NotFound(_NOT_WANTED)
        if kept[0].track_id is not None:
            return kept[0].track_id
        assets: dict[str, Asset] = {
            name: await catalog.keep_asset(session, storage, blobs[name], probes[name], path)
            for name, path in sounds.items()
        }
        await catalog.add_made_track(
            session,
            track_id=track_id,
            user_id=job.user_id,
            asset=assets["mix"],
            source="generated",
            title=plan.title,
            artist=plan.artist,
        )
        engine, version = str(made.provenance["engine"]), str(made.provenance["version"])
        await stems.add_made_stems(
            session,
            user_id=job.user_id,
            track_id=track_id,
            engine=engine,
            engine_version=version,
            assets={name: assets[name].id for name in made.stems},
        )
        if generation.band_id is not None:
            how: dict[str, Any] = {"instruments": players, "words": words}
            await bands.release(session, generation.band_id, track_id, job.user_id, **how)
        result = {
            "track_id": track_id,
            "engine": engine,
            "engine_version": version,
            "provenance": dict(made.provenance),
            "explanation": [*plan.explanation, *explain_made(made.project)],
        }
        await keeping.complete(session, generation.id, result)
    return track_id
