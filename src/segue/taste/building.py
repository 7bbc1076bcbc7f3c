"""Finding a listener's taste anew, from all that they did and said."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np

from segue.accounts import service as accounts
from segue.audio.signal import FloatArray
from segue.catalog.embeddings import service as embeddings
from segue.catalog.embeddings.service import KnownTrack
from segue.engines.embedding import DIMENSIONS
from segue.kit import jobs
from segue.kit.clock import now
from segue.kit.jobs import JobContext
from segue.library.evidence import service as library
from segue.library.evidence.service import TrackHistory
from segue.taste import computing, describing, learning, preferences, repository
from segue.taste.computing import Arranged
from segue.taste.facets import taste_vector
from segue.taste.moving import standing
from segue.taste.opinions import Opinion, opinions_of
from segue.taste.tables import StoredModel
from segue.taste.weighing import RECENT_DAYS, Evidence, weigh

#: Of so many songs, those that say most, a taste is made; the map shows so many of them.
_MOST_SONGS: Final = 6_000
_ON_THE_MAP: Final = 400
#: Whoever asked for a taste so shortly before the library was read may have been overlooked.
_MARGIN: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a listener, at a moment."""

    at: datetime
    state: str
    tracks: list[UUID]
    weights: FloatArray
    said: dict[UUID, float]


async def build(job: JobContext) -> dict[str, Any]:
    """Find the taste of the job's user; one that was found after the job was asked for is good enough."""
    async with job.session() as session:
        asked = await jobs.get(session, job.user_id, job.id)
        found = await repository.taste(session, job.user_id)
        if found is not None and found.read_at > asked.created_at + _MARGIN:
            return {"songs": found.profile["songs"], "facets": len(found.profile["facets"])}
    await job.report(2, "Reading what you listen to")
    read = await _read(job)
    space = await learning.current_space(job.runtime)
    model = await learning.model_for(job, space, share=(8, 45))
    await job.report(45, "Placing songs that were never heard here")
    known = await _known(job, read.tracks)
    vectors, lacking = await _places(job, read.tracks, model)
    traits = await learning.traits_of(job.runtime, lacking)
    number_of = {track: number for number, track in enumerate(read.tracks)}
    wanting = [(number_of[track], one) for track, one in traits.items()]
    arranged = await job.run(computing.arrange, model.data, wanting, vectors, read.weights, share=(50, 75), threads=1)
    genres = [known[track].genre if track in known else None for track in traits]
    await learning.keep(job.runtime, model, list(traits), arranged.proxies, genres)
    await job.report(92, "Drawing your taste")
    profile = await _store(job, read, model, arranged, known)
    return {"songs": profile["songs"], "facets": len(profile["facets"])}


async def _read(job: JobContext) -> _Read:
    moment = now()
    async with job.session() as session:
        state = await library.state(session, job.user_id)
        histories = await library.histories(session, job.user_id, recent_from=moment - timedelta(days=RECENT_DAYS))
        stars = await repository.feedback(session, job.user_id)
    return await asyncio.to_thread(_weighed, histories, stars, state, moment)


def _weighed(histories: Sequence[TrackHistory], stars: Mapping[UUID, int], state: str, moment: datetime) -> _Read:
    by_track = {history.track_id: _evidence(history, stars.get(history.track_id)) for history in histories}
    for track, given in stars.items():
        by_track.setdefault(track, Evidence(sounds_like_me=given))
    weights = weigh(list(by_track.values()), moment)
    telling = np.argsort(-np.abs(weights), kind="stable")[:_MOST_SONGS]
    tracks = list(by_track)
    chosen = [number for number in telling.tolist() if weights[number] != 0]
    opinions = {
        track: Opinion(one.liked, one.rating, one.sounds_like_me)
        for track, one in by_track.items()
        if (one.liked, one.rating, one.sounds_like_me) != (None, None, None)
    }
    said = {track: opinion.weight() for track, opinion in opinions.items()}
    return _Read(
        moment,
        state,
        [tracks[number] for number in chosen],
        weights[chosen],
        {track: weight for track, weight in said.items() if weight},
    )


