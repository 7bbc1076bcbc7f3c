"""Choosing how the hybrid weighs its signals, on songs held out of what it learns from."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.company import Company
from segue.taste.ranking import SHOWN, first, hits, ndcg
from segue.taste.retrieval import FEW, Settings
from segue.taste.signals import SIGNALS, Shelf, Sides

#: Ridges and how much embeddings count that are tried.
_COMPANIES: Final = ((30.0, 0.5), (100.0, 0.5), (100.0, 2.0), (300.0, 2.0))
#: Weights that are tried for each signal but the first. None is below 0: a song is not the better for being unknown.
_WEIGHTS: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0)
_ROUNDS: Final = 3
_BETTER: Final = 1e-4
_LISTENERS: Final = 300
_CANDIDATES: Final = 200
_HELD_OUT: Final = 0.2


def hold_out(
    listens: sparse.csr_array, *, seed: int, share: float = _HELD_OUT
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Part histories into what is known and what is held out: a share of the songs of each listener who has five.

    Returns
    -------
    known, held
        Each ``(listeners, songs)``.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    rows = np.repeat(np.arange(listens.shape[0]), np.diff(listens.indptr))
    held = np.zeros(listens.nnz, dtype=np.bool_)
    for start, end in zip(listens.indptr[:-1].tolist(), listens.indptr[1:].tolist(), strict=True):
        if end - start >= 5:
            held[start + random.choice(end - start, round((end - start) * share), replace=False)] = True
    parts = (
        sparse.csr_array((listens.data[part], (rows[part], listens.indices[part])), shape=listens.shape)
        for part in (~held, held)
    )
    return next(parts), next(parts)


def shortened(histories: sparse.csr_array, count: int, *, seed: int) -> sparse.csr_array:
    """Return histories of which at most so many songs are known, drawn at random."""
    random = np.random.Generator(np.random.PCG64(seed))
    kept = np.zeros(histories.nnz, dtype=np.bool_)
    for start, end in zip(histories.indptr[:-1].tolist(), histories.indptr[1:].tolist(), strict=True):
        kept[start + random.permutation(end - start)[:count]] = True
    rows = np.repeat(np.arange(histories.shape[0]), np.diff(histories.indptr))[kept]
    return sparse.csr_array((histories.data[kept], (rows, histories.indices[kept])), shape=histories.shape)


def tune(listens: sparse.csr_array, shelf_of: Callable[[sparse.csr_array], Shelf], *, seed: int = 0) -> Settings:
    """Choose the settings of a retriever.

    A fifth of each listener's songs is held out; what foretells them best, by NDCG@20 of a sample of listeners, is
    chosen: first how company is learned, then the weights of the signals, one after another, for histories of five
    songs and for whole ones.

    Parameters
    ----------
    listens
        As for `segue.taste.retrieval.Retriever.learn`.
    shelf_of
        Makes the shelf from listens: proxies learn from listens too, and shall not have seen what is held out.
    seed
        Of what is held out.
    """
    known, held = hold_out(listens, seed=seed)
    shelf = shelf_of(known)
    sample = _sample(held, seed)
    histories, wanted = known[sample], held[sample]
    ridge, features, company = max(
        ((*how, Company.learn(known, how[1] * shelf.embeddings, ridge=how[0])) for how in _COMPANIES),
        key=lambda each: _quality(each[2].scores(histories), histories, wanted),
    )
    sides = Sides(shelf, company, shelf.of_artists())
    few = _blended(sides.measure(shortened(histories, FEW, seed=seed)), histories, wanted)
    signals = sides.measure(histories)
    many = _blended(signals, histories, wanted)
    odds = _odds(np.einsum("s,sbn->bn", np.array(many, dtype=np.float32), signals), histories, wanted)
    return Settings(ridge=ridge, features=features, few=few, many=many, odds=odds)


def _sample(held: sparse.csr_array, seed: int) -> NDArray[np.intp]:
    some = np.flatnonzero(np.diff(held.indptr))
    random = np.random.Generator(np.random.PCG64([seed, 1]))
    return np.sort(random.choice(some, min(_LISTENERS, len(some)), replace=False))


def _quality(scores: FloatArray, known: sparse.csr_array, wanted: sparse.csr_array) -> float:
    found = hits(first(scores, known), wanted)
    return float(np.nanmean(ndcg(found, np.diff(wanted.indptr))))


def _blended(signals: FloatArray, known: sparse.csr_array, wanted: sparse.csr_array) -> tuple[float, ...]:
    """Return the weights of signals with the best ranking, found by changing one at a time."""
    signals, known, wanted = _contenders(signals, known, wanted)
    weights = [1.0, *[0.0] * (len(SIGNALS) - 1)]
    scores = signals[0].copy()
    best = _quality(scores, known, wanted)
    for _ in range(_ROUNDS):
        before = best
        for signal in range(1, len(SIGNALS)):
            for weight in _WEIGHTS:
                tried = scores + np.float32(weight - weights[signal]) * signals[signal]
                quality = _quality(tried, known, wanted)
                if quality > best + _BETTER:
                    best, scores, weights[signal] = quality, tried, weight
        if best <= before:
            break
    return tuple(weights)


def _contenders(
    signals: FloatArray, known: sparse.csr_array, wanted: sparse.csr_array
) -> tuple[FloatArray, sparse.csr_array, sparse.csr_array]:
    """Keep, for each listener, the songs that some signal puts among its first: others can't be shown."""
    chosen = [first(signal, known, _CANDIDATES) for signal in signals]
    kept = np.concatenate(chosen, axis=1)
    rows = np.arange(len(kept))[:, np.newaxis]
    repeated = np.zeros(kept.shape, dtype=np.bool_)
    order = np.argsort(kept, axis=1, kind="stable")
    ordered = np.take_along_axis(kept, order, axis=1)
    np.put_along_axis(repeated, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    values = signals[:, rows, kept]
    values[:, repeated] = -1e6
    is_wanted = hits(kept, wanted) & ~repeated
    # Songs that no signal proposes are still wanted: they stand in columns of their own that nobody can be shown.
    missed = np.diff(wanted.indptr) - is_wanted.sum(axis=1)
    beyond = np.arange(int(missed.max(initial=0))) < missed[:, np.newaxis]
    nothing = sparse.csr_array((len(kept), kept.shape[1] + beyond.shape[1]))
    unseen = np.full((len(signals), *beyond.shape), -1e6, dtype=np.float32)
    return (
        np.concatenate([values, unseen], axis=2),
        nothing,
        sparse.csr_array(np.concatenate([is_wanted, beyond], axis=1).astype(np.float32)),
    )


def _odds(scores: FloatArray, known: sparse.csr_array, wanted: sparse.csr_array) -> tuple[float, float]:
    """Fit the logarithm of the odds of being wanted to the scores of the first songs (J. Platt, 1999)."""
    shown = first(scores, known, 5 * SHOWN)
    target = hits(shown, wanted).ravel().astype(np.float64)
    values = np.take_along_axis(scores, shown, axis=1).ravel().astype(np.float64)
    design = np.stack([np.ones_like(values), values], axis=1)
    beta = np.zeros(2)
    for _ in range(30):
        told = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (target - told) - 1e-3 * beta
        curve = (design * (told * (1 - told))[:, np.newaxis]).T @ design + 1e-3 * np.eye(2)
        beta += np.linalg.solve(curve, slope)
    return float(beta[0]), max(float(beta[1]), 0.0)
