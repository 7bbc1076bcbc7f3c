"""The decisions of embeddings: what is kept for a track, and what lies near a taste."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.signal import FloatArray
from segue.catalog.embeddings import repository
from segue.catalog.embeddings.known import KnownTrack, known
from segue.catalog.embeddings.paths import smoothest
from segue.catalog.embeddings.repository import PROXY, NewEmbedding
from segue.catalog.understanding import engine_of
from segue.engines.embedding import DIMENSIONS

__all__ = [
    "PROXY", "KnownTrack", "NewEmbedding", "count_heard", "heard", "heard_of", "keep", "keep_heard", "known", "lacking",
    "nearest", "nearest_among", "of", "path", "space_of",
]  # fmt: skip

#: So many are copied at once: 13 MB of vectors.
_AT_A_TIME: Final = 4_000
_UNIT_TOLERANCE: Final = 1e-3
#: So many tracks around each end, and around the middle, a way between two may lead over.
_STEPPING_STONES: Final = 150


def space_of(engine: str, version: str) -> str:
    """Return the name of the space in which what an engine of this version hears compares."""
    return f"{engine}-{version}"


async def keep(session: AsyncSession, rows: Sequence[NewEmbedding]) -> None:
    """Keep embeddings, any number of them; what was heard in audio is never replaced by a proxy.

    A track that is no more is passed over. What is the same already is not written again.

    Parameters
    ----------
    session
        The system's: vectors of external tracks are everyone's.
    rows
        No track twice.

    Raises
    ------
    ValueError
        A vector has not 768 finite values, or is not of unit norm.
    """
    for start in range(0, len(rows), _AT_A_TIME):
        batch = rows[start : start + _AT_A_TIME]
        vectors = np.stack([row.vector for row in batch])
        norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
        if vectors.shape[1:] != (DIMENSIONS,) or not np.all(np.abs(norms - 1.0) < _UNIT_TOLERANCE):
            raise ValueError(f"embeddings are unit vectors of {DIMENSIONS} values")
        await repository.upsert(session, batch)


async def keep_heard(
    session: AsyncSession, track_id: UUID, vector: FloatArray, *, analysis_version: str, genre: str | None = None
) -> None:
    """Keep what was heard in a track's audio, in the system's session."""
    engine, version = engine_of(analysis_version)
    space = space_of(engine, version)
    await keep(session, [NewEmbedding(track_id, vector, engine, version, space, genre)])


async def of(
    session: AsyncSession, track_ids: Sequence[UUID], *, space: str, proxy_version: str | None = None
) -> dict[UUID, FloatArray]:
    """Return the embeddings in a space of those of these tracks that the session's user may see.

    Parameters
    ----------
    proxy_version
        Leaves out the proxies of other models: without audio to hold on to, those of two models do not compare.
    """
    return await repository.of(session, track_ids, space=space, proxy_version=proxy_version)


async def lacking(session: AsyncSession, track_ids: Sequence[UUID], *, space: str, proxy_version: str) -> list[UUID]:
    """Return those tracks that want a proxy, in the system's session: they have none, or that of another model."""
    return await repository.lacking(session, track_ids, space=space, proxy_version=proxy_version)


async def heard(session: AsyncSession, *, space: str, limit: int, before: UUID | None = None) -> dict[UUID, FloatArray]:
    """Return embeddings that were heard in audio, at most `limit`, the newest tracks': what proxies are learned from.

    Parameters
    ----------
    session
        The system's sees private tracks, too.
    before
        Goes on from the last of those that were returned before.
    """
    return await repository.heard(session, space=space, limit=limit, before=before)


async def count_heard(session: AsyncSession, *, space: str, most: int) -> int:
    """Return how many embeddings of a space were heard in audio, counting no further than `most`."""
    return await repository.count_heard(session, space=space, most=most)


async def nearest(
    session: AsyncSession, vector: FloatArray, *, space: str, limit: int, but: Sequence[UUID] = ()
) -> list[tuple[UUID, float]]:
    """Return the tracks that lie nearest to a vector, of those that the session's user may see.

    Parameters
    ----------
    vector
        ``float32`` ``(768,)``, of unit norm, in `space`.
    limit
        At most so many.
    but
        Tracks to be left out.

    Returns
    -------
    list of (UUID, float)
        Tracks with their cosine similarity, -1 to 1, best first; nearly exact: an index finds them.
    """
    return await repository.nearest(session, vector, space=space, limit=limit, but=but)


async def heard_of(session: AsyncSession, track_ids: Sequence[UUID], *, space: str) -> set[UUID]:
    """Return those of these tracks whose place in a space was heard in audio rather than inferred."""
    return set(await repository.of(session, track_ids, space=space, proxy_version=""))


async def nearest_among(
    session: AsyncSession, to: Sequence[UUID], among: Sequence[UUID], *, limit: int
) -> list[tuple[UUID, float]]:
    """Return those of some tracks that lie nearest to the mean of others, looking at each of them.

    Parameters
    ----------
    to
        They themselves are not returned.
    among
        Of these the session's user may see: thousands take tens of milliseconds.

    Returns
    -------
    list of (UUID, float)
        Tracks with their cosine similarity, -1 to 1, best first; empty where it is not known where `to` lie.
    """
    return await repository.nearest_among(session, to, among, limit=limit)


async def path(
    session: AsyncSession, start: UUID, end: UUID, among: Sequence[UUID], *, most: int
) -> list[tuple[UUID, float]]:
    """Return a way from a track to another one by small steps, over some of others.

    Parameters
    ----------
    most
        Tracks on the way, its ends among them; two at least.

    Returns
    -------
    list of (UUID, float)
        Tracks with their cosine similarity to the first; empty where it is not known where the ends lie.
    """
    space = await repository.space_shared_by(session, [start, end])
    if space is None:
        return []
    between: dict[UUID, None] = {}
    for to in ([start], [end], [start, end]):
        near = await repository.nearest_among(session, to, among, limit=_STEPPING_STONES)
        between |= dict.fromkeys(track for track, _ in near if track not in (start, end))
    places = await of(session, [start, end, *between], space=space)
    tracks = [start, *([end] if end != start else []), *(track for track in between if track in places)]
    vectors = np.stack([places[track] for track in tracks])
    chosen = smoothest(vectors, 0, tracks.index(end), most=most)
    return [(tracks[index], float(vectors[index] @ vectors[0])) for index in chosen]