def _evidence(history: TrackHistory, sounds_like_me: int | None) -> Evidence:
    return Evidence(
        plays=history.plays,
        skips=history.skips,
        last_played_at=history.last_played_at,
        recent_plays=history.recent_plays,
        liked=history.liked,
        rating=history.rating,
        sounds_like_me=sounds_like_me,
        kept=history.kept,
        completion=history.completion,
        added_at=history.added_at,
    )


async def _known(job: JobContext, tracks: Sequence[UUID]) -> dict[UUID, KnownTrack]:
    async with job.session() as session:
        return await embeddings.known(session, tracks)


async def _places(job: JobContext, tracks: Sequence[UUID], model: StoredModel) -> tuple[FloatArray, list[UUID]]:
    """Return where songs lie, ``(songs, 768)`` with zeros for those that have no place, and the latter."""
    version = learning.version_of(model)
    async with job.runtime.database.system_session() as session:
        lacking = await embeddings.lacking(session, tracks, space=model.space, proxy_version=version)
    absent = set(lacking)
    async with job.session() as session:
        there = [track for track in tracks if track not in absent]
        found = await embeddings.of(session, there, space=model.space, proxy_version=version)
    vectors = np.zeros((len(tracks), DIMENSIONS), dtype=np.float32)
    for number, track in enumerate(tracks):
        if track in found:
            vectors[number] = found[track]
    return vectors, lacking


async def _store(
    job: JobContext, read: _Read, model: StoredModel, arranged: Arranged, known: Mapping[UUID, KnownTrack]
) -> dict[str, Any]:
    """Keep what was found; what was said meanwhile stays, as moves on top of it."""
    there = [number for number, track in enumerate(read.tracks) if track in known]
    place_of = {number: place for place, number in enumerate(there)}
    members = [[place_of[int(n)] for n in facet.members if int(n) in place_of] for facet in arranged.facets]
    songs = [known[read.tracks[number]] for number in there]
    weights = [float(read.weights[number]) for number in there]
    profile = describing.profile_of(songs, weights, members)
    inferred = preferences.infer(list(zip(songs, weights, strict=True)))
    async with job.session() as session:
        # The listener's own row first, as all who move a taste do: then nobody waits for another.
        prefers = await accounts.preferences_of(session, job.user_id, to_change=True)
        stored = await repository.taste(session, job.user_id)
        if stored is not None and stored.read_at > read.at:
            return stored.profile  # another job has read more than this one
        values = {
            "user_id": job.user_id,
            "space": model.space,
            "model": learning.version_of(model),
            "songs": _on_the_map(read, arranged),
            "profile": profile,
            "library_state": read.state,
            "read_at": read.at,
        }
        await repository.ensure_taste(session, values)
        await repository.replace_facets(session, job.user_id, arranged.facets)
        moved = await repository.moves(session, job.user_id)
        opinions = await opinions_of(session, job.user_id, list(moved))
        settled = []
        for track in moved:
            weight = opinions[track].weight() - read.said.get(track, 0.0)
            if weight:
                await repository.set_move(session, job.user_id, track, weight)
            else:
                settled.append(track)
        await repository.drop_moves(session, job.user_id, settled)
        current = await standing(session, job.user_id)
        vector = None if current is None else taste_vector(current.facets)
        await accounts.set_taste_vector(session, job.user_id, None if vector is None else vector.tolist())
        await accounts.set_preferences(session, job.user_id, preferences.with_inferred(prefers, inferred, at=read.at))
    return profile


def _on_the_map(read: _Read, arranged: Arranged) -> list[Any]:
    """Return the songs that the map shows, each with its weight, facet and place: of each facet the weightiest."""
    shown: list[Any] = []
    for position, facet in enumerate(arranged.facets):
        best = sorted(facet.members.tolist(), key=lambda number: -read.weights[number])
        most = max(12, round(_ON_THE_MAP * facet.share))
        shown += [
            [
                str(read.tracks[number]),
                round(float(read.weights[number]), 4),
                position,
                *(round(float(part), 4) for part in arranged.places[number]),
            ]
            for number in best[:most]
        ]
    return shown
