"""Stretching lands on its anchors, keeps the pitch it shall keep, and leaves no seams."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.audio.signal import Audio
from segue.audio.stretching import stretch, time_warp
from tests.audio.synthesis import render_clicks

RATE = 44100


def sine(hz: float, duration_s: float, *, channels: int = 1) -> Audio:
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE)) / RATE)
    return Audio(np.tile(wave.astype(np.float32), (channels, 1)), RATE)


def dominant_hz(audio: Audio) -> float:
    middle = audio.mono()[RATE // 4 : -RATE // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), n=1 << 19))
    return float(np.argmax(spectrum)) * RATE / (1 << 19)


def click_errors_s(audio: Audio, expected_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the centre of each click's energy lies from where it should, less what a click's own length makes."""
    reach = round(0.06 * RATE)
    errors = []
    for time in expected_s:
        at = round(time * RATE)
        energy = audio.samples[0, at - reach : at + reach].astype(np.float64) ** 2
        errors.append((np.sum(energy * np.arange(len(energy))) / energy.sum() - reach) / RATE)
    return np.asarray(errors)


def drifting(count: int, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return np.asarray(0.5 + np.cumsum(0.5 * (1 + 0.03 * rng.standard_normal(count))))


@pytest.mark.parametrize("semitones", [0.0, 2.0])
def test_a_click_train_of_uneven_beats_lands_on_an_even_grid_within_5_ms(semitones: float) -> None:
    beats = drifting(24)
    clicks = render_clicks(beats, beats[-1] + 1)
    grid = 0.55 * np.arange(24, dtype=np.float64)
    warped = time_warp(clicks, list(beats), list(grid), semitones=semitones)
    errors = click_errors_s(warped, grid[1:-1])
    own_length = click_errors_s(clicks, beats[1:-1]).mean()
    assert np.abs(errors - own_length).max() < 0.005


def test_a_sine_goes_through_a_bent_map_without_a_break() -> None:
    beats = drifting(24)
    tone = sine(440, float(beats[-1]) + 1)
    warped = time_warp(tone, list(beats), list(0.55 * np.arange(24))).samples[0][RATE // 2 : -RATE // 2]
    smoothest = 0.5 * (2 * np.pi * 440 / RATE) ** 2
    assert np.abs(np.diff(warped, 2)).max() < 2.5 * smoothest
    level = np.abs(warped[: len(warped) // 441 * 441].reshape(-1, 441)).max(axis=1)
    assert level.min() > 0.3
    assert level.max() < 0.75


@given(ratio=st.floats(0.5, 2.0), length=st.integers(1, 40000))
@settings(max_examples=15, deadline=None)
def test_the_length_is_the_ratio_of_the_input(ratio: float, length: int) -> None:
    noise = np.random.default_rng(length).standard_normal((1, length)).astype(np.float32)
    assert stretch(Audio(noise, RATE), ratio).length == round(length * ratio)


@pytest.mark.parametrize("ratio", [0.5, 0.87, 1.3, 2.0])
def test_stretching_keeps_the_pitch(ratio: float) -> None:
    assert dominant_hz(stretch(sine(440, 3), ratio)) == pytest.approx(440, abs=1.5)


@pytest.mark.parametrize("semitones", [-3, 1, 3])
def test_transposing_moves_the_pitch_and_keeps_the_length(semitones: int) -> None:
    moved = stretch(sine(440, 3), 1.0, semitones=semitones)
    assert dominant_hz(moved) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.003)
    assert moved.length == 3 * RATE


def test_an_identity_changes_no_sample() -> None:
    noise = Audio(np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32), RATE)
    assert np.array_equal(stretch(noise, 1.0).samples, noise.samples)


def test_formants_stay_while_the_pitch_moves() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(4 * RATE) / RATE
    voice = np.zeros(len(time))
    for harmonic in range(1, 40):
        hz = 150 * harmonic
        formants = np.exp(-(((hz - 700) / 150) ** 2)) + 0.5 * np.exp(-(((hz - 2400) / 250) ** 2))
        voice += (formants + 0.003) * np.sin(2 * np.pi * hz * time + rng.uniform(0, 6))
    audio = Audio((0.1 * voice / np.abs(voice).max()).astype(np.float32)[None], RATE)

    def centroid(sound: Audio, low: float, high: float) -> float:
        power = np.abs(np.fft.rfft(sound.samples[0])) ** 2
        hertz = np.fft.rfftfreq(sound.length, 1 / RATE)
        band = (hertz > low) & (hertz < high)
        return float(np.sum(hertz[band] * power[band]) / power[band].sum())

    kept = stretch(audio, 1.0, semitones=3, preserve_formants=True)
    moved = stretch(audio, 1.0, semitones=3)
    original = centroid(audio, 400, 1300)
    assert abs(centroid(kept, 400, 1300) - original) < 0.4 * abs(centroid(moved, 400, 1300) - original)


def test_more_than_two_channels_are_all_stretched() -> None:
    wide = stretch(sine(440, 1, channels=5), 1.2)
    assert wide.samples.shape == (5, round(1.2 * RATE))
    assert np.abs(wide.samples).max(axis=1).min() > 0.4


def test_what_lies_outside_of_the_audio_is_silence() -> None:
    warped = time_warp(sine(440, 1), (-1.0, 2.0), (0.0, 3.0))
    assert np.abs(warped.samples[0, : RATE // 2]).max() < 1e-3
    assert np.abs(warped.samples[0, round(1.3 * RATE) : round(1.7 * RATE)]).max() > 0.4


@pytest.mark.parametrize(
    ("anchors_in", "anchors_out"),
    [((0.0, 1.0, 0.5), (0.0, 1.0, 2.0)), ((0.0,), (0.0,)), ((0.0, 1.0), (0.0, 9.0)), ((0.0, 1.0), (0.0, 1.0, 2.0))],
)
def test_anchors_that_make_no_map_are_refused(anchors_in: tuple[float, ...], anchors_out: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"anchors|ratios"):
        time_warp(sine(440, 1), anchors_in, anchors_out)
