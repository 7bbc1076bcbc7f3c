"""Beats stay where they are while what lies between them is louder for a while."""

import numpy as np
import pytest

from segue.audio.beats import track_beats
from segue.audio.onsets import LATENCY_S, Onsets
from segue.audio.periodicity import measure_periodicity
from segue.audio.spectrum import MEL_FPS

_BPM, _BEATS = 100.0, 120


def _onsets(between: slice) -> Onsets:
    """Return onsets on every beat, and louder ones between some of them."""
    period = 60.0 / _BPM * MEL_FPS
    strength = np.abs(np.random.default_rng(0).normal(0.0, 0.1, int(period * _BEATS))).astype(np.float32)
    beats = np.arange(_BEATS - 1) * period
    strength[beats.astype(int)] += 2.0
    strength[(beats + period / 2.0).astype(int)[between]] += 6.0
    return Onsets(strength, np.tile(strength, (3, 1)), strength)


@pytest.mark.parametrize("between", [slice(0, 0), slice(40, 70), slice(80, None)])
def test_beats_do_not_change_sides_where_off_beats_are_loud(between: slice) -> None:
    onsets = _onsets(between)
    end_s = onsets.strength.size / MEL_FPS
    beats = track_beats(onsets, measure_periodicity(onsets), _BPM, start_s=0.0, end_s=end_s)
    places = (beats - LATENCY_S) * _BPM / 60.0
    assert beats.size >= _BEATS - 2
    assert np.abs(places - np.rint(places)).max() < 0.1
