"""What is measured of windows is what it says: pitch classes turn with transposition, the pulse shows the tempo."""

import numpy as np
import pytest

from segue.audio.signal import FloatArray
from segue.engines.embedding.measurements import TIMBRES, pitch_classes, pulse, timbre
from segue.engines.embedding.windows import HOP, RATE, SAMPLES, log_mel

FIRST_LAG = 12


def tone(hz: float) -> FloatArray:
    return np.sin(np.arange(SAMPLES) * 2 * np.pi * hz / RATE).astype(np.float32)[np.newaxis]


def clicks(every_s: float) -> FloatArray:
    window = 1e-3 * np.random.default_rng(1).standard_normal((1, SAMPLES)).astype(np.float32)
    for at in np.arange(0, SAMPLES - 200, every_s * RATE).astype(int):
        window[0, at : at + 200] += 0.5 * np.hanning(200) * np.sin(np.arange(200))
    return window


@pytest.mark.parametrize("note", range(0, 12, 3))
def test_a_tone_stands_out_as_its_pitch_class(note: int) -> None:
    assert pitch_classes(tone(261.63 * 2 ** (note / 12)))[0].argmax() == note


def test_noise_has_hardly_a_pitch_class() -> None:
    noise = np.random.default_rng(1).standard_normal((1, SAMPLES)).astype(np.float32)
    assert np.linalg.norm(pitch_classes(noise)) < 0.75 < np.linalg.norm(pitch_classes(tone(440)))


@pytest.mark.parametrize("every_s", [0.4, 0.6])
def test_the_pulse_is_strongest_at_the_beat(every_s: float) -> None:
    strongest = (FIRST_LAG + pulse(log_mel(clicks(every_s)))[0, :40].argmax()) * HOP / RATE
    assert strongest == pytest.approx(every_s, abs=0.02)


def test_timbre_differs_between_instruments_more_than_between_notes() -> None:
    flute, higher, noise = (
        timbre(log_mel(window))[0]
        for window in (tone(440), tone(466), 0.3 * np.random.default_rng(1).standard_normal((1, SAMPLES)))
    )
    assert flute.shape == (TIMBRES,)
    assert np.linalg.norm(flute - higher) < 0.5 * np.linalg.norm(flute - noise)
