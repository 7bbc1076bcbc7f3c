"""Which songs are heard in whose company: item-item weights in closed form, learned from all listeners.

The weights are those of EASE: each song is told from all others by a ridge regression in which no song tells itself (H.
Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019). What is known of songs joins as further rows
beside the listeners (O. Jeunen, J. Van Balen, B. Goethals, "Closed-form models for collaborative filtering with
side-information", RecSys 2020), so that a song that nobody heard yet has its place too.

EASE as published inverts a matrix of songs by songs. This one is inverted from the other side, listeners and features
by the same (Woodbury's identity), which gives the same weights: few listeners with very many songs are what a
self-hosted server has. The item-item weights themselves are never laid out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from segue.audio.signal import FloatArray

#: Of more listeners than this, so many are drawn: the inverse grows with their square.
MOST_LISTENERS: Final = 6_000
_CHUNK: Final = 2_048


@dataclass(frozen=True, slots=True, eq=False)
class Company:
    """What follows from a history for every song.

    Attributes
    ----------
    listens
        ``(listeners, songs)``, sparse: the rows that it was learned from.
    features
        ``(songs, features)``: what is known of songs, scaled by how much it counts.
    inverse
        ``(listeners + features, listeners + features)``, symmetric.
    diagonal
        ``(songs,)``: of the inverse over songs that EASE divides by.
    ridge
        The strength of the ridge.
    """

    listens: sparse.csr_array
    features: FloatArray
    inverse: FloatArray
    diagonal: FloatArray
    ridge: float

    @classmethod
    def learn(cls, listens: sparse.csr_array, features: FloatArray, *, ridge: float, seed: int = 0) -> "Company":
        """Learn from histories and features.

        Parameters
        ----------
        listens
            ``(listeners, songs)``, sparse, not below 0: how much each listener likes each song, around 1.
        features
            ``(songs, features)``; none for plain EASE. Their scale says how much they count beside listeners.
        ridge
            The strength of the ridge, over 0.
        seed
            Of the draw, where there are more than 6000 listeners.
        """
        if listens.shape[0] > MOST_LISTENERS:
            random = np.random.Generator(np.random.PCG64(seed))
            listens = listens[np.sort(random.choice(listens.shape[0], MOST_LISTENERS, replace=False))]
        listens, features = listens.astype(np.float32), features.astype(np.float32)
        gram = _gram(listens, features).astype(np.float64)
        gram[np.diag_indices_from(gram)] += ridge
        inverse = linalg.inv(gram, overwrite_a=True, check_finite=False, assume_a="pos").astype(np.float32)
        return cls(listens, features, inverse, _diagonal(listens, features, inverse, ridge), ridge)

    def scores(self, histories: sparse.csr_array) -> FloatArray:
        """Return how much each song goes with each history, ``(histories, songs)``.

        Songs of the history itself score what the others of it say.

        Parameters
        ----------
        histories
            ``(histories, songs)``, sparse, like the listens.
        """
        common = np.concatenate([(histories @ self.listens.T).toarray(), histories @ self.features], axis=1)
        turned = (common @ self.inverse).astype(np.float32)
        heard = self.listens.shape[0]
        explained = turned[:, :heard] @ self.listens + turned[:, heard:] @ self.features.T
        own = histories.toarray().astype(np.float32)
        return np.asarray(own - (own - explained) / self.ridge / self.diagonal, dtype=np.float32)

    def contributions(self, songs: NDArray[np.intp], weights: FloatArray, song: int) -> FloatArray:
        """Return what each song of a history adds to the score of a song, ``(history,)``.

        Parameters
        ----------
        songs
            The history's: indices, ``(history,)``, without the song itself.
        weights
            How much each is liked, ``(history,)``.
        song
            Which is explained.
        """
        wanted = self.inverse @ self._rows(np.array([song]))[0]
        told = self._rows(songs) @ wanted / self.ridge / self.diagonal[song]
        return np.asarray(weights * told, dtype=np.float32)

    def _rows(self, songs: NDArray[np.intp]) -> FloatArray:
        heard: FloatArray = self.listens[:, songs].toarray().T
        return np.concatenate([heard, self.features[songs]], axis=1)


def _gram(listens: sparse.csr_array, features: FloatArray) -> FloatArray:
    """Return what listeners and features have in common over all songs."""
    heard = (listens @ listens.T).toarray()
    across = listens @ features
    return np.block([[heard, across], [across.T, features.T @ features]])


def _diagonal(listens: sparse.csr_array, features: FloatArray, inverse: FloatArray, ridge: float) -> FloatArray:
    """Return the diagonal of the ridge regression's inverse over songs, a chunk of songs at a time."""
    columns = listens.tocsc()
    explained = np.empty(len(features), dtype=np.float32)
    for start in range(0, len(features), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        rows = np.concatenate([columns[:, chunk].toarray().T, features[chunk]], axis=1)
        explained[chunk] = np.einsum("ij,ij->i", rows @ inverse, rows)
    return np.asarray(np.maximum(1.0 - explained, 1e-6) / ridge, dtype=np.float32)
