"""Facets of a taste, and how likes move them."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.signal import FloatArray
from segue.taste.facets import HORIZON, MOST_FACETS, Facet, find_facets, moved, taste_vector

DIMENSIONS = 768


def units(count: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def around(centres: FloatArray, each: int, *, noise: float, seed: int) -> FloatArray:
    rows = np.repeat(centres, each, axis=0) + noise * units(each * len(centres), seed)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def ones(count: int) -> FloatArray:
    return np.ones(count, dtype=np.float32)


def taste_of(facets: list[Facet]) -> FloatArray:
    taste = taste_vector(facets)
    assert taste is not None
    return taste


@pytest.mark.parametrize("kinds", [1, 2, 3, 5])
def test_as_many_facets_are_found_as_there_are_kinds(kinds: int) -> None:
    centres = units(kinds, seed=1)
    songs = around(centres, 30, noise=1.2, seed=2)
    facets = find_facets(songs, ones(len(songs)))
    assert len(facets) == kinds
    found = np.stack([facet.direction for facet in facets]) @ centres.T
    assert (found.max(axis=0) > 0.9).all()
    assert sorted(np.concatenate([facet.members for facet in facets]).tolist()) == list(range(len(songs)))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_up_to_four_songs_are_one_facet(count: int) -> None:
    assert len(find_facets(units(count, seed=3), ones(count))) == 1


def test_nothing_that_speaks_for_a_taste_is_no_facet() -> None:
    assert find_facets(np.zeros((0, DIMENSIONS), dtype=np.float32), ones(0)) == []
    assert find_facets(units(3, seed=0), -ones(3)) == []
    assert find_facets(np.zeros((3, DIMENSIONS), dtype=np.float32), ones(3)) == []
    assert taste_vector([]) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 1000), st.integers(1, 8))
def test_facets_are_unit_vectors_whose_shares_add_up_to_one(count: int, seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    songs, weights = units(count, seed), random.uniform(-1, 4, count).astype(np.float32)
    facets = find_facets(songs, weights, most=most)
    assert len(facets) <= most
    assert bool(facets) == bool((weights > 0).any())
    for facet in facets:
        assert facet.direction.dtype == np.float32
        assert np.linalg.norm(facet.direction) == pytest.approx(1, abs=1e-5)
        assert facet.weight > 0
        assert (weights[facet.members] > 0).all()
    if facets:
        assert sum(facet.share for facet in facets) == pytest.approx(1)
        assert np.linalg.norm(taste_of(facets)) == pytest.approx(1, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(5, 60), st.integers(0, 1000))
def test_the_order_of_songs_does_not_matter(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    songs = around(units(3, seed), count // 3 + 1, noise=1.0, seed=seed)[:count]
    weights = random.uniform(0.1, 3, count).astype(np.float32)
    order = random.permutation(count)
    facets, shuffled = find_facets(songs, weights), find_facets(songs[order], weights[order])
    assert len(facets) == len(shuffled)
    for one, other in zip(facets, shuffled, strict=True):
        np.testing.assert_allclose(one.direction, other.direction, atol=1e-5)
        assert sorted(order[other.members].tolist()) == one.members.tolist()


def test_the_taste_vector_is_the_weighted_mean_of_all_songs_however_they_are_parted() -> None:
    songs = around(units(4, seed=5), 20, noise=1.0, seed=6)
    weights = np.random.default_rng(0).uniform(0.1, 3, len(songs)).astype(np.float32)
    mean = weights @ songs
    np.testing.assert_allclose(taste_of(find_facets(songs, weights)), mean / np.linalg.norm(mean), atol=1e-5)


def test_disliked_songs_push_their_facet_away() -> None:
    songs = around(units(1, seed=8), 20, noise=1.0, seed=9)
    against = songs[:5]
    before = taste_of(find_facets(songs[5:], ones(15)))
    facets = find_facets(songs, np.array([-1.0] * 5 + [1.0] * 15, dtype=np.float32))
    assert (against @ taste_of(facets) < against @ before).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 80), st.integers(0, 1000), st.floats(0.05, 3))
def test_a_like_moves_the_taste_towards_the_song_and_a_dislike_away(count: int, seed: int, weight: float) -> None:
    facets = find_facets(units(count, seed), ones(count))
    song = units(1, seed + 5000)[0]
    before = float(taste_of(facets) @ song)
    assert float(taste_of(moved(facets, song, weight)) @ song) > before
    assert float(taste_of(moved(facets, song, -weight)) @ song) < before


@pytest.mark.slow
def test_a_like_moves_visibly_whoever_has_ten_thousand_songs() -> None:
    songs = around(units(2, seed=1), 5000, noise=0.8, seed=2)
    facets = find_facets(songs, ones(len(songs)))
    song = units(1, seed=3)[0]
    gained = float(taste_of(moved(facets, song, 1.0)) @ song) - float(taste_of(facets) @ song)
    assert gained > 0.5 / HORIZON


def test_a_like_of_another_kind_opens_a_facet_and_a_faint_one_does_not() -> None:
    facets = find_facets(around(units(1, seed=1), 10, noise=0.5, seed=2), ones(10))
    song = units(1, seed=3)[0]
    opened = moved(facets, song, 1.0)
    assert len(opened) == len(facets) + 1
    assert max(float(facet.direction @ song) for facet in opened) == pytest.approx(1, abs=1e-5)
    assert len(moved(facets, song, 0.2)) == len(facets)


def test_no_more_facets_are_opened_than_there_may_be() -> None:
    facets: list[Facet] = []
    for song in units(3 * MOST_FACETS, seed=4):
        facets = moved(facets, song, 1.0)
    assert len(facets) == MOST_FACETS


def test_the_first_like_makes_the_taste_and_a_dislike_alone_makes_none() -> None:
    song = units(1, seed=1)[0]
    np.testing.assert_allclose(taste_of(moved([], song, 1.0)), song, atol=1e-6)
    assert moved([], song, -1.0) == []


def test_disliking_all_that_one_likes_ends_in_no_taste() -> None:
    facets = find_facets(around(units(1, seed=1), 10, noise=0.5, seed=2), ones(10))
    song = facets[0].direction.copy()
    weights = [facets[0].weight]
    while facets := moved(facets, song, -1.0):
        weights.append(facets[0].weight)
        assert np.isfinite(taste_of(facets)).all()
    assert weights == sorted(weights, reverse=True)


def test_a_move_takes_far_less_than_a_millisecond() -> None:
    facets = find_facets(around(units(5, seed=1), 40, noise=1.0, seed=2), ones(200))
    song = units(1, seed=3)[0]
    times = []
    for _ in range(50):
        started = time.process_time()
        moved(facets, song, 1.0)
        times.append(time.process_time() - started)
    assert sorted(times)[25] < 1e-3
