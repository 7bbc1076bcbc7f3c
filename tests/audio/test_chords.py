"""Chords, of rendered songs, and on anything that may come."""

from dataclasses import replace
from itertools import pairwise

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.analysis import Chord, Rhythm
from segue.audio.chords import CLASSES, ChordEvidence, choose_chords, chord_units, weigh_chords
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio
from segue.audio.spectrum import analyze_spectra
from segue.audio.tonality import measure_chroma
from tests.audio.synthesis import render_song

#: What `render_song` plays in C, a chord a bar.
PROGRESSION = ("C:maj", "F:maj", "G:maj", "C:maj", "A:min", "F:maj", "G:maj", "C:maj")
_NO_PULSE = Rhythm(0.0, 0.0, (), (), 4)


def _chords(audio: Audio) -> tuple[Chord, ...]:
    spectra = analyze_spectra(audio)
    chroma = measure_chroma(spectra)
    rhythm = estimate_rhythm(spectra, detect_onsets(spectra), chroma)
    return choose_chords(weigh_chords(chroma, rhythm, spectra.duration_s), rhythm)


def _majmin(chords: tuple[Chord, ...], starts_s: np.ndarray, end_s: float, labels: list[str]) -> float:
    """Return the share of the time in which major and minor triads are right."""
    truth = np.stack([starts_s, np.append(starts_s[1:], end_s)], axis=1)
    heard = np.array([(chord.start_s, chord.end_s) for chord in chords])
    found = [chord.label for chord in chords]
    return float(mir_eval.chord.evaluate(truth, labels, heard, found)["majmin"])


def test_the_chords_are_those_that_were_played() -> None:
    song = render_song(bars=16, tempo_bpm=110)
    chords = _chords(song.audio)
    end_s = float(song.beats_s[-1] + 60 / 110)
    assert _majmin(chords, song.downbeats_s, end_s, list(PROGRESSION) * 2) > 0.9


def test_a_song_a_semitone_up_has_its_chords_a_semitone_up() -> None:
    spectra = analyze_spectra(render_song(bars=8).audio)
    chroma = measure_chroma(spectra)
    rhythm = estimate_rhythm(spectra, detect_onsets(spectra), chroma)
    up = replace(chroma, registers=np.roll(chroma.registers, 1, axis=1))
    lower = choose_chords(weigh_chords(chroma, rhythm, spectra.duration_s), rhythm)
    raised = choose_chords(weigh_chords(up, rhythm, spectra.duration_s), rhythm)
    assert raised == tuple(
        replace(chord, root=None if chord.root is None else (chord.root + 1) % 12) for chord in lower
    )


@pytest.mark.parametrize("kind", ["silence", "noise", "drums"])
def test_where_nothing_is_pitched_there_is_no_chord(kind: str) -> None:
    noise = np.random.default_rng(0).normal(size=(1, 44100 * 8)).astype(np.float32) * 0.1
    audio = {
        "silence": Audio(noise * 0, 44100),
        "noise": Audio(noise, 44100),
        "drums": render_song(chords=False, bars=8).audio,
    }[kind]
    assert {chord.label for chord in _chords(audio)} == {"N"}


@settings(max_examples=20, deadline=None)
@given(
    duration_s=st.floats(0.01, 30.0), beat_s=st.floats(0.2, 2.5), first_s=st.floats(0.0, 3.0), seed=st.integers(0, 9)
)
def test_chords_cover_the_whole_without_gaps(duration_s: float, beat_s: float, first_s: float, seed: int) -> None:
    beats = tuple(first_s + beat_s * np.arange(max(0, int((duration_s - first_s) / beat_s))))
    rhythm = Rhythm(60.0 / beat_s, 1.0, beats, beats[::4], 4)
    edges = chord_units(rhythm, duration_s)
    evidence = np.random.default_rng(seed).normal(size=(edges.size - 1, CLASSES)).astype(np.float32) * 3.0
    chords = choose_chords(ChordEvidence(edges, evidence), rhythm)
    assert chords[0].start_s == 0.0
    assert chords[-1].end_s == pytest.approx(duration_s, abs=1e-4)
    assert all(before.end_s == after.start_s for before, after in pairwise(chords))
    assert all(before.label != after.label for before, after in pairwise(chords))
    assert all(chord.end_s > chord.start_s for chord in chords)


def test_nothing_has_no_chords() -> None:
    chroma = measure_chroma(analyze_spectra(Audio(np.zeros((1, 0), dtype=np.float32), 44100)))
    assert choose_chords(weigh_chords(chroma, _NO_PULSE, 0.0), _NO_PULSE) == ()
