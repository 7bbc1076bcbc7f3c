"""The model of proxies: learned from everyone's songs, and used for those that were never heard."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import numpy as np

from segue.audio.signal import FloatArray
from segue.catalog.embeddings import service as embeddings
from segue.catalog.embeddings.service import PROXY, KnownTrack, NewEmbedding
from segue.catalog.understanding import current_version, engine_of
from segue.engines.embedding import DIMENSIONS
from segue.kit.jobs import JobContext
from segue.kit.runtime import Runtime
from segue.library.evidence import service as evidence
from segue.taste import computing, repository
from segue.taste.proxies import VERSION
from segue.taste.tables import StoredModel
from segue.taste.traits import SongTraits

#: Of so many songs, the newest, a model is learned.
MOST_SONGS: Final = 100_000
_AT_A_TIME: Final = 5_000
#: From so much more songs on, a model is old.
_GROWTH: Final = 1.25
_A_FEW: Final = 8


async def current_space(runtime: Runtime) -> str:
    """Return the space in which songs are placed now: that of the embedding engine in use."""
    settings = runtime.settings
    version = await asyncio.to_thread(current_version, settings.embedding_engine, settings.models_dir)
    return embeddings.space_of(*engine_of(version))


async def model_for(job: JobContext, space: str, *, share: tuple[float, float]) -> StoredModel:
    """Return the model of proxies of a space, learned now if there is none yet or the songs have become many more."""
    async with job.runtime.database.system_session() as session:
        model = await repository.newest_model(session, space)
        songs = len(await evidence.known_tracks(session, limit=MOST_SONGS))
        heard = await embeddings.count_heard(session, space=space, most=MOST_SONGS)
    if model is not None and not _is_old(model, songs, heard):
        return model
    return await learn(job, space, share=share)


async def learn(job: JobContext, space: str, *, share: tuple[float, float]) -> StoredModel:
    """Learn the model of a space from all songs that anybody has to do with, and keep it."""
    await job.report(share[0], "Learning which songs are alike")
    async with job.runtime.database.system_session() as session:
        vectors = await embeddings.heard(session, space=space, limit=MOST_SONGS)
        tracks = list(dict.fromkeys([*vectors, *await evidence.known_tracks(session, limit=MOST_SONGS)]))[:MOST_SONGS]
    traits = await traits_of(job.runtime, tracks)
    there = list(traits)
    heard = [number for number, track in enumerate(there) if track in vectors]
    stacked = _stacked([vectors[there[number]] for number in heard])
    learned = await job.run(computing.learn, list(traits.values()), heard, stacked, share=share, threads=1)
    values = {"data": learned.data, "songs": learned.songs, "heard": learned.heard, "error": learned.error}
    async with job.runtime.database.system_session() as session:
        return await repository.add_model(session, {"space": space, **values})


async def place_anew(job: JobContext, model: StoredModel, *, share: tuple[float, float]) -> int:
    """Give all songs that anybody has to do with their proxies by a model; return how many were placed."""
    async with job.runtime.database.system_session() as session:
        tracks = await evidence.known_tracks(session, limit=MOST_SONGS)
        wanted = await embeddings.lacking(session, tracks, space=model.space, proxy_version=version_of(model))
    placed = 0
    for start in range(0, len(wanted), _AT_A_TIME):
        batch = wanted[start : start + _AT_A_TIME]
        traits = await traits_of(job.runtime, batch)
        done = (start / len(wanted), min(1.0, (start + len(batch)) / len(wanted)))
        part = tuple(share[0] + (share[1] - share[0]) * edge for edge in done)
        proxies = await job.run(computing.embed, model.data, list(traits.values()), share=(part[0], part[1]), threads=1)
        placed += await keep(job.runtime, model, list(traits), proxies)
    return placed


async def keep(
    runtime: Runtime, model: StoredModel, tracks: Sequence[UUID], proxies: FloatArray, genres: Sequence[str | None] = ()
) -> int:
    """Keep the proxies of tracks; those of which nothing is known have none. Return how many were kept."""
    named = genres or [None] * len(tracks)
    rows = [
        NewEmbedding(track, vector, source=PROXY, version=version_of(model), space=model.space, genre=genre)
        for track, vector, genre in zip(tracks, proxies, named, strict=True)
        if np.any(vector)
    ]
    for start in range(0, len(rows), _AT_A_TIME):
        async with runtime.database.system_session() as session:
            await embeddings.keep(session, rows[start : start + _AT_A_TIME])
    return len(rows)


async def traits_of(runtime: Runtime, tracks: Sequence[UUID]) -> dict[UUID, SongTraits]:
    """Return what is known of tracks, as proxies are learned from it; tracks that are no more are left out."""
    found: dict[UUID, SongTraits] = {}
    for start in range(0, len(tracks), _AT_A_TIME):
        batch = tracks[start : start + _AT_A_TIME]
        async with runtime.database.system_session() as session:
            known = await embeddings.known(session, batch)
            company = await evidence.contexts_of(session, batch)
        found |= {track: _traits(one, company.get(track, {})) for track, one in known.items()}
    return {track: found[track] for track in tracks if track in found}


def version_of(model: StoredModel) -> str:
    """Return the name under which a model's proxies are kept."""
    return f"{VERSION}-{model.id}"


def _traits(known: KnownTrack, contexts: dict[str, float]) -> SongTraits:
    return SongTraits(tags=known.tags, artists=known.artists, year=known.year, numbers=known.numbers, contexts=contexts)


def _is_old(model: StoredModel, songs: int, heard: int) -> bool:
    return songs > _GROWTH * model.songs + _A_FEW or heard > _GROWTH * model.heard + _A_FEW


def _stacked(vectors: Sequence[FloatArray]) -> FloatArray:
    return np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), dtype=np.float32)
