"""What takes long of tastes: run in a child process, by jobs."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.embedding import DIMENSIONS
from segue.taste.facets import Facet, find_facets
from segue.taste.projecting import project
from segue.taste.proxies import ProxyModel
from segue.taste.traits import SongTraits

#: Whoever shows no sign of life for much longer is taken for stalled.
_SIGN_EVERY_S: Final = 5.0


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
    with _working(progress, 0.05):
        model = ProxyModel.learn(traits, everywhere)
    progress(0.95)
    return Learned(model.to_bytes(), len(traits), model.songs, model.error)


def embed(model: bytes, traits: Sequence[SongTraits], *, progress: Progress = no_progress) -> FloatArray:
    """Return the proxies of songs, ``(songs, 768)``; zeros for those of which nothing is known."""
    with _working(progress, 0.1):
        return ProxyModel.from_bytes(model).embed(traits)


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
    with _working(progress, 0.1):
        proxies = ProxyModel.from_bytes(model).embed([traits for _, traits in lacking])
    everywhere = vectors.copy()
    if lacking:
        everywhere[[index for index, _ in lacking]] = proxies
    with _working(progress, 0.4):
        facets = find_facets(everywhere, weights)
    with _working(progress, 0.8):
        return Arranged(proxies, facets, project(everywhere, weights, facets))


@contextmanager
def _working(progress: Progress, done: float) -> Iterator[None]:
    """Show signs of life, of work that shows none itself, from where it begins."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(_SIGN_EVERY_S):
            progress(done)

    progress(done)
    thread = threading.Thread(target=tell, name="signs of life")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
