"""A fifth of each listener's items is held out: who foretells it?

All parameters, ours and the peers', are chosen on another fifth, held out of the training data; the test data is asked
once. Ours are the taste vector, facets and facets of proxies that know no listeners, beside the hybrid of all signals.

Times are CPU seconds of all threads, which other work on the machine doesn't lengthen as it does the clock. All learn
once, and then score all listeners; making proxies is a part of learning for whoever uses them.
"""

import time
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


def measure(dataset: Dataset) -> tuple[Settings, list[peers.Peer], list[Row]]:
    """Return the settings and the peers that were chosen, and the rows."""
    known, held = hold_out(dataset.listens, seed=_TEST_SEED)
    started = time.process_time()
    settings = tune(known, dataset.shelf, seed=_VALIDATION_SEED)
    tuned_s = time.process_time() - started
    counts = np.bincount(known.indices, minlength=known.shape[1])
    warm = counts > 0
    heard = held.multiply(warm.astype(np.float32)).tocsr()
    heard.eliminate_zeros()
    answers: dict[str, Answer] = {}
    among: dict[str, Answer] = {}
    seconds: dict[str, float] = {}

    def ask(name: str, learn: peers.Learn) -> None:
        begun = time.process_time()
        scorer = learn(known)
        # The scores of all listeners are kept for both questions: making them is what takes time.
        scores = np.concatenate([scorer(known[start : start + 256]) for start in range(0, known.shape[0], 256)])
        seconds[name] = time.process_time() - begun
        answers[name] = asked(scores, known, held, counts, known.shape[0])
        among[name] = asked(scores, known, heard, counts, known.shape[0], hidden=~warm)

    for name, learn in _ours(dataset, settings, known).items():
        ask(name, learn)
    others = tuned_peers(known)
    for peer in others:
        ask(f"{peer.name} ({peer.parameters})" if peer.parameters else peer.name, peer.learn)
    rows = [*_rows(answers, f"{dataset.name}"), *_rows(among, f"{dataset.name}, only items that somebody has")]
    timed = [
        Row("learning and scoring all listeners, CPU s", dataset.name, seconds[OURS], name, taken, "taste listeners")
        for name, taken in seconds.items()
        if name != OURS
    ]
    chosen = Row("choosing the hybrid's settings, CPU s", dataset.name, tuned_s, part="taste listeners")
    return settings, others, [*rows, *timed, chosen]


def tuned_peers(known: sparse.csr_array) -> list[peers.Peer]:
    """Return the peers, tuned on what is held out of the training data."""
    learned, wanted = hold_out(known, seed=_VALIDATION_SEED)
    some = np.flatnonzero(np.diff(wanted.indptr))
    random = np.random.Generator(np.random.PCG64(_VALIDATION_SEED))
    sample = np.sort(random.choice(some, min(_ASKED_TO_TUNE, len(some)), replace=False))
    counts = np.bincount(learned.indices, minlength=learned.shape[1])

    def quality(learn: peers.Learn) -> float:
        return float(asked(learn(learned), learned[sample], wanted[sample], counts, learned.shape[0]).ndcg.mean())

    return peers.tuned(quality)


def _ours(dataset: Dataset, settings: Settings, known: sparse.csr_array) -> dict[str, peers.Learn]:
    """Return what of ours is asked of this data."""
    ours: dict[str, peers.Learn] = {
        OURS: lambda listens: Retriever.learn(listens, dataset.shelf(listens), settings).scores,
        "taste vector": lambda listens: _taste(dataset.shelf(listens).embeddings),
        "facets": lambda listens: facets(dataset.shelf(listens).embeddings),
    }
    told = dataset.shelf(known, company=False)
    if told.embeddings.any():
        ours["facets of proxies without listeners"] = lambda listens: facets(
            dataset.shelf(listens, company=False).embeddings
        )
    if (told.artists >= 0).any():
        ours["same artist"] = lambda _: _same_artist(told)
    return ours


def facets(embeddings: FloatArray) -> peers.Scorer:
    """Score items by how near they lie to a listener's facets."""
    return lambda histories: nearness(facets_of(histories, embeddings), embeddings)


def _taste(embeddings: FloatArray) -> peers.Scorer:
    return lambda histories: likeness(facets_of(histories, embeddings), embeddings)


def _same_artist(shelf: Shelf) -> peers.Scorer:
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
