"""Ways between two points on the sphere over others, by steps as small as possible."""

import numpy as np

from segue.audio.signal import FloatArray


def smoothest(vectors: FloatArray, start: int, end: int, *, most: int) -> list[int]:
    """Return the way from one vector to another whose squared steps sum to least: many small ones before a large one.

    Parameters
    ----------
    vectors
        ``float32`` ``(count, dimensions)``, of unit norm.
    start, end
        Indices of the ends.
    most
        Vectors on the way, its ends among them; with 2 it is a single step.

    Returns
    -------
    list of int
        Indices, from `start` to `end`, none twice.

    Notes
    -----
    Bellman and Ford's algorithm, stopped after ``most - 1`` rounds: ``O(most * count**2)``.
    """
    if start == end:
        return [start]
    costs = np.clip(2.0 - 2.0 * (vectors @ vectors.T).astype(np.float64), 0.0, None)
    np.fill_diagonal(costs, 0.0)
    best = np.full(len(vectors), np.inf)
    best[start] = 0.0
    before: list[np.ndarray[tuple[int, ...], np.dtype[np.intp]]] = []
    rounds = [best]
    for _ in range(most - 1):
        through = rounds[-1][:, np.newaxis] + costs
        # To stay where one is costs nothing, so that fewer steps are a way of so many, too.
        before.append(np.argmin(through, axis=0))
        rounds.append(through.min(axis=0))
    way = [end]
    for came_from in reversed(before):
        way.append(int(came_from[way[-1]]))
    return list(dict.fromkeys(reversed(way)))
