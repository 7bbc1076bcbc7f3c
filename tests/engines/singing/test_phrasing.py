"""Lines and notes become durations and pitches: every syllable finds notes, and every note its time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.engines.singing import SungNote
from segue.engines.singing.phrasing import (
    FRAME_S,
    PITCHES_PER_FRAME,
    STRESSES,
    VOWELS,
    count_syllables,
    phrase,
    share_notes,
)

SYMBOLS = list("^tˈAk mˌi hˈOm əkɹˈɔs ðə ɹˈɪvəɹ$")  # noqa: RUF001 - the alphabet of phonetics
NATURAL = np.full(len(SYMBOLS), 2.0, np.float32)


def melody(lengths: list[float], gap_s: float = 0.0) -> tuple[SungNote, ...]:
    notes, at = [], 1.0
    for number, length in enumerate(lengths):
        notes.append(SungNote(at, length, 220.0 * 2 ** (number % 5 / 12)))
        at += length + gap_s
    return tuple(notes)


@given(syllables=st.integers(1, 20), lengths=st.lists(st.floats(0.1, 2.0), min_size=1, max_size=30))
def test_every_syllable_has_notes_and_no_time_is_lost(syllables: int, lengths: list[float]) -> None:
    notes = melody(lengths)
    shared = share_notes(syllables, notes)
    flat = [note for own in shared for note in own]
    assert len(shared) == syllables
    assert all(shared)
    assert len(flat) == max(syllables, len(notes))
    assert sum(note.held_s for note in flat) == pytest.approx(sum(lengths))
    assert [note.start_s for note in flat] == sorted(note.start_s for note in flat)


@given(lengths=st.lists(st.floats(0.2, 2.0), min_size=8, max_size=8), seed=st.integers(0, 100))
def test_vowels_begin_with_their_notes(lengths: list[float], seed: int) -> None:
    assert count_syllables(SYMBOLS) == 8
    notes = melody(lengths)
    sung = phrase(SYMBOLS, NATURAL, notes, np.random.default_rng(seed))
    begins = sung.starts_s + (np.cumsum(sung.durations) - sung.durations) * FRAME_S
    nuclei = [2, 7, 11, 15, 18, 23, 26, 29]
    assert all(SYMBOLS[place] in STRESSES | VOWELS for place in nuclei)
    assert begins[nuclei[0]] == pytest.approx(notes[0].start_s)
    assert np.abs(begins[nuclei] - [note.start_s for note in notes]).max() <= 0.1
    assert sung.pitch_hz.size == sung.loud.size == round(sung.durations.sum()) * PITCHES_PER_FRAME


@given(lengths=st.lists(st.floats(0.06, 3.0), min_size=1, max_size=16), gap_s=st.floats(0.0, 1.0))
def test_any_line_can_be_sung(lengths: list[float], gap_s: float) -> None:
    sung = phrase(SYMBOLS, NATURAL, melody(lengths, gap_s), np.random.default_rng(1))
    assert sung.durations.min() >= 1
    voiced = sung.pitch_hz[sung.pitch_hz > 0]
    assert voiced.size
    assert voiced.min() > 190
    assert voiced.max() < 320
    assert np.isfinite(sung.loud).all()


def test_a_silence_between_words_is_silent_and_one_within_a_word_is_sung_through() -> None:
    sung = phrase(SYMBOLS, NATURAL, melody([0.4] * 8, gap_s=0.6), np.random.default_rng(1))
    spaces = [place for place, symbol in enumerate(SYMBOLS) if symbol == " "]
    assert all(sung.durations[place] * FRAME_S > 0.5 for place in spaces)
    ends = np.cumsum(sung.durations) * PITCHES_PER_FRAME
    middle = round(ends[spaces[0]] - sung.durations[spaces[0]])
    assert sung.loud[middle] == 0.0
    assert sung.durations[19] * FRAME_S < 0.5
