"""The model of proxies: learned from everyone's songs, and used for those that were never heard."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import numpy as np
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.signal import FloatArray
from segue.catalog.embeddings import service as embeddings
from segue.catalog.embeddings.service import PROXY, KnownTrack, NewEmbedding
from segue.catalog.understanding import current_version, engine_of
from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.jobs import JobContext
from segue.kit.jobs.failures import DATABASE_GONE
from segue.kit.runtime import Runtime
from segue.library.evidence import service as evidence
from segue.taste import computing, repository
from segue.taste.proxies import VERSION
from segue.taste.tables import StoredModel
from segue.taste.traits import SongTraits

#: Of so many songs, the newest, a model is learned.
MOST_SONGS: Final = 100_000
_AT_A_TIME: Final = 5_000
_READ_AT_A_TIME: Final = 1_000
#: From so much more songs on, a model is old.
_GROWTH: Final = 1.25
_A_FEW: Final = 8
#: A model is left alone for so long, unless it knows so few songs that counting whether they are more takes no time.
_SETTLED_FOR: Final = timedelta(hours=1)
_SETTLED_SONGS: Final = 2_000
#: After so long a model is old, whatever has come since.
OLD_AFTER: Final = timedelta(days=7)

_log = structlog.get_logger(__name__)
_Tell = Callable[[float], Awaitable[None]]


async def current_space(runtime: Runtime) -> str:
    """Return the space in which songs are placed now: that of the embedding engine in use."""
    settings = runtime.settings
    version = await asyncio.to_thread(current_version, settings.embedding_engine, settings.models_dir)
    return embeddings.space_of(*engine_of(version))


async def model_for(job: JobContext, space: str, *, share: tuple[float, float]) -> StoredModel:
    """Return the model of proxies of a space, learned now if there is none yet or it is old.

    Where it can't be learned now, an old one does.
    """
    async with job.runtime.database.system_session() as session:
        model = await repository.newest_model(session, space)
        if model is not None and not await _is_old(session, model):
            return model
    try:
        return await learn(job, space, share=share)
    except DATABASE_GONE:
        raise
    except Exception as error:
        if model is None:
            raise
        _log.warning("taste.learning_failed", space=space, exc_info=error)
        return model


async def learn(job: JobContext, space: str, *, share: tuple[float, float]) -> StoredModel:
    """Learn the model of a space from all songs that anybody has to do with, and keep it."""
    await job.report(share[0], "Learning which songs are alike")
    reading, learning = _parts(share, 0.3)
    vectors = await _heard(job, space, at=reading[0])
    async with job.runtime.database.system_session() as session:
        tracks = list(dict.fromkeys([*vectors, *await evidence.known_tracks(session, limit=MOST_SONGS)]))[:MOST_SONGS]

    async def tell(done: float) -> None:
        await job.report(reading[0] + done * (reading[1] - reading[0]))

    traits = await traits_of(job.runtime, tracks, tell=tell)
    there = list(traits)
    heard = [number for number, track in enumerate(there) if track in vectors]
    stacked = await asyncio.to_thread(_stacked, [vectors[there[number]] for number in heard])
    learned = await job.run(computing.learn, list(traits.values()), heard, stacked, share=learning, threads=1)
    values = {"data": learned.data, "songs": learned.songs, "heard": learned.heard, "error": learned.error}
    async with job.runtime.database.system_session() as session:
        return await repository.add_model(session, {"space": space, **values})


async def place_anew(job: JobContext, model: StoredModel, *, share: tuple[float, float]) -> int:
    """Give all songs that anybody has to do with their proxies by a model; return how many were placed."""
    await job.report(share[0], "Placing songs that were never heard here")
    async with job.runtime.database.system_session() as session:
        tracks = await evidence.known_tracks(session, limit=MOST_SONGS)
        wanted = await embeddings.lacking(session, tracks, space=model.space, proxy_version=version_of(model))
    placed = 0
    for start in range(0, len(wanted), _AT_A_TIME):
        batch = wanted[start : start + _AT_A_TIME]
        begun = share[0] + (share[1] - share[0]) * start / len(wanted)
        ended = share[0] + (share[1] - share[0]) * (start + len(batch)) / len(wanted)

        async def tell(_done: float, at: float = begun) -> None:
            await job.report(at)

        traits = await traits_of(job.runtime, batch, tell=tell)
        proxies = await job.run(computing.embed, model.data, list(traits.values()), share=(begun, ended), threads=1)
        placed += await keep(job.runtime, model, list(traits), proxies, await _genres(job.runtime, list(traits)))
    return placed


async def keep(
    runtime: Runtime, model: StoredModel, tracks: Sequence[UUID], proxies: FloatArray, genres: Sequence[str | None]
) -> int:
    """Keep the proxies of tracks; those of which nothing is known have none. Return how many were kept."""
    rows = [
        NewEmbedding(track, vector, source=PROXY, version=version_of(model), space=model.space, genre=genre)
        for track, vector, genre in zip(tracks, proxies, genres, strict=True)
        if np.any(vector)
    ]
    for start in range(0, len(rows), _AT_A_TIME):
        async with runtime.database.system_session() as session:
            await embeddings.keep(session, rows[start : start + _AT_A_TIME])
    return len(rows)


async def traits_of(runtime: Runtime, tracks: Sequence[UUID], *, tell: _Tell | None = None) -> dict[UUID, SongTraits]:
    """Return what is known of tracks, as proxies are learned from it; tracks that are no more are left out.

    Parameters
    ----------
    tell
        Is told again and again how much is done, 0 to 1.
    """
    found: dict[UUID, SongTraits] = {}
    for start in range(0, len(tracks), _READ_AT_A_TIME):
        if tell is not None:
            await tell(start / len(tracks))
        batch = tracks[start : start + _READ_AT_A_TIME]
        async with runtime.database.system_session() as session:
            known = await embeddings.known(session, batch)
            company = await evidence.contexts_of(session, batch)
        found |= {track: _traits(one, company.get(track, {})) for track, one in known.items()}
    return {track: found[track] for track in tracks if track in found}


def version_of(model: StoredModel) -> str:
    """Return the name under which a model's proxies are kept."""
    return version_named(model.id)


