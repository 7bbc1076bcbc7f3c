"""The decisions of generation: what may be asked for, how many a day, and what has come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.engines.generation import COMPOSED_S, EXTENDED_FROM_S, LEAST_MORE_S, GenerationMode
from segue.generation import jobs, quotas, repository
from segue.generation.bands import service as bands
from segue.generation.quotas import Quota, QuotaReached
from segue.generation.seeds import number_of, own_seed
from segue.generation.tables import Generation, GenerationFile
from segue.kit import jobs as kit_jobs
from segue.kit.errors import InvalidRequest, NotFound
from segue.kit.ids import new_id
from segue.kit.jobs import Job
from segue.kit.settings import Settings
from segue.library.playlists import service as playlists

__all__ = [
    "Quota",
    "QuotaReached",
    "Steer",
    "begin",
    "found",
    "of_job",
    "of_track",
    "of_tracks",
    "quota_of",
]

#: How long a track is where nobody says it, and how much longer one that goes on.
_USUAL_S, _MORE_S = 180.0, 120.0
#: Engines that compose; others have limits of their own.
_OFFLINE: Final = frozenset({"auto", "composer"})


@dataclass(frozen=True, slots=True)
class Steer:
    """What bends a track for a queue: what was liked in it, and what was skipped."""

    liked: tuple[UUID, ...] = ()
    skipped: tuple[UUID, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as a generation keeps it."""
        return {"liked": [str(track) for track in self.liked], "skipped": [str(track) for track in self.skipped]}


async def begin(
    session: AsyncSession,
    user_id: UUID,
    *,
    mode: GenerationMode,
    source_id: UUID | None = None,
    playlist_id: UUID | None = None,
    duration_s: float | None = None,
    create_band: bool = False,
    band_id: UUID | None = None,
    seed: int | None = None,
    steer: Steer | None = None,
) -> Generation:
    """Have a track made for a user when the session's transaction commits: its job makes it.

    Parameters
    ----------
    session
        Acts for `user_id`.
    source_id
        The track that is extended, or resembled; for ``extend`` it must have audio.
    duration_s
        How long it shall be, in ``extend`` with the source; without it, three minutes, or two minutes more than that.
    playlist_id, steer
        What a radio is about: a playlist, or the tracks of a queue; without either, the user's taste.
    band_id
        The user's band that plays it.
    seed
        Without it, one of the user's own that they have not had yet. It alone draws: asked for again, with all else the
        same, it gives the same track.

    Raises
    ------
    InvalidRequest
        The mode lacks its source, or there is one that it has no use for; two bands shall play; it cannot be so
        long.
    NotFound
        The source is not there, or not the user's to see.
    Conflict
        It is external, and to be extended: there is no audio of it.
    QuotaReached
        The user has had all tracks of today.
    RateLimited
        Too many of their jobs wait.
    """
    if create_band and band_id is not None:
        raise InvalidRequest("Either a band is made up for this track or one of yours plays it: leave out one of both.")
    await _check(session, user_id, mode, source_id=source_id, playlist_id=playlist_id, band_id=band_id)
    if mode == "extend" and source_id is not None:
        duration_s = await _extended_s(session, source_id, duration_s)
    else:
        duration_s = _made_s(session, duration_s)
    await quotas.take(session, user_id)
    if seed is None:
        seed = own_seed(user_id, await repository.count(session, user_id))
    generation_id = new_id()
    job = await kit_jobs.enqueue(
        session, jobs.GENERATE, user_id=user_id, input_data={"generation_id": str(generation_id)}
    )
    generation = Generation(
        id=generation_id,
        user_id=user_id,
        job_id=job.id,
        number=number_of(seed),
        mode=mode,
        source_id=source_id,
        playlist_id=playlist_id,
        band_id=band_id,
        create_band=create_band,
        duration_s=duration_s,
        seed=seed,
        steer={} if steer is None else steer.as_json(),
        explanation=[],
    )
    return await repository.add(session, generation)


