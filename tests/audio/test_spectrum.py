"""The front end that all descriptors share."""

import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.audio.spectrum import (
    MEL_BANDS,
    MEL_HOP,
    RATE,
    TONAL_WINDOW,
    analyze_spectra,
    band_rows,
    level_db,
    mel_frequencies,
    resampled_mono,
    sounding_span,
)


def _sine(hertz: float, seconds: float, rate: int, channels: int = 1) -> Audio:
    wave = 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    return Audio(np.tile(wave.astype(np.float32), (channels, 1)), rate)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 192000])
def test_a_tone_keeps_its_frequency_and_length_at_any_rate(rate: int) -> None:
    spectra = analyze_spectra(_sine(1000.0, 2.0, rate, channels=2))
    loudest = int(spectra.tonal.sum(axis=1).argmax()) * RATE / TONAL_WINDOW
    assert loudest == pytest.approx(1000.0, abs=3.0)
    assert spectra.mel.shape == (MEL_BANDS, 2 * RATE // MEL_HOP + 1)


def test_gain_does_not_change_the_spectra() -> None:
    loud = _sine(440.0, 1.0, 44100)
    quiet = Audio(loud.samples * np.float32(0.05), 44100)
    np.testing.assert_allclose(analyze_spectra(loud).mel, analyze_spectra(quiet).mel, rtol=1e-3, atol=1e-5)


def test_opposite_channels_cancel_and_count_as_silence() -> None:
    wave = _sine(440.0, 1.0, 44100).samples[0]
    assert analyze_spectra(Audio(np.stack([wave, -wave]), 44100)).silent


def test_reading_in_blocks_equals_reading_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    song = Audio(np.random.default_rng(0).normal(size=(2, 60000)).astype(np.float32), 44100)
    whole = resampled_mono(song)
    monkeypatch.setattr("segue.audio.spectrum._READ_BLOCK", 7000)
    np.testing.assert_allclose(resampled_mono(song), whole, atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 511, 1024, 8191, 100_000])
def test_spectra_do_not_depend_on_the_size_of_blocks(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    song = Audio(np.random.default_rng(samples).normal(size=(1, samples)).astype(np.float32), RATE)
    whole = analyze_spectra(song)
    monkeypatch.setattr("segue.audio.spectrum._READ_BLOCK", 3000)
    monkeypatch.setattr("segue.audio.spectrum._FRAMES_PER_BLOCK", 7)
    parted = analyze_spectra(song)
    np.testing.assert_allclose(parted.mel, whole.mel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(parted.log_mel, whole.log_mel, atol=1e-5)
    np.testing.assert_allclose(parted.tonal, whole.tonal, atol=1e-6)


def test_the_span_of_sound_leaves_out_silence_at_both_ends() -> None:
    sound = np.zeros((1, 44100 * 5), dtype=np.float32)
    sound[:, 44100 : 3 * 44100] = _sine(440.0, 2.0, 44100).samples
    start, end = sounding_span(analyze_spectra(Audio(sound, 44100)))
    assert start == pytest.approx(1.0, abs=0.05)
    assert end == pytest.approx(3.0, abs=0.05)


def test_level_is_relative_to_the_loud_parts() -> None:
    sound = _sine(440.0, 4.0, 44100).samples.copy()
    sound[:, : 44100 * 2] *= 0.1
    level = level_db(analyze_spectra(Audio(sound, 44100)))
    assert np.median(level[-100:]) - np.median(level[20:100]) == pytest.approx(20.0, abs=1.0)


def test_band_rows_hold_the_bands_between_two_frequencies() -> None:
    rows = band_rows(200.0, 2000.0)
    inside = mel_frequencies()[rows]
    assert inside.min() >= 200.0
    assert inside.max() < 2000.0
    assert mel_frequencies()[rows.stop] >= 2000.0
