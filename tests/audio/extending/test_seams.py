"""Seams lie to the sample, fade without loss of power, and are not to be heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.extending.rendering import pieces_of
from segue.audio.extending.seams import change_at_beats, fade_gains, place_seam
from segue.audio.extending.walking import Stretch, Walk
from tests.audio.extending.songs import BARS, TEMPO_BPM, repeating

PERIOD_S = 8 * 4 * 60 / TEMPO_BPM


@given(st.integers(1, 5000), st.floats(0.0, 1.0))
def test_a_fade_keeps_the_power_of_sounds_that_are_so_much_alike(length: int, correlation: float) -> None:
    out, into = (gains.astype(np.float64) for gains in fade_gains(length, correlation))
    assert np.allclose(out**2 + into**2 + 2 * correlation * out * into, 1.0, atol=1e-5)
    assert np.allclose(out, into[::-1], atol=1e-6)


def test_a_seam_between_repeats_is_placed_to_the_sample() -> None:
    audio, _, _, graph = repeating()
    jump = next(jump for jump in graph.jumps if abs(jump.leave - jump.enter) == 32 and jump.cost < 0.2)
    walk = Walk((Stretch(0, jump.leave, 0.0), Stretch(jump.enter, 4 * BARS, 0.0, jump)), 0.0)
    before, after = pieces_of(audio, walk)
    assert abs(abs(before.end - after.start) - PERIOD_S * audio.sample_rate) <= 1


def test_no_seam_between_repeats_is_heard() -> None:
    _, _, _, graph = repeating()
    exact = [jump for jump in graph.jumps if abs(jump.leave - jump.enter) == 32]
    assert np.median([jump.seam.heard for jump in exact]) < 0.01


def test_a_seam_between_different_bars_is_heard_more() -> None:
    _, _, material, _ = repeating()
    typical = float(np.median(change_at_beats(material)))
    same = place_seam(material, 24, 56, typical)
    other = place_seam(material, 24, 61, typical)
    assert same.heard < other.heard


def test_the_way_back_is_the_same_seam() -> None:
    _, _, _, graph = repeating()
    by_way = {(jump.leave, jump.enter): jump.seam for jump in graph.jumps}
    for (leave, enter), seam in by_way.items():
        back = by_way[enter, leave]
        assert (back.leave_s, back.enter_s, back.fade_s) == (seam.enter_s, seam.leave_s, seam.fade_s)
        assert back.gain_db == pytest.approx(-seam.gain_db)
