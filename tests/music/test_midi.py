"""Standard MIDI Files: an independent reader finds in them what the score says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symusic import Score as Read

from segue.audio.analysis import Key
from segue.music.composing import compose
from segue.music.labels import instrument
from segue.music.midi import PER_QUARTER, midi_bytes
from segue.music.project import describe
from segue.music.score import Note, Part, Score
from segue.music.styles import STYLE_NAMES, StyleName
from segue.music.wishes import Wishes


def _song(seed: int, style: StyleName = "pop", beats_per_bar: int | None = None) -> Score:
    return compose(seed, Wishes(styles={style: 1.0}, bars=12, beats_per_bar=beats_per_bar, key=Key(6, "minor")))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1 << 20), style=st.sampled_from(STYLE_NAMES), beats=st.sampled_from([None, 3, 5, 6]))
def test_a_reader_finds_every_part_with_its_notes_at_their_times(seed: int, style: StyleName, beats: int) -> None:
    score = _song(seed, style, beats)
    read = Read.from_midi(midi_bytes(score)).to("second")
    assert sorted(track.name for track in read.tracks) == sorted(part.name for part in score.parts)
    for part in score.parts:
        track = next(track for track in read.tracks if track.name == part.name)
        assert (track.program, track.is_drum) == (part.program, part.role == "drums")
        heard = np.array(sorted({(round(note.time, 3), note.pitch) for note in track.notes}))
        wanted = score.seconds(np.array([note.start for note in part.notes])) - score.beats_s[0]
        for at, note in zip(wanted, part.notes, strict=True):
            assert np.abs(heard[heard[:, 1] == note.pitch, 0] - at).min() < 0.003


def test_tempo_metre_key_sections_and_chords_are_told() -> None:
    score = _song(3, beats_per_bar=6)
    read = Read.from_midi(midi_bytes(score))
    assert read.ticks_per_quarter == PER_QUARTER
    assert [(change.numerator, change.denominator) for change in read.time_signatures] == [(6, 8)]
    assert [(change.key, change.tonality) for change in read.key_signatures] == [(3, 1)]  # F# minor: three sharps
    assert np.mean([tempo.qpm for tempo in read.tempos]) == pytest.approx(score.tempo_bpm / 2, rel=0.05)
    assert [marker.time for marker in read.markers][: len(score.sections)] == [
        round(section.start * PER_QUARTER / 2) for section in score.sections
    ]
    assert b"F#m" in midi_bytes(score)


def test_a_drifting_tempo_keeps_the_file_with_the_sound() -> None:
    score = compose(5, Wishes(styles={"folk": 1.0}, bars=80, rubato=0.06, drift=0.08))
    end = Note(float(score.beats_s.size - 2), 1.0, 60, 90)
    score = replace(score, parts=(Part("last", "other", 0, (end,)),))
    read = Read.from_midi(midi_bytes(score)).to("second")
    assert read.tracks[0].notes[0].time == pytest.approx(score.beats_s[-2] - score.beats_s[0], abs=1e-4)


def test_twenty_players_and_two_kits_keep_apart() -> None:
    song = _song(1)
    notes = (Note(0.0, 1.0, 60, 90),)
    parts = [Part(f"player {number}", "other", number, notes) for number in range(20)]
    parts += [Part("kit", "drums", 0, notes), Part("more", "drums", 25, notes)]
    read = Read.from_midi(midi_bytes(replace(song, parts=tuple(parts))))
    assert {(track.name, track.program) for track in read.tracks} == {(part.name, part.program) for part in parts}


def test_a_key_that_is_struck_while_it_sounds_is_released_before() -> None:
    twice = Part("keys", "other", 0, (Note(0.0, 4.0, 60, 90), Note(1.0, 1.0, 60, 80)))
    read = Read.from_midi(midi_bytes(replace(_song(1), parts=(twice,))))
    assert [(note.time, note.duration) for note in read.tracks[0].notes] == [
        (0, PER_QUARTER),
        (PER_QUARTER, PER_QUARTER),
    ]


def test_the_project_is_json_and_says_what_the_score_is() -> None:
    score = _song(8, "swing_jazz")
    project = json.loads(json.dumps(describe(score)))
    assert (project["key"]["name"], project["time_signature"]) == ("F# minor", f"{score.beats_per_bar}/4")
    assert project["tempo_bpm"] == pytest.approx(score.tempo_bpm, abs=0.001)
    assert project["sections"][0]["start_s"] == pytest.approx(float(score.beats_s[0]), abs=1e-3)
    assert project["chords"][-1]["label"] == "F#:min"
    assert project["chords"][-1]["end_s"] == pytest.approx(project["duration_s"])
    assert [part["name"] for part in project["parts"]] == [part.name for part in score.parts]


def test_instruments_have_the_names_that_general_midi_gives_their_programs() -> None:
    named = [instrument(Part("one", "other", program, ())) for program in (0, 26, 33, 40, 56, 73, 80, 105, 127)]
    assert named == [
        "piano",
        "jazz guitar",
        "fingered bass",
        "violin",
        "trumpet",
        "flute",
        "square lead",
        "banjo",
        "gunshot",
    ]
