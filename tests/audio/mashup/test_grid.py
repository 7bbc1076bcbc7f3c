"""A grid is even where the song is, follows it where it drifts, and mends what the tracker did."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.analysis import Rhythm
from segue.audio.mashup.grid import build_grid


def rhythm(beats: list[float], downbeats: list[float] | None = None) -> Rhythm:
    return Rhythm(120.0, 1.0, tuple(beats), tuple(beats[::4] if downbeats is None else downbeats), 4)


EVEN = [0.5 + 0.5 * k for k in range(64)]


def test_a_tracker_that_jitters_gives_an_even_grid() -> None:
    jitter = np.random.default_rng(0).normal(0, 0.008, 64)
    grid = build_grid(rhythm([t + j for t, j in zip(EVEN, jitter, strict=True)]), 33.0)
    assert grid.even
    assert np.abs(grid.times_s - EVEN).max() < 0.006


def test_beats_that_were_missed_are_filled_in_and_extra_ones_left_out() -> None:
    heard = [t for k, t in enumerate(EVEN) if k not in {10, 11, 30}] + [EVEN[20] + 0.2]
    grid = build_grid(rhythm(sorted(heard), EVEN[::4]), 33.0)
    assert len(grid.times_s) == 64
    assert np.abs(grid.times_s - EVEN).max() < 0.005


def test_a_drifting_tempo_is_followed() -> None:
    beats = list(np.cumsum(0.5 + 0.05 * np.sin(np.arange(128) / 20)))
    grid = build_grid(rhythm(beats), 70.0)
    assert not grid.even
    assert np.abs(grid.times_s - beats).max() < 0.02


def test_beat_zero_is_a_downbeat_by_majority() -> None:
    grid = build_grid(rhythm(EVEN, [*EVEN[2::4], EVEN[9]]), 33.0)
    assert float(grid.time_of(0)) == pytest.approx(EVEN[2])
    assert grid.first == -2


def test_without_beats_there_is_a_pulse_all_the_same() -> None:
    grid = build_grid(Rhythm(0.0, 0.0, (), (), 4), 30.0)
    assert grid.tempo_bpm == pytest.approx(120)
    assert grid.last * grid.period_s > 28


@given(st.lists(st.floats(-20, 80), min_size=1, max_size=20))
def test_times_and_beats_are_each_others_inverse(beats: list[float]) -> None:
    grid = build_grid(rhythm(list(np.cumsum(0.5 + 0.05 * np.sin(np.arange(64) / 10)))), 40.0)
    there_and_back = grid.beat_at(grid.time_of(np.asarray(beats)))
    assert there_and_back == pytest.approx(np.asarray(beats), abs=1e-6)
