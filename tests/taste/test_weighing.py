"""What a track says of its listener's taste."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.taste.weighing import HALF_LIFE_DAYS, LARGEST_WEIGHT, RECENT_DAYS, Evidence, weigh

NOW = datetime(2026, 6, 1, tzinfo=UTC)
_stars = st.none() | st.integers(1, 5)
_when = st.none() | st.integers(0, 8000).map(lambda days: NOW - timedelta(days=days - 200))
evidences = st.builds(
    Evidence,
    plays=st.integers(0, 10_000),
    skips=st.integers(0, 10_000),
    recent_plays=st.integers(0, 10_000),
    last_played_at=_when,
    liked=st.none() | st.booleans(),
    rating=_stars,
    sounds_like_me=_stars,
    kept=st.booleans(),
    completion=st.none() | st.floats(0, 1),
    added_at=_when,
)


def weight(**what: object) -> float:
    return float(weigh([Evidence(**what)], NOW)[0])  # type: ignore[arg-type]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@given(st.lists(evidences, max_size=20))
def test_weights_are_finite_and_bounded(evidence: list[Evidence]) -> None:
    weights = weigh(evidence, NOW)
    assert weights.dtype == np.float32
    assert weights.shape == (len(evidence),)
    assert np.isfinite(weights).all()
    assert (np.abs(weights) <= LARGEST_WEIGHT).all()


def test_a_recent_play_counts_as_three_that_are_just_older() -> None:
    recent = weight(plays=4, recent_plays=4, last_played_at=ago(3))
    older = weight(plays=4, last_played_at=ago(RECENT_DAYS + 0.001))
    assert recent == pytest.approx(3 * older, rel=1e-4)


def test_what_is_played_lately_is_recent_whether_its_plays_were_counted_by_date_or_not() -> None:
    assert weight(plays=1, last_played_at=ago(3)) == weight(plays=1, recent_plays=1, last_played_at=ago(3))


def test_older_plays_halve_each_year() -> None:
    once = weight(plays=4, last_played_at=ago(RECENT_DAYS + 10))
    later = weight(plays=4, last_played_at=ago(RECENT_DAYS + 10 + HALF_LIFE_DAYS))
    assert later == pytest.approx(once / 2, rel=1e-5)


def test_more_plays_weigh_more_up_to_a_hundred() -> None:
    weights = [weight(plays=plays) for plays in (1, 2, 10, 100, 1000)]
    assert weights[0] < weights[1] < weights[2] < weights[3] == weights[4]


@given(evidences)
def test_a_skip_never_speaks_for_a_track(evidence: Evidence) -> None:
    values = {name: getattr(evidence, name) for name in Evidence.__slots__}
    skips = max(evidence.skips, evidence.plays)
    assert weight(**values | {"skips": skips + 1}) <= weight(**values | {"skips": 0}) + 1e-6


def test_a_track_that_is_only_skipped_speaks_against_itself() -> None:
    assert weight(skips=3) < 0


def test_a_play_that_ends_early_counts_less() -> None:
    assert 0 < weight(plays=5, completion=0.1) < weight(plays=5, completion=0.9) < weight(plays=5)


def test_a_kept_track_counts_though_nobody_knows_of_plays() -> None:
    assert 0 < weight(kept=True) < weight(kept=True, added_at=ago(1))


@pytest.mark.parametrize("said", [{"liked": False}, {"rating": 1}, {"sounds_like_me": 1}])
def test_plays_do_not_make_good_what_was_said_against_a_track(said: dict[str, object]) -> None:
    assert weight(plays=500, recent_plays=500, last_played_at=NOW, **said) < 0


def test_what_was_said_adds_up_and_does_not_fade() -> None:
    assert weight(liked=True, rating=5, sounds_like_me=5, last_played_at=ago(4000)) == pytest.approx(3)
    assert weight(rating=3, sounds_like_me=3) == 0
