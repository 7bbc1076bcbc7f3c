"""Moving a taste at once by what its listener says of a song."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.audio.signal import FloatArray
from segue.catalog import service as catalog
from segue.catalog.embeddings import service as embeddings
from segue.insights import service as insights
from segue.library import service as library
from segue.taste import repository
from segue.taste.facets import Facet, moved, taste_vector
from segue.taste.opinions import Opinion, opinions_of
from segue.taste.tables import Taste, TasteFacet

#: After so many moves a taste is found anew.
MOST_MOVES: Final = 40
_NOTHING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Standing:
    """A taste as it is now.

    Attributes
    ----------
    facets
        As they were found, moved by what was said since. Those that were found have their position as their only
        member; those that a like opened have none.
    moves
        By how much tracks moved it since it was found, the oldest move first.
    vectors
        Where those tracks lie, if that is known by the taste's model.
    """

    taste: Taste
    facets: list[Facet]
    moves: dict[UUID, float]
    vectors: dict[UUID, FloatArray]

    def liked_since(self) -> dict[UUID, int]:
        """Return the tracks that were said more for since, and which facet each is nearest to."""
        liked = [track for track in self.vectors if self.facets and self.moves[track] > 0]
        return {
            track: int(np.argmax([facet.direction @ self.vectors[track] for facet in self.facets])) for track in liked
        }


@dataclass(frozen=True, slots=True)
class Movement:
    """What became of a taste by what was said of a song.

    Attributes
    ----------
    said
        All that is said of the song now: likes, ratings and "sounds like me" together, -3 to 3.
    before, after
        The cosine similarity of the taste vector and the song, -1 to 1; None where there is no taste.
    placed
        Whether the taste could be moved at once: it was found before, and it is known where the song lies.
    is_last
        Whether so much has moved it that it should be found anew: each move is made again with every later one.
    """

    track_id: UUID
    said: float
    before: float | None
    after: float | None
    placed: bool
    is_last: bool = False


async def like(session: AsyncSession, user_id: UUID, track_id: UUID, *, liked: bool | None) -> Movement:
    """Note that a user likes a track, dislikes it, or neither any more, and move their taste by it.

    Raises
    ------
    NotFound
        There is no such track, or it is another's and private.
    """
    before = await _opinion(session, user_id, track_id)
    await library.set_liked(session, user_id, track_id, liked=liked)
    return await _move(session, user_id, track_id, before, replace(before, liked=liked))


async def give_stars(session: AsyncSession, user_id: UUID, track_id: UUID, *, rating: int | None) -> Movement:
    """Note how a user rates a track, 1 to 5, or that they do not any more, and move their taste by it.

    Raises
    ------
    NotFound
        There is no such track, or it is another's and private.
    """
    before = await _opinion(session, user_id, track_id)
    await library.set_rating(session, user_id, track_id, rating=rating)
    return await _move(session, user_id, track_id, before, replace(before, rating=rating))


async def rate(session: AsyncSession, user_id: UUID, track_id: UUID, *, sounds_like_me: int) -> Movement:
    """Note how much a track sounds like a user, 1 to 5, and move their taste by it.

    Raises
    ------
    NotFound
        There is no such track, or it is another's and private.
    """
    before = await _opinion(session, user_id, track_id)
    await repository.set_feedback(session, user_id, track_id, sounds_like_me)
    track = await catalog.track(session, track_id)
    await insights.rated(session, user_id, stars=sounds_like_me, made_here=track.made_here)
    return await _move(session, user_id, track_id, before, replace(before, sounds_like_me=sounds_like_me))


async def standing(session: AsyncSession, user_id: UUID) -> Standing | None:
    """Return a user's taste as it is now, if it was ever found."""
    found = await repository.found(session, user_id)
    if found is None:
        return None
    taste, rows, moves = found
    vectors = await _vectors(session, list(moves), taste.space, taste.model)
    return Standing(taste, _folded(_facets(rows), moves, vectors), moves, vectors)


async def _opinion(session: AsyncSession, user_id: UUID, track_id: UUID) -> Opinion:
    """Return what a user says of a track that they may see, and let nobody else say anything for them meanwhile."""
    await catalog.track(session, track_id)
    # Who moves a taste holds its listener's row: two likes at once come one after the other.
    await accounts.preferences_of(session, user_id, to_change=True)
    return (await opinions_of(session, user_id, [track_id]))[track_id]


async def _move(session: AsyncSession, user_id: UUID, track_id: UUID, before: Opinion, after: Opinion) -> Movement:
    said = after.weight()
    head = await repository.made_by(session, user_id)
    moves = await repository.moves(session, user_id)
    if head is None:
        # A job that finds the taste at this moment may have read before this was said: then it is a move on top.
        await _note(session, user_id, track_id, moves, said - before.weight())
        return Movement(track_id, said, None, None, placed=False)
    vectors = await _vectors(session, [*moves, track_id], *head)
    found = _facets(await repository.facets(session, user_id))
    facets = _folded(found, moves, vectors)
    await _note(session, user_id, track_id, moves, said - before.weight())
    song = vectors.get(track_id)
    if song is None:
        return Movement(track_id, said, None, None, placed=False)
    moved_facets = _folded(found, moves, vectors)
    vector = taste_vector(moved_facets)
    await accounts.set_taste_vector(session, user_id, None if vector is None else vector.tolist())
    enough = len(moves) >= MOST_MOVES
    return Movement(track_id, said, _likeness(facets, song), _likeness(moved_facets, song), placed=True, is_last=enough)


async def _note(session: AsyncSession, user_id: UUID, track_id: UUID, moves: dict[UUID, float], weight: float) -> None:
    """Add to a track's move; one that comes to nothing is forgotten."""
    moves[track_id] = moves.get(track_id, 0.0) + weight
    if abs(moves[track_id]) < _NOTHING:
        del moves[track_id]
        await repository.drop_moves(session, user_id, [track_id])
    else:
        await repository.set_move(session, user_id, track_id, moves[track_id])


async def _vectors(session: AsyncSession, tracks: Sequence[UUID], space: str, model: str) -> dict[UUID, FloatArray]:
    return await embeddings.of(session, tracks, space=space, proxy_version=model) if tracks else {}


def _facets(rows: Sequence[TasteFacet]) -> list[Facet]:
    whole = sum(row.weight for row in rows) or 1.0
    return [
        Facet(
            direction=np.asarray(row.direction, dtype=np.float32),
            weight=row.weight,
            share=row.weight / whole,
            members=np.array([row.position], dtype=np.intp),
        )
        for row in rows
    ]


def _folded(found: list[Facet], moves: Mapping[UUID, float], vectors: Mapping[UUID, FloatArray]) -> list[Facet]:
    facets = found
    for track_id, weight in moves.items():
        if track_id in vectors:
            facets = moved(facets, vectors[track_id], weight)
    return facets


def _likeness(facets: list[Facet], song: FloatArray) -> float | None:
    vector = taste_vector(facets)
    return None if vector is None else float(vector @ song)