async def quota_of(session: AsyncSession, user_id: UUID) -> Quota:
    """Return what a user may have made today."""
    return await quotas.quota_of(session, user_id)


async def of_job(session: AsyncSession, job_id: UUID, user_id: UUID) -> tuple[Job, Generation]:
    """Return a user's generation by its job.

    Raises
    ------
    NotFound
        There is no such job, it is another's, or it makes something else.
    """
    job = await kit_jobs.get(session, user_id, job_id)
    generation = await repository.of_job(session, job_id)
    if generation is None:
        raise NotFound("There is no such generation of yours.")
    return job, generation


async def found(session: AsyncSession, generation_ids: Sequence[UUID]) -> dict[UUID, Generation]:
    """Return those of these generations that are the session's user's, as they are now, by their id."""
    rows = [await repository.generation(session, generation_id) for generation_id in generation_ids]
    return {row.id: row for row in rows if row is not None}


async def of_track(session: AsyncSession, track_id: UUID) -> Generation | None:
    """Return how a track of the session's user was generated; None if it was not."""
    return next(iter(await repository.of_tracks(session, [track_id])), None)


async def of_tracks(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, Generation]:
    """Return how those of these tracks were generated that were, by their id."""
    found = await repository.of_tracks(session, track_ids)
    return {generation.track_id: generation for generation in found if generation.track_id is not None}


async def files_of(session: AsyncSession, generation_id: UUID) -> dict[str, GenerationFile]:
    """Return the files of a generation, by their names."""
    return {file.name: file for file in await repository.files_of(session, [generation_id])}


async def _check(
    session: AsyncSession,
    user_id: UUID,
    mode: GenerationMode,
    *,
    source_id: UUID | None,
    playlist_id: UUID | None,
    band_id: UUID | None,
) -> None:
    """Refuse what cannot be made, before it is counted."""
    if mode in ("extend", "similar") and source_id is None:
        raise InvalidRequest(f"Name the track to {'extend' if mode == 'extend' else 'resemble'}: source_id.")
    if mode in ("new", "radio") and source_id is not None:
        raise InvalidRequest(f"A {mode} track has no source: leave out source_id, or ask for similar or extend.")
    if playlist_id is not None and mode != "radio":
        raise InvalidRequest("Only a radio is made of a playlist: leave out playlist_id, or ask for radio.")
    if source_id is not None:
        track = await catalog.track(session, source_id)
        if mode == "extend":
            catalog.audio_of(track)
    if playlist_id is not None:
        await playlists.seen(session, user_id, playlist_id)
        if not await playlists.tracks_of(session, playlist_id, limit=1):
            raise InvalidRequest("This playlist is empty: add songs to it, or ask for a new track.")
    if band_id is not None:
        await bands.band_for(session, band_id, user_id)


async def _extended_s(session: AsyncSession, source_id: UUID, duration_s: float | None) -> float:
    """Return how long a track becomes that goes on."""
    source_s = float(catalog.audio_of(await catalog.track(session, source_id)).probe["duration_s"])
    if source_s < EXTENDED_FROM_S:
        raise InvalidRequest(
            f"It lasts {source_s:.1f} seconds: a song of {EXTENDED_FROM_S:.0f} seconds at least can be extended."
        )
    if duration_s is not None and duration_s < source_s + LEAST_MORE_S:
        raise InvalidRequest(
            f"It lasts {source_s:.0f} seconds already: ask for a duration of {ceil(source_s + LEAST_MORE_S)} at least."
        )
    return source_s + _MORE_S if duration_s is None else duration_s


def _made_s(session: AsyncSession, duration_s: float | None) -> float:
    """Return how long a track becomes that is its own."""
    if duration_s is None:
        return _USUAL_S
    settings = session.info.get("settings")
    engine = settings.generation_engine if isinstance(settings, Settings) else "auto"
    if engine in _OFFLINE and duration_s > COMPOSED_S[1]:
        raise InvalidRequest(f"A track is made of {COMPOSED_S[1]:.0f} seconds at most: ask for a shorter duration.")
    return duration_s
