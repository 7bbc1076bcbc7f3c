"""A listener's facets: the few kinds of music that they like, each a direction in the embedding space.

Conventions: songs and directions are unit vectors, ``float32``, shape ``(768,)``. A facet's weight is the length of
the weighted sum of its songs, so that ``weight * direction`` is that sum: a facet whose songs are alike weighs more
than one of as many that are not, and the taste vector is the weighted mean of all songs, however they are parted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray
from segue.taste.clustering import clusters

#: At most as many facets, unless told otherwise.
MOST_FACETS: Final = 6
#: `moved` counts all that was there as at most so much: who has ten thousand songs shall see what a like does, too.
HORIZON: Final = 50.0
#: A song nearer to a facet than this is of its kind.
NEAR: Final = 0.25
#: A song of no facet's kind opens one of its own from this weight on: a like does.
STRONG: Final = 0.75

#: A dislike takes away at most this share of a facet.
_MOST_TAKEN: Final = 0.5
_NOTHING: Final = 1e-6

IndexArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Facet:
    """One kind of music that a listener likes.

    Attributes
    ----------
    direction
        Its middle, a unit vector ``(768,)``.
    weight
        The length of the weighted sum of its songs, over 0.
    share
        Its part of the weights of all facets, 0 to 1; those of a listener add up to 1.
    members
        Which of the songs that it was found in are of its kind: indices, ascending; empty for one that `moved` opened.
    """

    direction: FloatArray
    weight: float
    share: float
    members: IndexArray


def find_facets(vectors: FloatArray, weights: FloatArray, *, most: int = MOST_FACETS, seed: int = 0) -> list[Facet]:
    """Part a listener's songs into facets, the heaviest first.

    Songs that speak for a taste are clustered on the sphere, each with its weight; songs that speak against it are
    members of none, and push the facet that they are nearest to away from them. How many facets there are is read
    from the songs (`segue.taste.clustering`); up to four songs are one facet. The order of the songs doesn't matter.

    Parameters
    ----------
    vectors
        Unit vectors, shape ``(songs, 768)``. Rows of zeros are songs of which nothing is known: they are left out.
    weights
        Shape ``(songs,)``, from `segue.taste.weighing.weigh`.
    most
        How many facets there may be.
    seed
        The same songs and seed give the same facets.

    Returns
    -------
    facets
        None where nothing speaks for any taste.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    liked = np.flatnonzero((weights > 0) & (lengths > _NOTHING))
    if not liked.size:
        return []
    labels = clusters(vectors[liked], weights[liked], most=most, seed=seed)
    groups = [liked[labels == label] for label in range(labels.max() + 1)]
    sums = np.stack([weights[group] @ vectors[group] for group in groups]).astype(np.float32)
    pushed = _pushed_away(sums, vectors, weights)
    return _shared([_facet(total, group) for total, group in zip(pushed, groups, strict=True)])


def taste_vector(facets: Sequence[Facet]) -> FloatArray | None:
    """Return the unit mean direction of facets, ``(768,)``; None where there are none, or where they cancel out."""
    if not facets:
        return None
    total = np.sum([facet.weight * facet.direction for facet in facets], axis=0, dtype=np.float32)
    length = float(np.linalg.norm(total))
    return None if length < _NOTHING else np.asarray(total / length, dtype=np.float32)


def moved(facets: Sequence[Facet], vector: FloatArray, weight: float, *, most: int = MOST_FACETS) -> list[Facet]:
    """Return the facets after one more song was liked or disliked.

    The song is added to the facet that it is nearest to, so that the taste vector comes nearer to it, or goes farther
    from it for a weight below 0. A song far from all facets opens one of its own if it is liked as much as a like is
    worth, and fewer than ``most`` are there.

    Parameters
    ----------
    facets
        As they were; not changed.
    vector
        The song's, a unit vector ``(768,)``.
    weight
        What was said: 1 for a like, -1 for a dislike, ``(stars - 3) / 2`` for stars.
    """
    facets = _within_horizon(facets)
    if abs(weight) < _NOTHING or float(np.linalg.norm(vector)) < _NOTHING:
        return facets
    cosines = [float(facet.direction @ vector) for facet in facets]
    nearest = int(np.argmax(cosines)) if facets else -1
    opens = weight > 0 and (not facets or (cosines[nearest] < NEAR and weight >= STRONG and len(facets) < most))
    if opens:
        return _shared([*facets, _facet(weight * vector, np.empty(0, dtype=np.intp))])
    if not facets:
        return []
    facet = facets[nearest]
    weight = max(weight, -_MOST_TAKEN * facet.weight)
    total = facet.weight * facet.direction + weight * vector
    return _shared([*facets[:nearest], _facet(total, facet.members), *facets[nearest + 1 :]])


def _pushed_away(sums: FloatArray, vectors: FloatArray, weights: FloatArray) -> FloatArray:
    """Take the songs that speak against the taste from the sums that they are nearest to, half of each at most."""
    against = np.flatnonzero(weights < 0)
    if not against.size:
        return sums
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    nearest = np.argmax(vectors[against] @ (sums / np.maximum(lengths, _NOTHING)).T, axis=1)
    pushed = sums.copy()
    for number, length in enumerate(lengths[:, 0]):
        mine = against[nearest == number]
        push = weights[mine] @ vectors[mine]
        size = float(np.linalg.norm(push))
        pushed[number] += push * min(1.0, _MOST_TAKEN * float(length) / max(size, _NOTHING))
    return pushed


def _facet(total: FloatArray, members: IndexArray) -> Facet:
    length = float(np.linalg.norm(total))
    direction = np.asarray(total / max(length, _NOTHING), dtype=np.float32)
    return Facet(direction=direction, weight=length, share=0.0, members=members)


def _within_horizon(facets: Sequence[Facet]) -> list[Facet]:
    whole = sum(facet.weight for facet in facets)
    scale = min(1.0, HORIZON / whole) if whole > 0 else 1.0
    return [replace(facet, weight=facet.weight * scale) for facet in facets]


def _shared(facets: list[Facet]) -> list[Facet]:
    """Return those that weigh anything, the heaviest first, with their shares."""
    there = sorted((facet for facet in facets if facet.weight > _NOTHING), key=lambda facet: -facet.weight)
    whole = sum(facet.weight for facet in there)
    return [replace(facet, share=facet.weight / whole) for facet in there]
