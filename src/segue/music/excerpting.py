"""Taking stretches of a song out of it: a shorter song that sounds, where they lie, as the whole one does."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from segue.music.score import ChordSpan, Part, Score, SectionSpan

_Span = TypeVar("_Span", ChordSpan, SectionSpan)
_Move = tuple[int, int, float]


def excerpt(score: Score, spans: Sequence[tuple[int, int]]) -> Score:
    """Return the stretches of a song, one after the other.

    Parameters
    ----------
    score
        The song.
    spans
        From beat to beat, each on a bar line, in the order in which they shall follow each other.

    Returns
    -------
    Score
        Notes that begin in a stretch, cut where it ends; the players all stay, whether they have notes or not.
    """
    steps = np.diff(score.beats_s)
    lengths = np.concatenate([steps[start:end] for start, end in spans])
    starts = np.cumsum([0, *(end - start for start, end in spans)])
    moves = [(start, end, float(at - start)) for (start, end), at in zip(spans, starts, strict=False)]
    return replace(
        score,
        beats_s=np.concatenate([[0.0], np.cumsum(lengths)]) + score.beats_s[spans[0][0]],
        chords=_cut(score.chords, moves),
        sections=_cut(score.sections, moves),
        parts=tuple(_part(part, moves) for part in score.parts),
    )


def _part(part: Part, moves: Sequence[_Move]) -> Part:
    notes = tuple(
        replace(note, start=note.start + by, duration=min(note.duration, end - note.start))
        for start, end, by in moves
        for note in part.notes
        if start <= note.start < end
    )
    return replace(part, notes=notes)


def _cut(spans: Sequence[_Span], moves: Sequence[_Move]) -> tuple[_Span, ...]:
    """Return what of chords or sections lies in the stretches, where it comes to lie."""
    return tuple(
        replace(span, start=max(span.start, start) + by, end=min(span.end, end) + by)
        for start, end, by in moves
        for span in spans
        if span.start < end and span.end > start
    )
