"""Effects do what they are named for."""

import numpy as np
import pytest
from scipy.signal import fftconvolve, sosfreqz

from segue.audio.signal import FloatArray
from segue.music import effects
from segue.music.chance import chance

_RATE = 22050


def _noise(seconds: float, channels: int = 1) -> FloatArray:
    return chance(1, "noise").standard_normal((channels, round(seconds * _RATE)), dtype=np.float32) * np.float32(0.1)


def _gain_db(sections: effects.Sections, hz: float) -> float:
    _, response = sosfreqz(np.atleast_2d(sections), worN=[hz], fs=_RATE)
    return float(20 * np.log10(np.abs(response[0])))


def test_a_bell_and_shelves_have_the_gain_that_they_are_asked_for() -> None:
    assert _gain_db(effects.peaking(1000.0, 6.0, 1.0, _RATE), 1000.0) == pytest.approx(6.0, abs=0.01)
    assert _gain_db(effects.peaking(1000.0, 6.0, 1.0, _RATE), 30.0) == pytest.approx(0.0, abs=0.1)
    assert _gain_db(effects.shelf(300.0, -5.0, _RATE, high=False), 10.0) == pytest.approx(-5.0, abs=0.1)
    assert _gain_db(effects.shelf(300.0, -5.0, _RATE, high=False), 9000.0) == pytest.approx(0.0, abs=0.1)
    assert _gain_db(effects.shelf(3000.0, 4.0, _RATE, high=True), 10900.0) == pytest.approx(4.0, abs=0.2)


def test_a_room_answers_as_a_convolution_does() -> None:
    dry, room = _noise(3.1)[0], effects.draw_room(chance(2), 0.7, _RATE)
    wet = effects.reverberated(dry, room)
    for channel in range(2):
        np.testing.assert_allclose(wet[channel], fftconvolve(dry, room[channel])[: dry.size], atol=1e-4)


def test_a_limiter_holds_its_ceiling_and_leaves_what_is_below() -> None:
    quiet = _noise(1.0, 2)
    np.testing.assert_allclose(effects.limit(quiet, 0.99, _RATE), quiet, atol=1e-6)
    assert np.abs(effects.limit(quiet * 20, 0.9, _RATE)).max() <= 0.9


def test_a_compressor_brings_loud_and_soft_nearer_together() -> None:
    steps = _noise(4.0) * np.repeat(np.array([0.2, 1.0, 0.2, 1.0], np.float32), _RATE)
    pressed = effects.compress(steps, _RATE, over_db=12.0, ratio=4.0, release_s=0.1)

    def ratio_db(samples: FloatArray) -> float:
        halves = samples[0].reshape(4, -1).std(axis=1)
        return float(20 * np.log10(halves[1] / halves[2]))

    assert ratio_db(steps) == pytest.approx(14.0, abs=0.5)
    assert ratio_db(pressed) < 10.0
    assert np.abs(pressed).max() == pytest.approx(np.abs(steps).max(), rel=1e-4)


def test_ducking_is_deepest_on_the_kick_and_over_after_its_release() -> None:
    gain = effects.ducking(np.array([0.5]), 0.8, 0.25, _RATE, _RATE)
    assert gain[round(0.45 * _RATE)] == pytest.approx(1.0, abs=0.01)
    assert gain[round(0.515 * _RATE)] < 0.35
    assert gain[round(0.8 * _RATE)] == pytest.approx(1.0, abs=0.01)


def test_an_echo_repeats_after_its_delay_ever_softer() -> None:
    click = np.zeros((1, _RATE), np.float32)
    click[0, 100] = 1.0
    heard = np.abs(effects.echo(click, 0.2, 0.5, 0.5, _RATE)).max(axis=0)
    first, second = (heard[100 + index * 4410 : 160 + index * 4410].max() for index in (1, 2))
    assert first > second > 0.05
    assert heard[200:4400].max() < 1e-3


def test_saturation_adds_harmonics_and_keeps_the_peak() -> None:
    sine = 0.5 * np.sin(2 * np.pi * 210 * np.arange(_RATE, dtype=np.float32) / _RATE)[None].astype(np.float32)
    bent = effects.saturate(sine, 5.0)
    spectrum = np.abs(np.fft.rfft(bent[0]))
    assert spectrum[630] > 0.1 * spectrum[210]
    assert np.abs(bent).max() == pytest.approx(0.5, rel=1e-3)


def test_silence_stays_silent_through_filters() -> None:
    made = effects.filtered(np.zeros((2, _RATE), np.float32), effects.random_equaliser(chance(3), _RATE, 3.0))
    assert np.abs(made).max() < 1e-7


@pytest.mark.parametrize("seed", range(10))
def test_an_old_medium_keeps_the_sound_finite_and_as_long(seed: int) -> None:
    made = effects.low_fidelity(_noise(1.0, 2), chance(seed), _RATE)
    assert made.shape == (2, _RATE)
    assert np.isfinite(made).all()


def test_a_second_take_comes_later_on_the_other_side() -> None:
    click = np.zeros((1, _RATE), np.float32)
    click[0, 1000] = 1.0
    made = np.abs(effects.doubled(click, chance(5), _RATE))
    first, second = sorted(int(channel.argmax()) for channel in made)
    assert 0.008 <= (second - first) / _RATE <= 0.033


def test_a_tremolo_swings_the_level_with_its_period() -> None:
    made = effects.trembling(np.ones((1, 4 * _RATE), np.float32), chance(6), 0.5, _RATE)
    spectrum = np.abs(np.fft.rfft(made[0] - made[0].mean()))
    assert spectrum.argmax() / 4 == pytest.approx(2.0)
    assert 0.0 < made.min() < made.max() <= 1.0


def test_a_sweep_takes_highs_away_and_gives_them_back() -> None:
    noise = _noise(4.0)
    made = effects.swept(noise, chance(7), 4.0, _RATE)
    bright = np.abs(np.diff(made[0]))[: 16 * 5512].reshape(16, 5512).mean(axis=1)
    assert bright.max() > 3 * bright.min()
    assert bright.max() == pytest.approx(np.abs(np.diff(noise[0])).mean(), rel=0.1)


def test_a_riser_is_loudest_and_brightest_at_its_end() -> None:
    made = effects.riser(chance(8), 2.0, _RATE)
    quarters = made[0, : made.shape[1] // 4 * 4].reshape(4, -1)
    assert np.all(np.diff(quarters.std(axis=1)) > 0)
    assert made.shape == (2, 2 * _RATE)
    assert np.abs(made).max() <= 1.0
