"""How a radio bends, in numbers: away from what was skipped, towards what was liked."""

from itertools import pairwise

import numpy as np

from segue.discovery.steering import LIKED, PLAYED, SKIPPED, Candidate, choose, course, fit
from segue.kit.ids import new_id
from tests.discovery.tracks import around, direction

SEED, A, B = direction(1, 0.5, 0.5), direction(1, 1, 0), direction(1, 0, 1)


def candidates(near: dict[str, int]) -> list[Candidate]:
    places = {"A": A, "B": B}
    return [
        Candidate(new_id(), vector, f"{name} {number}", made_here=number % 2 == 0)
        for name, count in near.items()
        for number, vector in enumerate(around(places[name], count, seed=ord(name)))
    ]


def test_after_skips_near_one_place_and_a_like_near_another_it_goes_to_the_other() -> None:
    pool = candidates({"A": 10, "B": 10})
    heard = {new_id(): A, new_id(): A, new_id(): B}
    skipped_twice = dict(zip(heard, (SKIPPED, SKIPPED, LIKED), strict=True))
    before, after = course(SEED, {}, {}), course(SEED, skipped_twice, heard)
    assert before.target is not None
    assert after.target is not None
    assert abs(float(before.target @ A - before.target @ B)) < 1e-5
    assert after.target @ B - after.target @ A > 0.3
    chosen = choose(after, pool, 5)
    assert all(one.vector is not None and one.vector @ B > one.vector @ A for one in chosen)


def test_what_was_said_lately_counts_more() -> None:
    first, second = new_id(), new_id()
    heard = {first: A, second: B}
    to_b = course(SEED, {first: LIKED, second: LIKED}, heard).target
    to_a = course(SEED, {second: LIKED, first: LIKED}, heard).target
    assert to_a is not None
    assert to_b is not None
    assert to_b @ B > to_b @ A
    assert to_a @ A > to_a @ B


def test_a_play_says_little_and_a_like_much() -> None:
    track = new_id()
    played, liked = (course(SEED, {track: weight}, {track: B}).target for weight in (PLAYED, LIKED))
    assert played is not None
    assert liked is not None
    assert SEED @ B < played @ B < liked @ B


def test_without_a_seed_it_goes_where_likes_lead_and_without_those_nowhere() -> None:
    track = new_id()
    nowhere = course(None, {}, {})
    assert nowhere.target is None
    assert fit(nowhere, candidates({"A": 1})[0]) == -1
    led = course(None, {track: LIKED}, {track: B}).target
    assert led is not None
    np.testing.assert_allclose(led, B, atol=1e-6)


def test_what_nobody_knows_the_place_of_comes_last_and_all_come_once() -> None:
    pool = [*candidates({"A": 3}), Candidate(new_id(), None, None, made_here=True)]
    chosen = choose(course(SEED, {}, {}), pool, 10)
    assert [one.track_id for one in chosen[3:]] == [pool[-1].track_id]
    assert len({one.track_id for one in chosen}) == 4


def test_one_artist_does_not_follow_another_time_where_others_fit_nearly_as_well() -> None:
    vectors = around(A, 6, seed=1, spread=0.01)
    pool = [
        Candidate(new_id(), vector, "Ann" if n < 3 else f"{n}", made_here=False) for n, vector in enumerate(vectors)
    ]
    row = [one.artist for one in choose(course(A, {}, {}), pool, 6)]
    assert all(first != second or first != "Ann" for first, second in pairwise(row))
