"""The windows that embedders hear are spread over the song and at one level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.signal import Audio
from segue.engines.embedding.windows import LEVEL_DBFS, RATE, SAMPLES, at_one_level, spread


def ramp(seconds: float, rate: int = RATE) -> Audio:
    """A song that rises from 0 to 1."""
    return Audio(np.linspace(0, 1, round(seconds * rate), dtype=np.float32)[np.newaxis], rate)


@pytest.mark.parametrize(("overlapping", "count"), [(False, 9), (True, 18)])
def test_half_a_minute_has_as_many_windows_as_fit(overlapping: bool, count: int) -> None:
    assert len(spread(ramp(30), rate=RATE, samples=SAMPLES, at_most=24, overlapping=overlapping)) == count


def test_windows_of_a_long_song_are_few_and_reach_from_end_to_end() -> None:
    means = spread(ramp(300), rate=RATE, samples=SAMPLES, at_most=24).mean(axis=1)
    np.testing.assert_allclose(means, (np.arange(24) + 0.5) / 24, atol=0.01)


@given(
    samples=st.integers(1, 200_000),
    rate=st.sampled_from([8_000, 16_000, 22_050, 44_100]),
    at_most=st.integers(1, 5),
    overlapping=st.booleans(),
)
def test_any_length_at_any_rate_has_windows_of_the_asked_length(
    samples: int, rate: int, at_most: int, overlapping: bool
) -> None:
    audio = Audio(np.ones((2, samples), dtype=np.float32), rate)
    windows = spread(audio, rate=RATE, samples=4096, at_most=at_most, overlapping=overlapping)
    assert windows.shape[1] == 4096
    assert 1 <= len(windows) <= at_most
    assert windows.dtype == np.float32


def test_loud_and_quiet_windows_are_at_one_level() -> None:
    random = np.random.default_rng(1)
    windows = random.standard_normal((3, 5000)).astype(np.float32) * [[0.5], [0.1], [0.02]]
    levels = 10 * np.log10(np.square(at_one_level(windows.astype(np.float32))).mean(axis=1))
    np.testing.assert_allclose(levels, LEVEL_DBFS, atol=0.01)


def test_the_noise_of_a_pause_is_not_blown_up() -> None:
    random = np.random.default_rng(1)
    windows = random.standard_normal((2, 5000)).astype(np.float32) * np.array([[0.5], [5e-5]], dtype=np.float32)
    levels = 10 * np.log10(np.square(at_one_level(windows)).mean(axis=1))
    assert levels[1] == pytest.approx(LEVEL_DBFS - 50, abs=0.5)


def test_silence_stays_silent() -> None:
    assert not at_one_level(np.zeros((2, 100), dtype=np.float32)).any()
