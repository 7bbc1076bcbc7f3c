"""Stretches of a song sound, where they lie, as the song does: nothing is lost, nothing is moved within them."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.music.composing import compose
from segue.music.excerpting import excerpt
from segue.music.wishes import Wishes

SONG = compose(4, Wishes(styles={"funk": 1.0}, duration_s=60.0))
BARS = (SONG.beats_s.size - 1) // SONG.beats_per_bar


@settings(max_examples=30)
@given(first=st.integers(1, BARS - 2), at=st.integers(0, BARS - 2), length=st.integers(1, 8))
def test_a_beginning_and_a_later_stretch_follow_each_other(first: int, at: int, length: int) -> None:
    bar = SONG.beats_per_bar
    spans = [(0, first * bar), (at * bar, min(at + length, BARS) * bar)]
    made = excerpt(SONG, spans)
    beats = sum(end - start for start, end in spans)
    assert made.beats_s.size == beats + 1
    assert np.allclose(made.beats_s[: first * bar + 1], SONG.beats_s[: first * bar + 1])
    assert np.allclose(np.diff(made.beats_s[first * bar :]), np.diff(SONG.beats_s[spans[1][0] : spans[1][1] + 1]))
    assert [part.name for part in made.parts] == [part.name for part in SONG.parts]
    for mine, whole in zip(made.parts, SONG.parts, strict=True):
        kept = [note for start, end in spans for note in whole.notes if start <= note.start < end]
        assert [(note.pitch, note.velocity) for note in mine.notes] == [(note.pitch, note.velocity) for note in kept]
        assert all(0 <= note.start < beats and note.start + note.duration <= beats + 1e-6 for note in mine.notes)
    for spans_of in (made.chords, made.sections):
        assert spans_of[0].start == 0
        assert spans_of[-1].end == beats
        assert all(before.end == after.start for before, after in pairwise(spans_of))
