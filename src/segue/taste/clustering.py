"""Weighted spherical k-means, with the number of clusters read from the data.

I. Dhillon, D. Modha, "Concept decompositions for large sparse text data using clustering", Machine Learning 42, 2001;
starts as in D. Arthur, S. Vassilvitskii, "k-means++", SODA 2007; the number of clusters by the simplified silhouette
(E. Hruschka et al., "Evolving clusters in gene-expression data", Information Sciences 176, 2006).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray

#: Up to so many songs are one cluster: fewer than three a cluster say nothing.
FEW: Final = 4
#: A parting must be so good: the silhouette of what is one cloud lies below it.
WORTH: Final = 0.1

_STARTS: Final = 3
_ROUNDS: Final = 25
_NOTHING: Final = 1e-9

Labels = NDArray[np.intp]


def clusters(vectors: FloatArray, weights: FloatArray, *, most: int, seed: int) -> Labels:
    """Return which cluster each vector belongs to, ``(songs,)``, counted from 0 without gaps.

    Parameters
    ----------
    vectors
        Unit vectors, ``(songs, dimensions)``.
    weights
        Over 0, ``(songs,)``.
    most
        How many clusters there may be.
    seed
        Of the starts. The order of the songs has no influence.
    """
    count = len(vectors)
    if count <= FEW or most < 2:
        return np.zeros(count, dtype=np.intp)
    order = _canonical(vectors, weights)
    songs, strengths = _compact(vectors[order]), weights[order].astype(np.float64)
    best, best_worth = np.zeros(count, dtype=np.intp), WORTH
    for k in range(2, min(most, count // 2) + 1):
        labels = _best_of_starts(songs, strengths, k, seed)
        worth = _silhouette(songs, strengths, labels)
        if worth > best_worth + 0.01:
            best, best_worth = labels, worth
    labels = np.empty(count, dtype=np.intp)
    labels[order] = best
    return labels


def _canonical(vectors: FloatArray, weights: FloatArray) -> Labels:
    """Return an order of the songs that depends on nothing but the songs."""
    # Songs that agree in so many coordinates and in weight are the same, as far as clusters go.
    return np.lexsort((weights, *vectors.T[:8]))


def _compact(songs: FloatArray) -> FloatArray:
    """Return few songs in as many dimensions as there are songs: with the same cosines, but faster."""
    if 3 * len(songs) > songs.shape[1]:
        return songs
    values, basis = np.linalg.eigh((songs @ songs.T).astype(np.float64))
    return np.asarray(basis * np.sqrt(np.maximum(values, 0)), dtype=np.float32)


def _best_of_starts(songs: FloatArray, weights: NDArray[np.float64], k: int, seed: int) -> Labels:
    random = np.random.Generator(np.random.PCG64([seed, k]))
    tries = [_k_means(songs, weights, _spread_start(songs, weights, k, random)) for _ in range(_STARTS)]
    return max(tries, key=lambda one: one[1])[0]


def _spread_start(songs: FloatArray, weights: NDArray[np.float64], k: int, random: np.random.Generator) -> FloatArray:
    """Choose songs as first centres, each with a probability that grows with its distance to those before."""
    chosen = [int(random.choice(len(songs), p=weights / weights.sum()))]
    distance = np.full(len(songs), np.inf)
    for _ in range(k - 1):
        distance = np.minimum(distance, np.maximum(1.0 - songs @ songs[chosen[-1]], 0.0))
        mass = weights * distance + _NOTHING
        chosen.append(int(random.choice(len(songs), p=mass / mass.sum())))
    return songs[chosen]


def _k_means(songs: FloatArray, weights: NDArray[np.float64], centres: FloatArray) -> tuple[Labels, float]:
    """Return the clusters that these first centres lead to, and the weighted sum of cosines to their centres."""
    labels = np.full(len(songs), -1, dtype=np.intp)
    for _ in range(_ROUNDS):
        cosines = songs @ centres.T
        nearest = np.argmax(cosines, axis=1)
        if np.array_equal(nearest, labels):
            break
        labels = nearest
        centres = _centres(songs, weights, labels, centres)
    _, labels = np.unique(labels, return_inverse=True)
    return labels, float(weights @ cosines.max(axis=1))


def _centres(songs: FloatArray, weights: NDArray[np.float64], labels: Labels, before: FloatArray) -> FloatArray:
    """Return the unit weighted mean of each cluster; one that lost all its songs stays where it was."""
    belongs = labels[np.newaxis, :] == np.arange(len(before))[:, np.newaxis]
    sums = (belongs * weights).astype(np.float32) @ songs
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > _NOTHING, sums / np.maximum(lengths, _NOTHING), before).astype(np.float32)


def _silhouette(songs: FloatArray, weights: NDArray[np.float64], labels: Labels) -> float:
    """Return how much nearer songs are to the others of their cluster than to the next, -1 to 1, as a weighted mean.

    A song's own cluster is measured without it: in many dimensions a centre is near to its songs for being made of
    them, and clouds would be parted. A song alone in its cluster counts 0.
    """
    k = int(labels.max()) + 1
    if k < 2:
        return 0.0
    belongs = labels[np.newaxis, :] == np.arange(k)[:, np.newaxis]
    sums = (belongs * weights).astype(np.float32) @ songs
    itself = np.arange(len(songs))
    distances = 1.0 - (songs @ sums.T) / np.maximum(np.linalg.norm(sums, axis=1), _NOTHING)
    rest = sums[labels] - weights[:, np.newaxis].astype(np.float32) * songs
    lengths = np.linalg.norm(rest, axis=1)
    own = 1.0 - np.einsum("ij,ij->i", songs, rest) / np.maximum(lengths, _NOTHING)
    distances[itself, labels] = np.inf
    other = distances.min(axis=1)
    widths = (other - own) / np.maximum(np.maximum(own, other), _NOTHING)
    alone = np.bincount(labels)[labels] < 2
    return float(weights @ np.where(alone, 0.0, widths) / weights.sum())
