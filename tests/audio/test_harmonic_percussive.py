"""What rings and what strikes are told apart."""

import numpy as np
import pytest
from scipy import ndimage

from segue.audio.blocks import Stft
from segue.audio.harmonic_percussive import onset_mask, percussive_mask, running_median
from segue.audio.signal import FloatArray

STFT = Stft(4096)


def magnitude(samples: FloatArray) -> FloatArray:
    frames = STFT.frames_for(len(samples))
    padded = np.zeros(STFT.span(frames), dtype=np.float32)
    padded[STFT.lead : STFT.lead + len(samples)] = samples
    return np.asarray(np.abs(STFT.analyse(padded[None])[0]), dtype=np.float32)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_running_median_equals_the_filter_in_two_dimensions(axis: int) -> None:
    spectrogram = np.random.default_rng(0).random((40, 60)).astype(np.float32)
    size = (7, 1) if axis == 0 else (1, 7)
    expected = ndimage.median_filter(spectrogram, size=size, mode="mirror")
    np.testing.assert_array_equal(running_median(spectrogram, 7, axis=axis), expected)


def test_a_tone_rings_and_clicks_strike() -> None:
    time = np.arange(88_200) / 44_100
    tone = magnitude(np.sin(2 * np.pi * 440 * time).astype(np.float32))
    clicks = np.zeros(88_200, dtype=np.float32)
    clicks[11_025::22_050] = 100
    struck = magnitude(clicks)
    mask = percussive_mask(tone + struck, frames=23, bins=31)

    def share(of: FloatArray) -> float:
        return float((mask * of)[:, 8:-8].sum() / of[:, 8:-8].sum())

    assert share(tone) < 0.1
    assert share(struck) > 0.8


def test_a_low_drum_stands_out_from_a_held_bass_note() -> None:
    time = np.arange(88_200) / 44_100
    note = np.sin(2 * np.pi * 55 * time)
    drum = 2 * np.sin(2 * np.pi * 60 * time) * np.exp(-((time - 1) * 30)) * (time >= 1)
    low = slice(4, 8)
    mask = onset_mask(magnitude((note + drum).astype(np.float32)), frames=21)[low]
    at = round(44_100 / STFT.hop) + 3
    assert mask[:, at : at + 3].max() > 0.5
    assert mask[:, 15:30].max() < 0.2
