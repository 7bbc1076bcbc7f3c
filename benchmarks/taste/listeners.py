"""A fifth of each listener's items is held out: who foretells it?

All parameters, ours and the peers', are chosen on another fifth, held out of the training data; the test data is asked
once. Ours are the taste vector, facets and facets of proxies that know no listeners, beside the hybrid of all signals.
"""

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from scipy import sparse

from benchmarks.table import Row
from benchmarks.taste import peers
from benchmarks.taste.datasets import Dataset
from benchmarks.taste.measuring import Answer, asked, interval
from segue.audio.signal import FloatArray
from segue.taste.retrieval import Retriever, Settings
from segue.taste.signals import Shelf, facets_of, likeness, nearness
from segue.taste.tuning import hold_out, tune

_TEST_SEED: Final = 4
_VALIDATION_SEED: Final = 0
_ASKED_TO_TUNE: Final = 300
OURS: Final = "hybrid"
Scorer = Callable[[sparse.csr_array], FloatArray]


def measure(dataset: Dataset) -> tuple[Settings, list[peers.Peer], list[Row]]:
    """Return the settings and the peers that were chosen, and the rows."""
    known, held = hold_out(dataset.listens, seed=_TEST_SEED)
    started = time.perf_counter()
    settings = tune(known, dataset.shelf, seed=_VALIDATION_SEED)
    tuned_s = time.perf_counter() - started
    counts = np.bincount(known.indices, minlength=known.shape[1])
    warm = counts > 0
    heard = held.multiply(warm.astype(np.float32)).tocsr()
    heard.eliminate_zeros()
    answers: dict[str, Answer] = {}
    among: dict[str, Answer] = {}
    seconds: dict[str, float] = {}

    def ask(name: str, learn: Callable[[], Scorer]) -> None:
        begun = time.perf_counter()
        scorer = learn()
        # The scores of all listeners are kept for both questions: making them is what takes time.
        scores = np.concatenate([scorer(known[start : start + 256]) for start in range(0, known.shape[0], 256)])
        seconds[name] = time.perf_counter() - begun
        answers[name] = asked(scores, known, held, counts, known.shape[0])
        among[name] = asked(scores, known, heard, counts, known.shape[0], hidden=~warm)

    shelf = dataset.shelf(known)
    ask(OURS, lambda: Retriever.learn(known, shelf, settings).scores)
    ask("taste vector", lambda: _taste(shelf))
    ask("facets", lambda: _facets(shelf))
    told = dataset.shelf(known, company=False)
    if told.embeddings.any():
        ask("facets of proxies without listeners", lambda: _facets(told))
    if (shelf.artists >= 0).any():
        ask("same artist", lambda: _same_artist(shelf))
    others = tuned_peers(known)
    for peer in others:
        name = f"{peer.name} ({peer.parameters})" if peer.parameters else peer.name
        ask(name, lambda peer=peer: lambda histories: peer.scores(known, histories))  # type: ignore[misc]
    rows = [*_rows(answers, f"{dataset.name}"), *_rows(among, f"{dataset.name}, only items that somebody has")]
    timed = [
        Row("learning and scoring all listeners, s", dataset.name, seconds[OURS], name, taken, "taste listeners")
        for name, taken in seconds.items()
        if name != OURS
    ]
    chosen = Row("choosing the hybrid's settings, s", dataset.name, tuned_s, part="taste listeners")
    return settings, others, [*rows, *timed, chosen]


def tuned_peers(known: sparse.csr_array) -> list[peers.Peer]:
    """Return the peers, tuned on what is held out of the training data."""
    learned, wanted = hold_out(known, seed=_VALIDATION_SEED)
    some = np.flatnonzero(np.diff(wanted.indptr))
    random = np.random.Generator(np.random.PCG64(_VALIDATION_SEED))
    sample = np.sort(random.choice(some, min(_ASKED_TO_TUNE, len(some)), replace=False))
    counts = np.bincount(learned.indices, minlength=learned.shape[1])

    def quality(scores: peers.Scores) -> float:
        told = scores(learned, learned[sample])
        return float(asked(told, learned[sample], wanted[sample], counts, learned.shape[0]).ndcg.mean())

    return peers.tuned(quality)


def _taste(shelf: Shelf) -> Scorer:
    return lambda histories: likeness(facets_of(histories, shelf.embeddings), shelf.embeddings)


def _facets(shelf: Shelf) -> Scorer:
    return lambda histories: nearness(facets_of(histories, shelf.embeddings), shelf.embeddings)


def _same_artist(shelf: Shelf) -> Scorer:
    by_artist = shelf.of_artists()
    return lambda histories: ((histories @ by_artist) @ by_artist.T).toarray()


def _rows(answers: dict[str, Answer], data: str) -> list[Row]:
    ours = answers[OURS]
    others = {name: answer for name, answer in answers.items() if name != OURS}
    part = "taste listeners"
    rows = [
        Row(question, data, float(figure(ours)), name, float(figure(answer)), part)
        for question, figure in (
            ("NDCG@20", lambda answer: answer.ndcg.mean()),
            ("Recall@20", lambda answer: answer.recall.mean()),
            ("share of the catalogue shown", lambda answer: answer.coverage),
            ("novelty of what is shown, bits", lambda answer: answer.novelty),
        )
        for name, answer in others.items()
    ]
    best = max(others, key=lambda name: others[name].ndcg.mean())
    difference = ours.ndcg - others[best].ndcg
    surely = float(difference.mean() - interval(difference))
    question = "NDCG@20 more than the next best, at least (95 %, paired over listeners)"
    return [*rows, Row(question, data, surely, f"{best}, mean difference", float(difference.mean()), part)]
