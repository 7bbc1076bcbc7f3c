"""What a mix is made with does what it says, and no more."""

from itertools import pairwise

import numpy as np
import pytest

from segue.audio.mixing import (
    add_echo,
    apply_curve,
    duck_middle,
    envelope_db,
    fade,
    gate,
    high_pass,
    sounding,
)
from segue.audio.signal import FloatArray

RATE = 44100


def tone(hz: float, duration_s: float = 2.0) -> FloatArray:
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE)) / RATE)
    return np.tile(wave.astype(np.float32), (2, 1))


def level_db(samples: FloatArray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-20))


def test_a_curve_is_drawn_in_straight_lines_across_blocks() -> None:
    ones = np.ones((1, 10 * RATE), dtype=np.float32)
    apply_curve(ones, [2.0, 8.0], [0.0, 1.0], RATE)
    assert ones[0, [0, RATE, 5 * RATE, 9 * RATE]] == pytest.approx([0, 0, 0.5, 1], abs=1e-4)


def test_a_fade_begins_and_ends_in_silence_and_leaves_the_middle() -> None:
    samples = np.ones((2, RATE), dtype=np.float32)
    fade(samples, 0.1, 0.2, RATE)
    assert samples[:, 0].max() == 0
    assert abs(samples[:, -1]).max() < 1e-6
    assert (samples[:, RATE // 5 : RATE // 2] == 1).all()


def test_the_middle_gives_way_where_the_key_is_on_and_only_there() -> None:
    voice_band, key = tone(1000, 4.0), np.zeros(400)
    key[200:] = 1
    before = voice_band.copy()
    duck_middle(voice_band, key, depth_db=6.0, rate=RATE)
    assert level_db(voice_band[:, 3 * RATE :]) - level_db(before[:, 3 * RATE :]) == pytest.approx(-6, abs=0.3)
    assert np.array_equal(voice_band[:, :RATE], before[:, :RATE])


@pytest.mark.parametrize("hz", [60, 12000])
def test_ducking_leaves_bass_and_treble(hz: float) -> None:
    samples = tone(hz)
    before = level_db(samples)
    duck_middle(samples, np.ones(200), depth_db=6.0, rate=RATE)
    assert level_db(samples) - before == pytest.approx(0, abs=0.3)


def test_a_gate_turns_down_what_lies_between_phrases() -> None:
    samples = np.concatenate([tone(300, 1), tone(300, 2) * np.float32(0.01), tone(300, 1)], axis=1)
    before = samples.copy()
    gate(samples, RATE)
    between = slice(round(1.5 * RATE), round(2.5 * RATE))
    assert level_db(samples[:, between]) - level_db(before[:, between]) == pytest.approx(-20, abs=0.5)
    assert np.allclose(samples[:, : RATE // 2], before[:, : RATE // 2])


def test_nothing_sounds_in_silence() -> None:
    assert not sounding(envelope_db(np.zeros((2, RATE), dtype=np.float32), RATE)).any()


def test_a_high_pass_takes_the_rumble_and_leaves_the_voice() -> None:
    rumble, voice = tone(30), tone(400)
    for samples in (rumble, voice):
        high_pass(samples, 90, RATE)
    assert level_db(rumble) < level_db(tone(30)) - 15
    assert level_db(voice) == pytest.approx(level_db(tone(400)), abs=0.2)


def test_an_echo_repeats_on_the_beat_and_dies_away() -> None:
    samples = np.zeros((2, 4 * RATE), dtype=np.float32)
    samples[:, : RATE // 4] = tone(500, 0.25)
    add_echo(samples, 0, RATE // 4, RATE // 2, RATE)
    levels = [level_db(samples[:, k * RATE // 2 : k * RATE // 2 + RATE // 4]) for k in range(5)]
    assert all(5 < before - after < 10 for before, after in pairwise(levels))
    assert np.abs(samples[:, round(0.3 * RATE) : round(0.45 * RATE)]).max() == 0
