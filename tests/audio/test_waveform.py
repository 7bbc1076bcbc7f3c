"""What a player draws shows every peak, once, at its place."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio import waveform
from segue.audio.signal import Audio
from segue.audio.waveform import waveform_peaks


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 3000), points=st.integers(1, 1200), channels=st.integers(1, 3), block=st.integers(1, 500))
def test_it_is_what_the_plain_definition_gives(length: int, points: int, channels: int, block: int) -> None:
    samples = np.random.default_rng(length).uniform(-1, 1, (channels, length)).astype(np.float32)
    starts = [point * length // points for point in range(points + 1)]
    expected = [float(np.abs(samples[:, start : max(end, start + 1)]).max()) for start, end in pairwise(starts)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waveform, "_BLOCK_SAMPLES", block)
        assert waveform_peaks(Audio(samples, 8000), points) == pytest.approx(expected, abs=1e-4)


def test_a_click_is_seen_where_it_is() -> None:
    samples = np.zeros((2, 100_000), np.float32)
    samples[1, 50_050] = -0.75
    peaks = waveform_peaks(Audio(samples, 44100))
    assert len(peaks) == 1000
    assert peaks[500] == 0.75
    assert sum(peaks) == 0.75


def test_beyond_full_scale_is_drawn_as_full() -> None:
    assert max(waveform_peaks(Audio(np.full((1, 10), 3.0, np.float32), 8000), 2)) == 1.0


def test_nothing_is_drawn_flat() -> None:
    assert waveform_peaks(Audio(np.zeros((1, 0), np.float32), 8000), 3) == (0.0, 0.0, 0.0)


def test_no_points_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        waveform_peaks(Audio(np.zeros((1, 10), np.float32), 8000), 0)
