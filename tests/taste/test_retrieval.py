"""Retrieving songs for a listener."""

import numpy as np
import pytest
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.company import Company
from segue.taste.features import unit_rows
from segue.taste.ranking import first, hits, ndcg, recall
from segue.taste.retrieval import Retriever, Settings
from segue.taste.signals import SIGNALS, Shelf
from segue.taste.tuning import hold_out, shortened, tune

LISTENERS, SONGS, KINDS = 120, 240, 4


def listens(seed: int = 0) -> sparse.csr_array:
    """Listeners who hear one kind of song each, by and large."""
    random = np.random.default_rng(seed)
    kind = np.arange(LISTENERS) % KINDS
    chance = np.where(np.arange(SONGS) % KINDS == kind[:, np.newaxis], 0.25, 0.01)
    return sparse.csr_array((random.random((LISTENERS, SONGS)) < chance).astype(np.float32))


def shelf() -> Shelf:
    random = np.random.default_rng(1)
    centres = random.standard_normal((KINDS, 768))
    rows = centres[np.arange(SONGS) % KINDS] + 2 * random.standard_normal((SONGS, 768))
    popularity = np.log1p(listens().sum(axis=0)).astype(np.float32)
    return Shelf(unit_rows(rows.astype(np.float32)), np.arange(SONGS) // 8, popularity)


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever.learn(listens(), shelf(), Settings())


def history_of(kind: int) -> dict[int, float]:
    return dict.fromkeys(range(kind, 40, KINDS), 1.0)


def published(matrix: FloatArray, ridge: float) -> FloatArray:
    """Return the weights of EASE as published."""
    gram = matrix.T @ matrix + ridge * np.eye(matrix.shape[1])
    inverse = np.linalg.inv(gram)
    weights: FloatArray = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def test_company_scores_as_ease_does_as_published() -> None:
    nothing = np.zeros((SONGS, 0), dtype=np.float32)
    company = Company.learn(listens(), nothing, ridge=20.0)
    expected = listens().toarray() @ published(listens().toarray().astype(np.float64), 20.0)
    np.testing.assert_allclose(company.scores(listens()), expected, atol=1e-4)


def test_features_count_as_further_listeners() -> None:
    features = np.random.default_rng(3).standard_normal((SONGS, 12)).astype(np.float32)
    company = Company.learn(listens(), features, ridge=20.0)
    rows = np.concatenate([listens().toarray(), features.T]).astype(np.float64)
    np.testing.assert_allclose(company.scores(listens()), listens().toarray() @ published(rows, 20.0), atol=1e-3)


def test_what_songs_of_a_history_contribute_adds_up_to_the_score() -> None:
    company = Company.learn(listens(), 0.5 * shelf().embeddings, ridge=20.0)
    row = listens()[[3]]
    song = int(np.flatnonzero(row.toarray()[0] == 0)[5])
    parts = company.contributions(row.indices.astype(np.intp), row.data, song)
    assert parts.sum() == pytest.approx(float(company.scores(row)[0, song]), abs=1e-4)


def test_a_listener_gets_songs_of_their_kind_and_none_that_they_know(retriever: Retriever) -> None:
    found = retriever.recommend(history_of(2), count=10)
    assert len(found) == 10
    assert sum(each.song % KINDS == 2 for each in found) >= 9
    assert not {each.song for each in found} & set(history_of(2))
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_a_recommendation_says_why(retriever: Retriever) -> None:
    for each in retriever.recommend(history_of(1), count=5):
        assert 0 < each.probability < 1
        assert sum(each.signals.values()) == pytest.approx(each.score, abs=1e-3)
        assert set(each.signals) == set(SIGNALS)
        assert each.because
        assert all(song in history_of(1) and 0 < part <= 1 for song, part in each.because)


def test_the_reason_for_a_song_is_the_one_like_it() -> None:
    alike = shelf()
    alike.embeddings[200] = alike.embeddings[4]
    retriever = Retriever.learn(listens(), alike, Settings(many=(0, 1, 1, 0, 0), few=(0, 1, 1, 0, 0)))
    found = {each.song: each for each in retriever.recommend({4: 1.0, 5: 1.0, 6: 1.0}, count=5)}
    assert found[200].because[0][0] == 4


def test_disliked_songs_speak_for_nothing_and_are_not_shown(retriever: Retriever) -> None:
    wanted = history_of(0) | dict.fromkeys(range(100, 140), -1.0)
    found = retriever.recommend(wanted, count=30)
    assert not {each.song for each in found} & set(wanted)
    assert {song for each in found for song, _ in each.because} <= set(history_of(0))


def test_a_newcomer_of_whom_nothing_is_known_gets_what_is_popular(retriever: Retriever) -> None:
    popular = retriever.sides.shelf.popularity
    found = retriever.recommend({}, count=5)
    assert [popular[each.song] for each in found] == sorted(popular, reverse=True)[:5]
    assert all(each.because == () for each in found)


def test_the_fewer_songs_are_known_the_more_popularity_counts() -> None:
    settings = Settings(few=(1, 1, 1, 0, 1), many=(1, 1, 1, 0, 0))
    counts = [float(settings.weights(known)[-1]) for known in (0, 5, 10, 30, 50, 500)]
    assert counts == sorted(counts, reverse=True)
    assert (counts[0], counts[-1]) == (1, 0)


def test_tuning_foretells_better_than_popularity_and_never_prefers_the_unknown() -> None:
    known, held = hold_out(listens(), seed=5)
    settings = tune(known, lambda _: shelf())
    assert min(*settings.few, *settings.many) >= 0
    scores = Retriever.learn(known, shelf(), settings).scores(known)
    counts = np.diff(held.indptr)
    ours = np.nanmean(ndcg(hits(first(scores, known), held), counts))
    popular = np.broadcast_to(shelf().popularity, scores.shape)
    assert ours > np.nanmean(ndcg(hits(first(popular, known), held), counts)) + 0.1


def test_holding_out_parts_each_history_and_loses_nothing() -> None:
    known, held = hold_out(listens(), seed=1)
    assert (known + held != listens()).nnz == 0
    assert known.multiply(held).nnz == 0
    assert np.diff(held.indptr).sum() == pytest.approx(0.2 * listens().nnz, rel=0.1)
    assert np.diff(shortened(listens(), 5, seed=1).indptr).max() == 5


def test_rankings_are_scored_as_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.1], [0.1, 0.2, 0.3, 0.4]], dtype=np.float32)
    known = sparse.csr_array(np.array([[1, 0, 0, 0], [0, 0, 0, 0]]))
    wanted = sparse.csr_array(np.array([[0, 0, 1, 1], [0, 0, 0, 0]]))
    shown = first(scores, known, 2)
    assert shown.tolist() == [[1, 2], [3, 2]]
    found = hits(shown, wanted)
    assert found.tolist() == [[False, True], [False, False]]
    gain = 1 / np.log2(3)
    np.testing.assert_allclose(ndcg(found, np.array([2, 0])), [gain / (1 + gain), np.nan])
    np.testing.assert_allclose(recall(found, np.array([2, 0])), [0.5, np.nan])
