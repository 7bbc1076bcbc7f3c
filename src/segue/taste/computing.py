"""What takes long of tastes: run in a child process, by jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.embedding import DIMENSIONS
from segue.taste.facets import Facet, find_facets
from segue.taste.projecting import project
from segue.taste.proxies import ProxyModel
from segue.taste.traits import SongTraits


@dataclass(frozen=True, slots=True)
class Learned:
    """A model of proxies, as bytes, with what its making told."""

    data: bytes
    songs: int
    heard: int
    error: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """A listener's songs in their places.

    Attributes
    ----------
    proxies
        Of the songs that lacked a place, unit vectors ``(lacking, 768)``; zeros for those of which nothing is known.
    facets
        The heaviest first; their members are indices of songs.
    places
        On the map, ``(songs, 2)``.
    """

    proxies: FloatArray
    facets: list[Facet]
    places: FloatArray


def learn(
    traits: Sequence[SongTraits], heard: Sequence[int], vectors: FloatArray, *, progress: Progress = no_progress
) -> Learned:
    """Learn a model of proxies.

    Parameters
    ----------
    traits
        Of all songs.
    heard, vectors
        Which of them have audio, and their embeddings ``(heard, 768)``.
    """
    everywhere = np.zeros((len(traits), DIMENSIONS), dtype=np.float32)
    if len(heard):
        everywhere[list(heard)] = vectors
    progress(0.05)
    model = ProxyModel.learn(traits, everywhere)
    progress(0.95)
    return Learned(model.to_bytes(), len(traits), model.songs, model.error)


def embed(model: bytes, traits: Sequence[SongTraits], *, progress: Progress = no_progress) -> FloatArray:
    """Return the proxies of songs, ``(songs, 768)``; zeros for those of which nothing is known."""
    vectors = ProxyModel.from_bytes(model).embed(traits)
    progress(1.0)
    return vectors


def arrange(
    model: bytes,
    lacking: Sequence[tuple[int, SongTraits]],
    vectors: FloatArray,
    weights: FloatArray,
    *,
    progress: Progress = no_progress,
) -> Arranged:
    """Find the facets of a listener's songs, and the songs' places on a map.

    Parameters
    ----------
    model
        Of proxies.
    lacking
        Songs without a place: their indices and what is known of them.
    vectors
        ``(songs, 768)``; zeros where there is none.
    weights
        ``(songs,)``.
    """
    proxies = ProxyModel.from_bytes(model).embed([traits for _, traits in lacking])
    progress(0.4)
    everywhere = vectors.copy()
    if lacking:
        everywhere[[index for index, _ in lacking]] = proxies
    facets = find_facets(everywhere, weights)
    progress(0.8)
    return Arranged(proxies, facets, project(everywhere, weights, facets))