def version_named(model_id: UUID) -> str:
    """Return `version_of` the model of this id."""
    return f"{VERSION}-{model_id}"


def _traits(known: KnownTrack, contexts: dict[int, float]) -> SongTraits:
    return SongTraits(tags=known.tags, artists=known.artists, year=known.year, numbers=known.numbers, contexts=contexts)


async def _heard(job: JobContext, space: str, *, at: float) -> dict[UUID, FloatArray]:
    """Return what was heard in a space, a batch and a sign of life at a time."""
    vectors: dict[UUID, FloatArray] = {}
    last = None
    while len(vectors) < MOST_SONGS:
        await job.report(at)
        async with job.runtime.database.system_session() as session:
            batch = await embeddings.heard(session, space=space, limit=_AT_A_TIME, before=last)
        vectors |= batch
        if len(batch) < _AT_A_TIME:
            break
        last = min(batch)
    return vectors


async def _genres(runtime: Runtime, tracks: Sequence[UUID]) -> list[str | None]:
    async with runtime.database.system_session() as session:
        known = await embeddings.known(session, tracks)
    return [known[track].genre if track in known else None for track in tracks]


async def _is_old(session: AsyncSession, model: StoredModel) -> bool:
    age = now() - model.learned_at
    if age < _SETTLED_FOR and model.songs >= _SETTLED_SONGS:
        return False
    most_songs, most_heard = (int(_GROWTH * count) + _A_FEW for count in (model.songs, model.heard))
    return (
        age >= OLD_AFTER
        or await evidence.count_known(session, most=most_songs + 1) > most_songs
        or await embeddings.count_heard(session, space=model.space, most=most_heard + 1) > most_heard
    )


def _parts(share: tuple[float, float], first: float) -> tuple[tuple[float, float], tuple[float, float]]:
    between = share[0] + first * (share[1] - share[0])
    return (share[0], between), (between, share[1])


def _stacked(vectors: Sequence[FloatArray]) -> FloatArray:
    return np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), dtype=np.float32)
