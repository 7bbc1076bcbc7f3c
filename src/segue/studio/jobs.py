"""The studio's background work: mashups."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

from segue.audio.files import OUR_LIMITS, probe
from segue.audio.mashup.types import MashupOptions
from segue.audio.report import analysis_from_report
from segue.catalog import service as catalog
from segue.catalog.fingerprints import service as fingerprints
from segue.kit.jobs import JobContext, JobType
from segue.stems import service as stems
from segue.studio import repository, service
from segue.studio.mashing import TrackFiles, mash_up
from segue.studio.service import Ingredients
from segue.studio.tables import Mashup


async def make_mashup(job: JobContext) -> dict[str, Any]:
    """Make the mashup that `input` asks for: hear and separate what is not yet, plan, render, keep, fingerprint."""
    async with job.session() as session:
        mashup = await repository.mashup_of_job(session, job.id)
    if mashup is None:
        ingredients = await _ingredients(job)
        mashup = await _make(job, ingredients)
    await fingerprints.try_to_fingerprint(job, mashup.track_id, share=(95, 99))
    return {"mashup_id": str(mashup.id), "track_id": str(mashup.track_id)}


async def _ingredients(job: JobContext) -> Ingredients:
    """Return the stems that are asked for, separated now if whole tracks are; all their tracks are then analysed."""
    if job.input["stems"]:
        async with job.session() as session:
            chosen = await stems.own_stems(session, [UUID(name) for name in job.input["stems"]], job.user_id)
        ingredients = service.choose_foundation(chosen)
    else:
        lead, foundation = (UUID(name) for name in job.input["tracks"])
        await job.report(1, "Separating")
        lead_stems = await stems.ensure_separated(job, lead, share=(1, 25))
        foundation_stems = await stems.ensure_separated(job, foundation, share=(25, 50))
        ingredients = Ingredients(
            (
                *(stem for stem in lead_stems if stem.name == "vocals"),
                *(stem for stem in foundation_stems if stem.name != "vocals"),
            ),
            foundation,
            unheard=tuple(stem for stem in foundation_stems if stem.name == "vocals"),
        )
    await job.report(50, "Listening")
    for place, track_id in enumerate(ingredients.track_ids):
        start, end = (50 + 15 * (place + step) // len(ingredients.track_ids) for step in (0, 1))
        await catalog.ensure_analyzed(job, track_id, share=(start, end))
    return ingredients


async def _make(job: JobContext, ingredients: Ingredients) -> Mashup:
    """Render a mashup of these ingredients and keep it."""
    options = MashupOptions(**job.input["options"])
    storage = job.runtime.storage
    await job.report(65, "Mixing")
    with job.scratch_folder() as folder:
        output = folder / "mashup.mp3"
        async with AsyncExitStack() as files:
            tracks = await _track_files(job, ingredients, files)
            sources = tuple(service.source_of(stem) for stem in ingredients.stems)
            report = await job.run(
                mash_up, tracks, sources, str(ingredients.foundation), options, output, share=(65, 95)
            )
        blob = await storage.put_file(output, media_type="audio/mpeg")
        found = await asyncio.to_thread(probe, output, OUR_LIMITS)
        report["titles"] = [track.title for track in tracks.values()]
        async with job.session() as session:
            return await service.keep(
                session,
                job_id=job.id,
                user_id=job.user_id,
                asset=await catalog.keep_asset(session, storage, blob, found, output),
                title=" x ".join(report["titles"])[:300],
                options=options,
                ingredients=ingredients,
                report=report,
            )


async def _track_files(job: JobContext, ingredients: Ingredients, files: AsyncExitStack) -> dict[str, TrackFiles]:
    """Return the tracks with their stems as files, for as long as `files` is open."""
    tracks = {}
    for track_id in ingredients.track_ids:
        async with job.session() as session:
            track, asset = await catalog.own_audio(session, track_id, job.user_id)
        paths = {
            stem.name: await files.enter_async_context(job.runtime.storage.local_file(stem.asset.sha256))
            for stem in (*ingredients.stems, *ingredients.unheard)
            if stem.track_id == track_id
        }
        tracks[str(track_id)] = TrackFiles(track.title, analysis_from_report(asset.analysis or {}), paths)
    return tracks


MASH_UP = JobType("studio.mashup", make_mashup)
JOB_TYPES = (MASH_UP,)
