"""Having words about bands written in jobs before any transaction is open: a hosted writer takes seconds for each."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from segue.catalog import service as catalog
from segue.engines.writing import Sound, Writer
from segue.engines.writing.choose import choose_writer
from segue.generation.bands import repository, service
from segue.generation.bands.collecting import due_collection
from segue.generation.bands.service import NAMES_AT_A_TIME, Words, met
from segue.generation.bands.sounding import sound_of
from segue.generation.bands.tables import Band, BandTrack
from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.jobs import JobContext

Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Coming:
    """A track that a band is about to release: its title, and who plays on it, the most heard first."""

    title: str
    instruments: tuple[str, ...] = ()


async def names_for(job: JobContext, sound: Sound, seed: int) -> tuple[str, ...]:
    """Return names for a band that is to be founded."""
    return await _ask(job, lambda writer: writer.band_names(sound, seed, NAMES_AT_A_TIME))


async def write_bio(job: JobContext, band: Band) -> None:
    """Write about a band that has just been founded."""
    bio = await _ask(job, lambda writer: writer.bio(band.name, sound_of(band), band.seed))
    async with job.session() as session:
        await service.describe(session, band.id, job.user_id, bio)


async def words_for(job: JobContext, band_id: UUID, coming: Coming | None = None) -> Words:
    """Return what `service.release` or `service.collect` will need to be written of a band, as far as that is known."""
    async with job.session() as session:
        band = await repository.own_band(session, band_id, job.user_id)
        if band is None:
            return Words()
        tracks = list(await repository.loose_tracks(session, band.id))
        titles = {
            key: track.title for key, track in (await catalog.tracks(session, [t.track_id for t in tracks])).items()
        }
    sound, bio, title = sound_of(band), None, None
    if coming is not None:
        tracks.append(BandTrack(track_id=new_id(), added_at=now()))
        titles[tracks[-1].track_id] = coming.title
        players = met(sound, coming.instruments)
        if players != sound and not band.bio_is_own:
            bio = await _ask(job, lambda writer: writer.bio(band.name, players, band.seed))
    due = due_collection(tracks, now())
    if due is not None:
        ids = [track.track_id for track in due[1]]
        songs = tuple(titles[track_id] for track_id in ids if track_id in titles)
        seed = service.seed_of(ids)
        title = await _ask(job, lambda writer: writer.album_title(band.name, songs, sound, seed))
    return Words(bio, title)


async def _ask(job: JobContext, write: Callable[[Writer], Written]) -> Written:
    """Have something written, with a sign of life of the job's before and after."""
    await job.report(0)
    written = await asyncio.to_thread(write, choose_writer(job.runtime.settings))
    await job.report(0)
    return written
