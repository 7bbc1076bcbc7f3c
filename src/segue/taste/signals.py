"""What speaks for a song, from different sides, each measured alike: company, taste, facets, artists, popularity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.company import Company
from segue.taste.facets import Facet, find_facets, taste_vector

#: The sides, in the order of the arrays here.
SIGNALS: Final = ("company", "taste", "facets", "artist", "popularity")
_NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The songs that may be recommended.

    Attributes
    ----------
    embeddings
        Unit vectors, embeddings or proxies, ``(songs, 768)``; zeros where nothing is known.
    artists
        The number of each song's artist, ``(songs,)``; -1 where unknown.
    popularity
        How popular each song is, ``(songs,)``, on any scale that grows with it.
    """

    embeddings: FloatArray
    artists: NDArray[np.intp]
    popularity: FloatArray

    def of_artists(self) -> sparse.csr_array:
        """Return which song is by which artist, ``(songs, artists)``: the more songs, the less each says."""
        known = np.flatnonzero(self.artists >= 0)
        count = int(self.artists.max(initial=-1)) + 1
        sizes = np.bincount(self.artists[known], minlength=max(count, 1)).astype(np.float32)
        values = sizes[self.artists[known]] ** -0.25
        return sparse.csr_array((values, (known, self.artists[known])), shape=(len(self.artists), max(count, 1)))


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """All that signals are measured with.

    Attributes
    ----------
    shelf
        The songs.
    company
        What follows from histories.
    by_artist
        `Shelf.of_artists`, kept.
    """

    shelf: Shelf
    company: Company
    by_artist: sparse.csr_array

    def measure(self, histories: sparse.csr_array, facets: Sequence[Sequence[Facet]] | None = None) -> FloatArray:
        """Return the signals for all songs, ``(signals, histories, songs)``.

        Each signal has mean 0 and standard deviation 1 over the songs for each history, so that they can be added.

        Parameters
        ----------
        histories
            ``(histories, songs)``, sparse: what is liked, above 0.
        facets
            Of each history; found in it where not given.
        """
        found = facets if facets is not None else facets_of(histories, self.shelf.embeddings)
        popular = np.broadcast_to(self.shelf.popularity, histories.shape)
        measured = (
            self.company.scores(histories),
            likeness(found, self.shelf.embeddings),
            nearness(found, self.shelf.embeddings),
            ((histories @ self.by_artist) @ self.by_artist.T).toarray(),
            popular,
        )
        return np.stack([_standardised(each) for each in measured])


def facets_of(histories: sparse.csr_array, embeddings: FloatArray) -> list[list[Facet]]:
    """Return the facets of each history."""
    rows = zip(histories.indptr[:-1], histories.indptr[1:], strict=True)
    return [
        find_facets(embeddings[histories.indices[start:end]], histories.data[start:end].astype(np.float32))
        for start, end in rows
    ]


def likeness(facets: Sequence[Sequence[Facet]], embeddings: FloatArray) -> FloatArray:
    """Return the cosines of all songs to each listener's taste vector, ``(listeners, songs)``."""
    width = embeddings.shape[1]
    tastes = [taste_vector(each) for each in facets]
    directions = np.stack([np.zeros(width, dtype=np.float32) if taste is None else taste for taste in tastes])
    return np.asarray(directions @ embeddings.T, dtype=np.float32)


def nearness(facets: Sequence[Sequence[Facet]], embeddings: FloatArray) -> FloatArray:
    """Return how near all songs are to any facet of each listener, ``(listeners, songs)``.

    Cosines count by their squares, as far as they are above 0: a song near one facet is worth more than one that is
    half near two.
    """
    near = np.zeros((len(facets), len(embeddings)), dtype=np.float32)
    for row, each in enumerate(facets):
        if each:
            cosines = np.stack([facet.direction for facet in each]) @ embeddings.T
            shares = np.array([facet.share for facet in each], dtype=np.float32)
            near[row] = shares @ np.square(np.maximum(cosines, 0))
    return near


def _standardised(signal: FloatArray) -> FloatArray:
    middle = signal - signal.mean(axis=1, keepdims=True)
    spread = middle.std(axis=1, keepdims=True)
    return np.asarray(middle / np.maximum(spread, _NOTHING), dtype=np.float32)
