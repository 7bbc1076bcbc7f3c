"""An analysis survives its way through JSON."""

import json

import numpy as np
import pytest

from segue.audio.analysis import Chord, Key
from segue.audio.listening import analyze
from segue.audio.report import analysis_from_report, report_of
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song


def test_an_analysis_comes_back_from_json_as_it_was() -> None:
    analysis = analyze(render_song(bars=6).audio)
    assert analysis_from_report(json.loads(json.dumps(report_of(analysis)))) == analysis


def test_silence_comes_back_as_silence() -> None:
    analysis = analyze(Audio(np.zeros((1, 44100), dtype=np.float32), 44100))
    assert analysis_from_report(json.loads(json.dumps(report_of(analysis), allow_nan=False))) == analysis


def test_a_report_from_before_chords_were_heard_is_still_read() -> None:
    report = report_of(analyze(render_song(bars=4).audio))
    del report["chords"]
    assert analysis_from_report(report).chords == ()


@pytest.mark.parametrize("label", ["N", "C:maj", "F#:min7", "Bb:sus4"])
def test_a_chord_is_read_from_its_label(label: str) -> None:
    assert Chord.parse(1.0, 2.0, label).label == label


@pytest.mark.parametrize(
    ("key", "tonic", "label"),
    [
        (Key(1, "minor"), "C#", "D#:min7"),
        (Key(1, "major"), "Db", "Eb:min7"),
        (Key(4, "major"), "E", "D#:min7"),
        (Key(3, "minor"), "Eb", "Eb:min7"),
        (Key(0, "major"), "C", "Eb:min7"),
    ],
)
def test_tonic_and_chords_are_spelled_as_the_key_is_and_read_again(key: Key, tonic: str, label: str) -> None:
    chord = Chord(0.0, 1.0, 3, "min7")
    assert (key.tonic_name, chord.label_in(key)) == (tonic, label)
    assert Key.parse(tonic, key.mode) == key
    assert Chord.parse(0.0, 1.0, label) == chord


@pytest.mark.parametrize("label", ["", "H:maj", "C", "C:major"])
def test_a_label_that_no_chord_has_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="names no chord"):
        Chord.parse(1.0, 2.0, label)
