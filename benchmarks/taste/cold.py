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
from benchmarks.taste.listeners import facets
from benchmarks.taste.measuring import asked
from segue.taste.retrieval import Retriever, Settings

_SEED: Final = 7
_ROWS: Final = 12
_FEWEST: Final = 25


def measure(dataset: Dataset, settings: Settings, tuned: Iterable[peers.Peer]) -> list[Row]:
    """Measure with the settings and peers that were chosen on listeners; nobody learns from the newcomers.

    Settings and parameters were chosen where the newcomers' listens were among all others.
    """
    random = np.random.Generator(np.random.PCG64(_SEED))
    listens = dataset.listens
    many = np.flatnonzero(np.diff(listens.indptr) >= _FEWEST)
    new = np.sort(random.choice(many, len(many) // 5, replace=False))
    old = np.setdiff1d(np.arange(listens.shape[0]), new)
    known = emptied(listens, new)
    counts = np.bincount(known.indices, minlength=known.shape[1])
    shelf = dataset.shelf(known)
    scorers = {
        "hybrid": Retriever.learn(known, shelf, settings).scores,
        "facets": facets(shelf.embeddings),
        **{peer.name: peer.learn(known) for peer in tuned},
    }
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
        answers = {name: asked(scores, histories, wanted, counts, len(old)) for name, scores in scorers.items()}
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


def emptied(listens: sparse.csr_array, listeners: NDArray[np.intp]) -> sparse.csr_array:
    """Return the listens without those of some listeners: their rows stay, so that all others keep their numbers."""
    many = np.diff(listens.indptr)
    kept = ~np.isin(np.arange(len(many)), listeners)
    stays = np.repeat(kept, many)
    ends = np.concatenate([[0], np.cumsum(np.where(kept, many, 0))])
    return sparse.csr_array((listens.data[stays], listens.indices[stays], ends), shape=listens.shape)


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
