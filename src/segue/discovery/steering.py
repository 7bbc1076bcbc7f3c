"""How a radio bends: where what was liked and skipped in it moves it to, and what comes next from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

import numpy as np

from segue.audio.signal import FloatArray

#: What a listener does with a track says so much for it, or against it.
LIKED: Final = 1.0
DISLIKED: Final = -1.0
SKIPPED: Final = -0.7
PLAYED: Final = 0.2
#: Rocchio's weights of the seed, of what is for and of what is against (Rocchio, "Relevance Feedback in Information
#: Retrieval", in Salton, The SMART Retrieval System, 1971), the latter stronger than usual: a skip is meant.
_SEED: Final = 1.0
_FOR: Final = 0.9
_AGAINST: Final = 0.6
#: What was said before counts so much less than what was said after it.
_FADES: Final = 0.85
#: Near what was skipped lately a candidate loses so much of its likeness.
_SKIPPED_NEAR: Final = 0.15
#: A third of the same kind, or a second of the same artist, in a row, loses so much.
_SAME_KIND: Final = 0.05
_SAME_ARTIST: Final = 0.1
_NOTHING: Final = 1e-6
_NO_BONUS: Final[Mapping[UUID, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A track that could come next.

    Attributes
    ----------
    vector
        Where it lies, of unit norm; None where nobody knows: then it comes behind those of which it is known.
    made_here
        Whether Segue made it.
    """

    track_id: UUID
    vector: FloatArray | None
    artist: str | None
    made_here: bool


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Where a radio goes: `target`, a unit vector, None where nobody knows; and what was skipped on the way."""

    target: FloatArray | None
    skipped: FloatArray


def course(seed: FloatArray | None, said: Mapping[UUID, float], vectors: Mapping[UUID, FloatArray]) -> Course:
    """Return where a radio goes after what was said in it.

    Parameters
    ----------
    seed
        Where it began, ``(768,)``, of unit norm.
    said
        What is said of each track of the radio, -1 to 1, the oldest first.
    vectors
        Where those lie; others are passed over.
    """
    told = [(weight, vectors[track]) for track, weight in said.items() if track in vectors and weight]
    fading = [(weight * _FADES ** (len(told) - 1 - number), vector) for number, (weight, vector) in enumerate(told)]
    target = np.zeros_like(told[0][1] if told else np.zeros(0, np.float32)) if seed is None else _SEED * seed
    for share, sign in ((_FOR, 1), (_AGAINST, -1)):
        side = [(abs(weight), vector) for weight, vector in fading if weight * sign > 0]
        if side:
            # So much as is said: one play of many is no like.
            strength = min(1.0, sum(weight for weight, _ in side))
            mean = sum(weight * vector for weight, vector in side) / sum(weight for weight, _ in side)
            target = target + sign * share * strength * mean
    skipped = [vector for weight, vector in told if weight <= SKIPPED]
    length = float(np.linalg.norm(target)) if target.size else 0.0
    return Course(
        None if length < _NOTHING else np.asarray(target / length, dtype=np.float32),
        np.stack(skipped[-3:]) if skipped else np.zeros((0, 0), np.float32),
    )


def fit(one: Course, candidate: Candidate) -> float:
    """Return how well a candidate fits a course, -1 to 1; below all others where nobody knows where it lies."""
    if candidate.vector is None or one.target is None:
        return -1.0
    likeness = float(one.target @ candidate.vector)
    nearest = float((one.skipped @ candidate.vector).max()) if one.skipped.size else 0.0
    return likeness - _SKIPPED_NEAR * max(0.0, nearest)


def choose(
    one: Course,
    candidates: Sequence[Candidate],
    count: int,
    *,
    before: Sequence[Candidate] = (),
    bonus: Mapping[UUID, float] = _NO_BONUS,
) -> list[Candidate]:
    """Return what comes next, the first one first: what fits best, mixed, no artist twice in a row if it can be helped.

    Parameters
    ----------
    candidates
        No track twice.
    before
        What comes just before.
    bonus
        What is added to how well tracks fit.
    """
    fits = {candidate.track_id: fit(one, candidate) + bonus.get(candidate.track_id, 0.0) for candidate in candidates}
    left, row = list(candidates), list(before)
    for _ in range(min(count, len(left))):
        best = max(left, key=lambda candidate: (fits[candidate.track_id] - _tiring(candidate, row), _order(candidate)))
        left.remove(best)
        row.append(best)
    return row[len(before) :]


def _tiring(candidate: Candidate, before: Sequence[Candidate]) -> float:
    """Return what a candidate loses by what comes just before it."""
    same_artist = bool(before) and candidate.artist is not None and before[-1].artist == candidate.artist
    same_kind = len(before) > 1 and all(one.made_here == candidate.made_here for one in before[-2:])
    return _SAME_ARTIST * (same_artist and not candidate.made_here) + _SAME_KIND * same_kind


def _order(candidate: Candidate) -> int:
    """Break ties: the newest first."""
    return candidate.track_id.int
