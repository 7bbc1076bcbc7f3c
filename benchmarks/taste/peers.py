"""Who else recommends: popularity, item-kNN, EASE and, where `implicit` is installed, its ALS and BM25.

Each is tuned on the same songs held out of the training data as our own, by NDCG@20, over the grids below. A peer
learns from listens once, and scores histories; the table names the parameters that won.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise, product
from typing import Any, Final

import numpy as np
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.company import Company

Scorer = Callable[[sparse.csr_array], FloatArray]
Learn = Callable[[sparse.csr_array], Scorer]


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """A recommender with its parameters.

    Attributes
    ----------
    name
        What the table calls it.
    parameters
        As the table shows them.
    learn
        Makes, from listens, what scores all items for histories.
    """

    name: str
    parameters: str
    learn: Learn


def candidates() -> dict[str, list[Peer]]:
    """Return the peers with all parameters that are tried."""
    peers = {
        "popularity": [Peer("popularity", "", popularity)],
        "item-kNN": [
            _knn(neighbours, shrink) for neighbours in (20, 100, 300, 1000) for shrink in (0.0, 3.0, 10.0, 30.0)
        ],
        "EASE": [_ease(ridge) for ridge in (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)],
    }
    if find_spec("implicit"):
        peers["implicit ALS"] = [_als(*how) for how in _ALS]
        peers["implicit BM25"] = [_bm25(*how) for how in _BM25]
    return peers


def popularity(listens: sparse.csr_array) -> Scorer:
    """Score items by how many listeners they have."""
    counts = np.bincount(listens.indices, minlength=listens.shape[1]).astype(np.float32)
    return lambda histories: np.tile(counts, (histories.shape[0], 1))


def _knn(neighbours: int, shrink: float) -> Peer:
    """Return cosine neighbours of items, shrunk by what few listeners say."""

    def learn(listens: sparse.csr_array) -> Scorer:
        lengths = np.sqrt(np.asarray(listens.power(2).sum(axis=0)).ravel())
        common = (listens.T @ listens).tocsr()
        rows = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))
        common.data /= lengths[rows] * lengths[common.indices] + shrink
        common.data[rows == common.indices] = 0
        kept = _strongest(common, neighbours)
        return lambda histories: (histories @ kept).toarray().astype(np.float32)

    return Peer("item-kNN", f"k {neighbours}, shrinkage {shrink:g}", learn)


def _strongest(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """Keep the largest entries of each row."""
    kept = np.ones(matrix.nnz, dtype=np.bool_)
    ends = matrix.indptr.tolist()
    for start, end in pairwise(ends):
        if end - start > count:
            kept[start + np.argpartition(matrix.data[start:end], end - start - count)[: end - start - count]] = False
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[kept]
    return sparse.csr_array((matrix.data[kept], (rows, matrix.indices[kept])), shape=matrix.shape)


def _ease(ridge: float) -> Peer:
    def learn(listens: sparse.csr_array) -> Scorer:
        nothing = np.zeros((listens.shape[1], 0), dtype=np.float32)
        return Company.learn(listens, nothing, ridge=ridge).scores

    return Peer("EASE", f"lambda {ridge:g}", learn)


#: Factors, regularisation, alpha.
_ALS: Final = (
    *product((32, 64, 128), (3.0, 10.0, 30.0, 100.0, 300.0), (10.0, 30.0, 100.0)),
    *product((256,), (10.0, 30.0, 100.0), (10.0, 30.0)),
)
#: Neighbours, K1, B. With B 0 the length of a history doesn't matter, and K1 none where all weights are 1.
_BM25: Final = tuple(product((100, 300, 1000, 3000), (0.03, 0.1, 0.3), (0.0, 0.3, 0.75, 1.0)))


def _als(factors: int, regularization: float, alpha: float) -> Peer:
    """Return weighted matrix factorisation (Y. Hu et al., ICDM 2008; tuned as S. Rendle et al., RecSys 2022, urge)."""

    def learn(listens: sparse.csr_array) -> Scorer:
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 - a peer, for who has it

        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            alpha=alpha,
            iterations=15,
            num_threads=1,
            random_state=0,
        )
        model.fit(_as_matrix(listens), show_progress=False)

        def scores(histories: sparse.csr_array) -> FloatArray:
            users = model.recalculate_user(np.arange(histories.shape[0]), _as_matrix(histories))
            return np.asarray(users @ model.item_factors.T, dtype=np.float32)

        return scores

    return Peer("implicit ALS", f"{factors} factors, regularisation {regularization:g}, alpha {alpha:g}", learn)


def _bm25(neighbours: int, k1: float, b: float) -> Peer:
    def learn(listens: sparse.csr_array) -> Scorer:
        from implicit.nearest_neighbours import BM25Recommender  # noqa: PLC0415 - a peer, for who has it

        model = BM25Recommender(K=neighbours, K1=k1, B=b, num_threads=1)
        model.fit(_as_matrix(listens), show_progress=False)
        return lambda histories: np.asarray((histories @ model.similarity).toarray(), dtype=np.float32)

    return Peer("implicit BM25", f"K {neighbours}, K1 {k1:g}, B {b:g}", learn)


def _as_matrix(listens: sparse.csr_array) -> Any:
    """Return what `implicit` takes: it knows no sparse arrays."""
    return sparse.csr_matrix(listens)


def tuned(quality: Callable[[Learn], float], names: Iterable[str] | None = None) -> list[Peer]:
    """Return each peer with the parameters that are best by a quality."""
    there = candidates()
    best = []
    for name in names or there:
        tried = there.get(name, [])
        if tried:
            best.append(tried[0] if len(tried) == 1 else max(tried, key=lambda peer: quality(peer.learn)))
    return best
