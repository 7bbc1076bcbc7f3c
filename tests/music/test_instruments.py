"""The instruments of productions: in tune, without aliases, brighter when played harder; kits whose strokes differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.signal import FloatArray
from segue.music.chance import chance
from segue.music.synthesis.envelopes import faded
from segue.music.synthesis.kit_sounds import KIT_SOUNDS
from segue.music.synthesis.kits import TAKES, Kit
from segue.music.synthesis.patches import SUB, Taste, draw_patch
from segue.music.synthesis.spectra import Filtered, Plucked, Struck
from segue.music.synthesis.wavetables import Patch, play_note

_RATE = 44100
_DRUMS = (36, 37, 38, 39, 42, 46, 45, 49, 51, 54, 56, 62, 70, 75)


def _played(program: int, hz: float, *, force: float = 0.5, brightness: float = 0.0, seed: int = 1) -> FloatArray:
    instrument = draw_patch(chance(seed, "instrument"), program, Taste(brightness))
    if isinstance(instrument, Struck):
        return instrument.play(hz, held_s=0.8, force=force, rate=_RATE)
    return play_note(instrument, hz, chance(seed, "note"), held_s=0.8, force=force, rate=_RATE)


def _spectrum(samples: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    mono = samples.mean(axis=0)[: round(0.7 * _RATE)]
    power = np.abs(np.fft.rfft(mono * np.hanning(mono.size), 1 << 17)) ** 2
    return np.arange(power.size) * _RATE / (1 << 17), power


def _centre_hz(samples: FloatArray) -> float:
    hz, power = _spectrum(samples)
    return float((hz * np.sqrt(power)).sum() / np.sqrt(power).sum())


@pytest.mark.parametrize("program", range(0, 116, 4))
def test_every_program_sounds_its_fundamental_and_is_in_tune(program: int) -> None:
    samples = _played(program, 220.0)
    assert np.isfinite(samples).all()
    assert 0.05 < np.abs(samples).max() < 3.0
    hz, power = _spectrum(samples)
    near = np.abs(hz - 220.0) < 9
    assert hz[near][power[near].argmax()] == pytest.approx(220.0, rel=0.012)
    assert power[near].max() > 25 * power[(hz > 120) & (hz < 200)].max()


def test_a_high_bright_note_has_no_aliases() -> None:
    patch = Patch(Filtered(cutoff_hz=18_000.0, tracking=0.0), sustain=1.0)
    samples = play_note(patch, 2637.0, chance(1), held_s=1.0, force=1.0, rate=_RATE)[0]
    power = np.abs(np.fft.rfft(samples[4000:36768] * np.blackman(32768))) ** 2
    at = np.arange(power.size) * _RATE / 32768
    harmonic = np.abs(at / 2637.0 - np.round(at / 2637.0)) * 2637.0 < 12
    assert power[~harmonic].sum() < 1e-5 * power.sum()


@pytest.mark.parametrize("program", [0, 4, 25, 33, 61, 81])
def test_what_is_played_harder_sounds_brighter(program: int) -> None:
    soft, hard = (_played(program, 220.0, force=force) for force in (0.0, 1.0))
    assert _centre_hz(hard) > 1.05 * _centre_hz(soft)


def test_a_bright_band_has_bright_instruments_and_each_band_its_own() -> None:
    assert _centre_hz(_played(81, 220.0, brightness=1.0)) > 1.2 * _centre_hz(_played(81, 220.0, brightness=-1.0))
    one, same, other = (draw_patch(chance(seed, "band"), 48, Taste()) for seed in (1, 1, 2))
    assert one == same != other


def test_a_string_rings_its_high_harmonics_shorter_than_its_low_ones() -> None:
    samples = play_note(Patch(Plucked(damping=0.2)), 220.0, chance(1), held_s=1.5, force=0.5, rate=_RATE)[0]
    kept = [_strengths(samples[start : start + 8820]) for start in (2000, 40_000)]
    fundamental, twelfth = (kept[1][bin_] / kept[0][bin_] for bin_ in (44, 528))  # of 5 Hz
    assert fundamental > 3 * twelfth


def _strengths(samples: FloatArray) -> FloatArray:
    return np.asarray(np.abs(np.fft.rfft(samples * np.hanning(samples.size))), np.float32)


def test_a_stiff_string_puts_its_harmonics_out_of_tune_upwards() -> None:
    stiff = play_note(Patch(Plucked(damping=0.0), stretch=1e-3), 220.0, chance(1), held_s=0.8, force=1.0, rate=_RATE)
    hz, power = _spectrum(stiff)
    near = np.abs(hz - 6 * 220.0) < 60
    sharp = hz[near][power[near].argmax()] / (6 * 220.0)
    assert 1.005 < sharp < 1.03


def test_a_sub_bass_glides_from_the_note_before() -> None:
    slid = play_note(SUB, 55.0, chance(1), held_s=0.6, force=0.5, rate=_RATE, from_hz=110.0)[0]
    crossings = np.flatnonzero((slid[:-1] < 0) & (slid[1:] >= 0))
    periods = np.diff(crossings) / _RATE
    assert 1 / periods[0] > 80.0
    assert 1 / periods[15] == pytest.approx(55.0, rel=0.02)


def test_copies_of_a_wide_patch_fall_apart_between_left_and_right() -> None:
    patch = Patch(Filtered(), copies=5, detune_cents=12.0, width=0.9)
    wide = play_note(patch, 220.0, chance(1), held_s=1.0, force=0.5, rate=_RATE)
    assert wide.shape[0] == 2
    alike = np.asarray(np.corrcoef(wide))
    assert alike[0, 1] < 0.95


@settings(max_examples=40, deadline=None)
@given(
    program=st.integers(0, 127),
    pitch=st.integers(12, 108),
    held_s=st.floats(0.01, 1.5),
    force=st.floats(0.0, 1.0),
    brightness=st.floats(-1.0, 1.0),
)
def test_any_note_on_any_instrument_is_finite_not_too_loud_and_ends(
    program: int, pitch: int, held_s: float, force: float, brightness: float
) -> None:
    instrument = draw_patch(chance(program, "any"), program, Taste(brightness))
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    if isinstance(instrument, Struck):
        samples = faded(instrument.play(hz, held_s=held_s, force=force, rate=_RATE), 8, 256)
    else:
        samples = play_note(instrument, hz, chance(pitch, "note"), held_s=held_s, force=force, rate=_RATE)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 4.0
    assert np.abs(samples[:, -2:]).max() < 0.02


@pytest.mark.parametrize("name", KIT_SOUNDS)
def test_every_drum_of_a_kit_sounds_at_once_and_dies_away(name: str) -> None:
    kit = Kit(KIT_SOUNDS[name], 3, _RATE)
    for key in _DRUMS:
        stroke = kit.stroke(key, 0, 2)
        assert np.isfinite(stroke).all()
        assert (np.abs(stroke) > 0.15 * np.abs(stroke).max()).argmax() < 0.012 * _RATE
        assert np.abs(stroke[-20:]).max() < 0.02


def test_strokes_differ_from_take_to_take_and_hard_ones_are_brighter() -> None:
    kit = Kit(KIT_SOUNDS["rock"], 3, _RATE)
    assert not np.array_equal(kit.stroke(38, 0, 2), kit.stroke(38, 1, 2))
    assert np.array_equal(kit.stroke(38, 0, 2), kit.stroke(38, TAKES, 2))
    assert np.array_equal(kit.stroke(38, 0, 2), Kit(KIT_SOUNDS["rock"], 3, _RATE).stroke(38, 0, 2))
    assert _centre_hz(kit.stroke(38, 0, 2)[None]) > _centre_hz(kit.stroke(38, 0, 0)[None])


def test_kits_are_balanced_kick_before_snare_before_hats() -> None:
    for name in ("909", "rock", "jazz"):
        sound = KIT_SOUNDS[name]
        kick, snare, hat = (np.abs(Kit(sound, 1, _RATE).stroke(key, 0, 2)).max() for key in (36, 38, 42))
        assert kick > snare > 2 * hat
