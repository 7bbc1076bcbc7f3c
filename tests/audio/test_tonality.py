"""Pitch classes, of rendered songs and of tones."""

import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.audio.spectrum import analyze_spectra
from segue.audio.tonality import measure_chroma
from tests.audio.synthesis import render_song


@pytest.mark.parametrize("detune", [-0.4, -0.2, 0.3, 0.45])
def test_the_tuning_of_a_song_is_found(detune: float) -> None:
    chroma = measure_chroma(analyze_spectra(render_song(tonic=7, bars=8, detune_semitones=detune).audio))
    assert chroma.tuning_semitones == pytest.approx(detune, abs=0.05)


def test_a_tone_sounds_in_its_own_pitch_class_and_register() -> None:
    wave = np.sin(2 * np.pi * 261.63 * np.arange(44100 * 3) / 44100).astype(np.float32)
    chroma = measure_chroma(analyze_spectra(Audio(wave[None], 44100)))
    assert int(chroma.all.sum(axis=1).argmax()) == 0
    assert chroma.all.max() <= 1.0
    heights = chroma.registers.sum(axis=2)
    assert np.all(heights[:, 1:] < 0.01 * heights.max())
    assert heights[:, 0].argmax() in (1, 2)  # between the middles of the second (184 Hz) and the third (368 Hz)
    assert heights[[0, 3, 4], 0].max() < 0.01 * heights.max()
