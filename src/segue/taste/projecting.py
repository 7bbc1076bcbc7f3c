"""A listener's songs on a map: each facet a disc, like facets beside each other, like songs together.

Conventions: vectors ``float32`` ``(songs, 768)``, unit rows, zeros where nothing is known; places ``(songs, 2)`` in the
unit disc that is their facet's.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray
from segue.taste.facets import Facet

#: Between two discs, as a share of a radius: names are written there.
_GAP: Final = 0.3
_NOTHING: Final = 1e-6
_Rows = NDArray[np.float64]


def project(vectors: FloatArray, weights: FloatArray, facets: Sequence[Facet]) -> FloatArray:
    """Return where songs lie in the discs of their facets; those of no facet in the middle.

    A song lies the nearer to the middle the more it is like its facet; its angle is that of the two directions in which
    the facet's songs differ most.

    Parameters
    ----------
    vectors
        ``(songs, 768)``.
    weights
        ``(songs,)``: of songs that are equally like, the weightier is nearer to the middle.
    facets
        Their members are indices of songs.
    """
    places = np.zeros((len(vectors), 2), dtype=np.float32)
    for facet in facets:
        if facet.members.size:
            places[facet.members] = _within(vectors[facet.members], facet, weights[facet.members])
    return places


def discs(directions: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the middles ``(facets, 2)`` and radii ``(facets,)`` of discs that don't overlap, in the unit disc.

    Areas go by shares, but none is too small to be seen; discs of like facets are neighbours: they start where the two
    main differences between the directions lay them, and push each other apart.
    """
    radii = np.sqrt(np.maximum(np.asarray(shares, dtype=np.float64), 0.06))
    if len(radii) == 1:
        return np.zeros((1, 2), dtype=np.float32), np.ones(1, dtype=np.float32)
    places = _two_main(np.asarray(directions, dtype=np.float64))
    angles = 2.399963 * np.arange(len(radii))  # the golden angle: no two discs begin at one place
    places = places + 1e-3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    places *= radii.sum() / max(float(np.abs(places).max()), _NOTHING)
    for _ in range(600):
        places *= 0.985  # towards the middle
        for first in range(len(radii)):
            for second in range(first + 1, len(radii)):
                gap = places[second] - places[first]
                distance = max(float(np.hypot(*gap)), _NOTHING)
                overlap = radii[first] + radii[second] + _GAP * radii.mean() - distance
                if overlap > 0:
                    push = 0.5 * overlap * gap / distance
                    places[first] -= push
                    places[second] += push
    centre = (places * (radii**2)[:, np.newaxis]).sum(axis=0) / (radii**2).sum()
    places -= centre
    whole = float((np.hypot(places[:, 0], places[:, 1]) + radii).max())
    return np.asarray(places / whole, dtype=np.float32), np.asarray(radii / whole, dtype=np.float32)


def _within(vectors: FloatArray, facet: Facet, weights: FloatArray) -> FloatArray:
    """Return places of a facet's songs in the unit disc, evenly filled: the likest in the middle."""
    cosines = vectors @ facet.direction
    rest = vectors - cosines[:, np.newaxis] * facet.direction
    plane = _two_main(rest.astype(np.float64))
    # Ranks in place of values, of radius and of angle: songs that are all alike would lie on each other.
    turned = np.argsort(np.argsort(np.arctan2(plane[:, 1], plane[:, 0]), kind="stable"), kind="stable")
    order = np.argsort(np.argsort(-cosines - 1e-3 * weights, kind="stable"), kind="stable")
    radius = np.sqrt((order + 0.3) / len(vectors)) if len(vectors) > 1 else np.zeros(1)
    angle = 2 * np.pi * turned / len(vectors)
    return np.asarray(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), dtype=np.float32)


def _two_main(rows: _Rows) -> _Rows:
    """Return rows in the two directions in which they differ most, ``(rows, 2)``, with the signs fixed."""
    centred = rows - rows.mean(axis=0)
    few = len(rows) < rows.shape[1]
    values, turns = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
    two = turns[:, -2:][:, ::-1]
    plane: _Rows = two * np.sqrt(np.maximum(values[-2:][::-1], 0)) if few else centred @ two
    if plane.shape[1] < 2:
        plane = np.concatenate([plane, np.zeros((len(rows), 2 - plane.shape[1]))], axis=1)
    largest = np.argmax(np.abs(plane), axis=0)
    signs: _Rows = np.where(plane[largest, [0, 1]] < 0, -1.0, 1.0)
    return plane * signs
