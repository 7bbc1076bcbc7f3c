"""Beats that were taken for off-beats are moved back, and good ones stay."""

import numpy as np
import pytest

from segue.audio.offbeats import on_the_beat
from segue.audio.onsets import detect_onsets
from segue.audio.spectrum import analyze_spectra
from segue.audio.tonality import measure_chroma
from tests.audio.synthesis import render_song


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_beats_lie_where_harmony_and_bass_change(shift: float) -> None:
    song = render_song(tempo_bpm=100.0, bars=12, drums=False)
    spectra = analyze_spectra(song.audio)
    heard = song.beats_s + shift * 0.6
    moved = on_the_beat(
        spectra, detect_onsets(spectra), measure_chroma(spectra), heard, start_s=0.4, end_s=song.audio.duration_s
    )
    assert np.abs(moved[:, None] - song.beats_s).min(axis=0).max() < 0.03
