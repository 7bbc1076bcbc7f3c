"""Our own instruments: in tune, without aliases, each seed another, each take different."""

import numpy as np
import pytest

from segue.music.chance import chance
from segue.music.synthesis.drums import TAKES, DrumKit
from segue.music.synthesis.envelopes import adsr
from segue.music.synthesis.timbres import Timbre, draw_timbre, sound

_RATE = 44100
_DRUMS = (36, 37, 38, 39, 42, 46, 47, 49, 51, 54, 56, 62, 70, 75)


@pytest.mark.parametrize("program", range(0, 128, 3))
def test_every_program_sounds_its_fundamental(program: int) -> None:
    rng = chance(program, "test")
    hz = 220.0
    heard = sound(draw_timbre(rng, program), hz, rng, held_s=0.8, bright=0.5, rate=_RATE).mean(axis=0)
    assert np.isfinite(heard).all()
    spectrum = np.abs(np.fft.rfft(heard[: round(0.7 * _RATE)] * np.hanning(round(0.7 * _RATE)), 1 << 17))
    at = np.arange(spectrum.size) * _RATE / (1 << 17)
    fundamental = spectrum[np.abs(at - hz) < 8].max()
    others = spectrum[(at > 120) & (at < 200)].max()
    assert fundamental > 5 * others


def test_a_high_bright_note_has_no_aliases() -> None:
    hz = 2637.0
    heard = sound(Timbre(slope_db=3.0, sustain=1.0), hz, chance(1), held_s=1.0, bright=1.0, rate=_RATE)[0]
    spectrum = np.abs(np.fft.rfft(heard[4000:36768] * np.blackman(32768))) ** 2
    at = np.arange(spectrum.size) * _RATE / 32768
    harmonic = np.abs(at / hz - np.round(at / hz)) * hz < 12
    assert spectrum[~harmonic].sum() < 1e-4 * spectrum.sum()


def test_a_note_ends_after_its_release() -> None:
    timbre = Timbre(release_s=0.1)
    heard = sound(timbre, 220.0, chance(1), held_s=0.5, bright=0.5, rate=_RATE)[0]
    assert heard.size == pytest.approx(0.6 * _RATE, abs=2)
    assert abs(heard[-1]) < 1e-3


def test_an_envelope_rises_falls_to_its_sustain_and_is_let_go() -> None:
    line = adsr(_RATE, _RATE // 2, _RATE, attack_s=0.05, decay_s=0.05, sustain=0.5, release_s=0.2)
    assert line[0] == 0
    assert line[round(0.05 * _RATE)] == pytest.approx(1.0, abs=0.02)
    assert line[round(0.45 * _RATE)] == pytest.approx(0.5, abs=0.01)
    assert line[round(0.75 * _RATE)] < 0.01


@pytest.mark.parametrize("key", _DRUMS)
def test_every_drum_sounds_at_once_and_dies_away(key: int) -> None:
    stroke = DrumKit(3, _RATE, 0.5).stroke(key, 0)
    assert np.isfinite(stroke).all()
    assert np.abs(stroke).max() == pytest.approx(1.0, abs=0.05)
    assert (np.abs(stroke) > 0.1).argmax() < 0.01 * _RATE
    assert np.abs(stroke[-20:]).max() < 0.02


def test_kits_differ_and_so_do_the_takes_of_a_drum() -> None:
    kit = DrumKit(3, _RATE, 0.5)
    assert not np.array_equal(kit.stroke(38, 0), kit.stroke(38, 1))
    assert np.array_equal(kit.stroke(38, 0), kit.stroke(38, TAKES))
    assert np.array_equal(kit.stroke(38, 0), DrumKit(3, _RATE, 0.5).stroke(38, 0))
    other = DrumKit(4, _RATE, 0.5).stroke(38, 0)
    size = min(other.size, kit.stroke(38, 0).size)
    assert abs(np.corrcoef(other[:size], kit.stroke(38, 0)[:size])[0, 1]) < 0.5


def test_cymbals_are_brighter_than_kicks() -> None:
    def centre_hz(stroke: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(stroke, 1 << 16))
        return float((spectrum * np.arange(spectrum.size)).sum() / spectrum.sum() * _RATE / (1 << 16))

    for seed in range(8):
        kit = DrumKit(seed, _RATE, 0.5)
        assert centre_hz(kit.stroke(42, 0)) > 2 * centre_hz(kit.stroke(36, 0))
