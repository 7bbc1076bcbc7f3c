"""Beats stay where they are while what lies between them is louder for a while."""

import numpy as np
import pytest

from segue.audio.beats import track_beats
from segue.audio.onsets import LATENCY_S, Onsets
from segue.audio.periodicity import measure_periodicity
from segue.audio.spectrum import MEL_FPS

_BPM, _BEATS = 100.0, 120


def _onsets(late: slice, by: float) -> Onsets:
    """Return onsets on every beat, and louder ones after some of them, late by a share of a beat."""
    period = 60.0 / _BPM * MEL_FPS
    strength = np.abs(np.random.default_rng(0).normal(0.0, 0.1, int(period * _BEATS))).astype(np.float32)
    beats = np.arange(_BEATS - 1) * period
    strength[beats.astype(int)] += 2.0
    strength[(beats + by * period).astype(int)[late]] += 6.0
    return Onsets(strength, np.tile(strength, (3, 1)), strength)


@pytest.mark.parametrize(
    ("late", "by"), [(slice(0, 0), 0.5), (slice(85, None), 0.5), (slice(85, None), 2 / 3), (slice(60, 90), 0.75)]
)
def test_beats_do_not_slip_to_loud_off_beats(late: slice, by: float) -> None:
    onsets = _onsets(late, by)
    end_s = onsets.strength.size / MEL_FPS
    beats = track_beats(onsets, measure_periodicity(onsets), _BPM, start_s=0.0, end_s=end_s)
    places = (beats - LATENCY_S) * _BPM / 60.0
    assert beats.size >= _BEATS - 2
    assert np.abs(places - np.rint(places)).max() < 0.1
