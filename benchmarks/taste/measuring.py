"""What is asked of a ranking: NDCG, recall, how much of the catalogue is shown, how novel it is, how sure that is.

Novelty is the mean self-information of what is shown, in bits: ``-log2`` of the share of listeners who have it, one
more counted (S. Vargas, P. Castells, "Rank and relevance in novelty and diversity metrics", RecSys 2011).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.ranking import first, hits, ndcg, recall

_BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """How well one recommender did.

    Attributes
    ----------
    ndcg, recall
        Of each listener who wanted anything, ``(listeners,)``.
    coverage
        The share of all items that was shown to anybody.
    novelty
        In bits.
    """

    ndcg: NDArray[np.float64]
    recall: NDArray[np.float64]
    coverage: float
    novelty: float


def asked(
    scores: FloatArray | Callable[[sparse.csr_array], FloatArray],
    histories: sparse.csr_array,
    wanted: sparse.csr_array,
    counts: NDArray[np.intp],
    listeners: int,
    *,
    hidden: NDArray[np.bool_] | None = None,
) -> Answer:
    """Measure scores of all items ``(listeners, items)``, or what makes them from histories, in blocks of those.

    Parameters
    ----------
    scores
        The recommender's.
    histories, wanted
        What is known and what is held out, ``(listeners, items)``.
    counts
        How many listeners of the training data have each item, ``(items,)``.
    listeners
        How many there are in the training data.
    hidden
        Items that are not to be shown.
    """
    shown = np.concatenate([_shown(scores, histories, block, hidden) for block in _blocks(histories.shape[0])])
    found, many = hits(shown, wanted), np.diff(wanted.indptr)
    there = many > 0
    surprise = -np.log2((counts[shown[there]] + 1) / (listeners + 1))
    return Answer(
        ndcg=ndcg(found, many)[there],
        recall=recall(found, many)[there],
        coverage=len(np.unique(shown[there])) / wanted.shape[1],
        novelty=float(surprise.mean()),
    )


def _shown(
    scores: FloatArray | Callable[[sparse.csr_array], FloatArray],
    histories: sparse.csr_array,
    block: slice,
    hidden: NDArray[np.bool_] | None,
) -> NDArray[np.intp]:
    some = histories[block]
    told = scores(some) if callable(scores) else scores[block]
    if hidden is not None:
        told = np.where(hidden, -np.inf, told).astype(np.float32)
    return first(told, some)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def interval(differences: NDArray[np.float64]) -> float:
    """Return half the width of the 95 % interval of a mean over listeners."""
    return float(1.96 * differences.std(ddof=1) / np.sqrt(len(differences)))
