"""How good a ranking is: recall and NDCG of the first 20 songs, as recommenders are compared.

K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20, 2002. Recall is held
against what 20 songs can hold at most (D. Liang et al., "Variational autoencoders for collaborative filtering", WWW
2018).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray

SHOWN: Final = 20


def first(scores: FloatArray, known: sparse.csr_array, count: int = SHOWN) -> NDArray[np.intp]:
    """Return the songs with the highest scores that are not known yet, ``(listeners, count)``, the best first."""
    scores = scores.copy()
    scores[known.nonzero()] = -np.inf
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def hits(shown: NDArray[np.intp], wanted: sparse.csr_array) -> NDArray[np.bool_]:
    """Return which of the songs shown were wanted, ``(listeners, count)``."""
    rows = np.repeat(np.arange(len(shown)), shown.shape[1])
    return np.asarray(wanted[rows, shown.ravel()] > 0).reshape(shown.shape)


def ndcg(found: NDArray[np.bool_], wanted: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the NDCG of each listener, ``(listeners,)``; NaN for those who wanted nothing.

    Parameters
    ----------
    found
        Of `hits`.
    wanted
        How many songs each listener wanted, ``(listeners,)``.
    """
    gains = 1 / np.log2(np.arange(2, found.shape[1] + 2))
    ideal = np.concatenate([[np.nan], np.cumsum(gains)])[np.minimum(wanted, found.shape[1])]
    return np.asarray((found @ gains) / ideal)


def recall(found: NDArray[np.bool_], wanted: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the recall of each listener, ``(listeners,)``; NaN for those who wanted nothing."""
    most = np.where(wanted > 0, np.minimum(wanted, found.shape[1]), np.nan)
    return np.asarray(found.sum(axis=1) / most)
