"""Newcomers: a fifth of the listeners is unknown to what was learned, and shows 5 songs, 20 songs, or a screenshot.

The screenshot is twelve rows of their list: of Last.fm the artists that they play most, of a playlist consecutive
tracks. All that they don't show is wanted.
"""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.table import Row
from benchmarks.taste import peers
from benchmarks.taste.datasets import Dataset
from benchmarks.taste.measuring import asked
from segue.taste.retrieval import Retriever, Settings
from segue.taste.signals import facets_of, nearness

_SEED: Final = 7
_ROWS: Final = 12
_FEWEST: Final = 25
_BESIDE: Final = ("popularity", "item-kNN")


def measure(dataset: Dataset, settings: Settings, tuned: Iterable[peers.Peer]) -> list[Row]:
    """Measure with the settings and peers that were chosen on listeners; nobody learns from the newcomers."""
    random = np.random.Generator(np.random.PCG64(_SEED))
    listens = dataset.listens
    many = np.flatnonzero(np.diff(listens.indptr) >= _FEWEST)
    new = np.sort(random.choice(many, len(many) // 5, replace=False))
    old = np.setdiff1d(np.arange(listens.shape[0]), new)
    known = listens[old]
    counts = np.bincount(known.indices, minlength=known.shape[1])
    shelf = dataset.shelf(known)
    retriever = Retriever.learn(known, shelf, settings)
    others = [peer for peer in tuned if peer.name in _BESIDE]
    shown: dict[str, Callable[[int], NDArray[np.intp]]] = {
        "5 songs": lambda row: random.permutation(len(dataset.order[row]))[:5],
        "20 songs": lambda row: random.permutation(len(dataset.order[row]))[:20],
        f"a screenshot of {_ROWS} rows": lambda row: _screenshot(dataset, row, random),
    }
    rows = []
    for what, places in shown.items():
        seen = [np.array(dataset.order[row])[places(row)] for row in new.tolist()]
        histories = _binary(seen, listens.shape[1])
        wanted = (listens[new] - listens[new].multiply(histories)).tocsr()
        wanted.eliminate_zeros()

        answers = {
            "hybrid": asked(retriever.scores, histories, wanted, counts, len(old)),
            "facets": asked(
                lambda some: nearness(facets_of(some, shelf.embeddings), shelf.embeddings),
                histories,
                wanted,
                counts,
                len(old),
            ),
        }
        for peer in others:
            answers[peer.name] = asked(peer.scores(known, histories), histories, wanted, counts, len(old))
        for question, figure in (
            ("NDCG@20", lambda answer: float(answer.ndcg.mean())),
            ("Recall@20", lambda answer: float(answer.recall.mean())),
            ("share of the catalogue shown", lambda answer: answer.coverage),
            ("novelty of what is shown, bits", lambda answer: answer.novelty),
        ):
            rows += [
                Row(
                    f"{question}, knowing {what}",
                    dataset.name,
                    figure(answers["hybrid"]),
                    name,
                    figure(answer),
                    "taste newcomers",
                )
                for name, answer in answers.items()
                if name != "hybrid"
            ]
    return rows


def _screenshot(dataset: Dataset, row: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Return which rows a screenshot of a list shows."""
    first = 0 if dataset.most_played_first else int(random.integers(len(dataset.order[row]) - _ROWS + 1))
    return np.arange(first, first + _ROWS)


def _binary(seen: list[NDArray[np.intp]], items: int) -> sparse.csr_array:
    ends = np.cumsum([0, *map(len, seen)])
    matrix = sparse.csr_array(
        (np.ones(ends[-1], dtype=np.float32), np.concatenate(seen), ends), shape=(len(seen), items)
    )
    matrix.sort_indices()
    return matrix
