"""Jumps are found where a song repeats, and nowhere else."""

import numpy as np

from segue.audio.extending.graph import find_jumps
from segue.audio.extending.material import gather
from segue.audio.listening import analyze
from segue.audio.signal import Audio
from tests.audio.extending.songs import TEMPO_BPM, repeating

PERIOD_S = 8 * 4 * 60 / TEMPO_BPM


def test_the_cheapest_jumps_lead_to_where_the_song_repeats() -> None:
    _, _, _, graph = repeating()
    cheapest = sorted(graph.jumps, key=lambda jump: jump.cost)[:40]
    # Three of each four bars come back after four bars already.
    halves = [2 * abs(jump.seam.leave_s - jump.seam.enter_s) / PERIOD_S for jump in cheapest]
    assert np.abs(halves - np.rint(halves)).max() * PERIOD_S / 2 < 0.003


def test_every_inner_bar_of_a_song_that_repeats_can_be_left_and_entered() -> None:
    _, _, material, graph = repeating()
    inner = {at for at in np.flatnonzero(material.places == 0).tolist() if 8 <= at < material.count - 8}
    assert inner <= {jump.leave for jump in graph.jumps}
    assert inner <= {jump.enter for jump in graph.jumps}


def test_jumps_keep_the_place_in_the_bar() -> None:
    _, _, material, graph = repeating()
    assert all(material.places[jump.leave] == material.places[jump.enter] for jump in graph.jumps)


def test_jumps_go_both_ways() -> None:
    _, _, _, graph = repeating()
    ways = {(jump.leave, jump.enter) for jump in graph.jumps}
    assert ways == {(enter, leave) for leave, enter in ways}


def test_silence_has_no_beats_and_no_jumps() -> None:
    audio = Audio(np.zeros((2, 20 * 22050), np.float32), 22050)
    material = gather(audio, analyze(audio))
    assert material.count == 0
    assert find_jumps(material).jumps == ()
