"""Newcomers are unknown to all that is learned, on small invented data."""

from collections.abc import Sequence

import numpy as np
import pytest
from benchmarks.taste import cold, datasets, peers
from scipy import sparse

from segue.taste.retrieval import Settings
from segue.taste.traits import SongTraits

LISTENERS, ITEMS, EACH = 10, 60, 30


class Invented:
    """Listeners with thirty items each, who gave a tag of their own to all that they have, and to all that they don't.

    What was told of items is kept.
    """

    def __init__(self) -> None:
        random = np.random.Generator(np.random.PCG64(1))
        self.order = [random.permutation(ITEMS)[:EACH].tolist() for _ in range(LISTENERS)]
        has = np.zeros((LISTENERS, ITEMS), dtype=np.float32)
        for listener, items in enumerate(self.order):
            has[listener, items] = 1
        self.listens = sparse.csr_array(has)
        self.given = [(listener, item, str(listener)) for listener in range(LISTENERS) for item in range(ITEMS)]
        self.told: list[Sequence[SongTraits]] = []
        self.dataset = datasets.Dataset("invented", self.listens, self.order, False, self._tell)

    def _tell(self, known: sparse.csr_array) -> list[SongTraits]:
        told = datasets.tagged(self.given, self.listens, known)
        self.told.append(told)
        return told


def tags_by_listener(told: Sequence[SongTraits]) -> list[int]:
    """Return to how many items each listener's tag is told."""
    return [sum(str(listener) in song.tags for song in told) for listener in range(LISTENERS)]


class TestNewcomers:
    def test_none_of_their_tags_is_told_and_all_of_the_others(self) -> None:
        invented = Invented()
        cold.measure(invented.dataset, Settings(), [])
        for told in invented.told:
            assert sorted(tags_by_listener(told)) == [0] * 2 + [ITEMS] * 8

    @pytest.mark.parametrize("newcomer", range(LISTENERS))
    def test_each_of_them_is_silent_and_nobody_else(self, newcomer: int) -> None:
        invented = Invented()
        known = cold.emptied(invented.listens, np.array([newcomer]))
        told = tags_by_listener(datasets.tagged(invented.given, invented.listens, known))
        assert told == [0 if listener == newcomer else ITEMS for listener in range(LISTENERS)]

    def test_peers_learn_once_from_all_but_them(self) -> None:
        learned: list[sparse.csr_array] = []

        def learn(listens: sparse.csr_array) -> peers.Scorer:
            learned.append(listens)
            return peers.popularity(listens)

        cold.measure(Invented().dataset, Settings(), [peers.Peer("popularity", "", learn)])
        assert [listens.shape for listens in learned] == [(LISTENERS, ITEMS)]
        assert sorted(np.diff(learned[0].indptr).tolist()) == [0] * 2 + [EACH] * 8


def test_a_tag_for_what_is_held_out_of_its_givers_history_is_not_told() -> None:
    listens = sparse.csr_array(np.array([[1, 1, 0], [1, 0, 1]], dtype=np.float32))
    known = sparse.csr_array(np.array([[1, 0, 0], [1, 0, 1]], dtype=np.float32))
    given = [(0, 0, "known"), (0, 1, "held out"), (0, 2, "never heard"), (1, 1, "another's")]
    told = datasets.tagged(given, listens, known)
    assert [song.tags for song in told] == [{"known": 1}, {"another's": 1}, {"never heard": 1}]


@pytest.mark.parametrize("name", ["popularity", "item-kNN", "EASE"])
def test_a_peer_scores_alike_all_at_once_and_one_by_one(name: str) -> None:
    listens = Invented().listens
    for peer in peers.candidates()[name]:
        scorer = peer.learn(listens)
        alone = np.concatenate([scorer(listens[[row]]) for row in range(LISTENERS)])
        np.testing.assert_allclose(scorer(listens), alone, rtol=1e-4, atol=1e-5)
