"""Melodies: a motif of rhythm and contour, repeated, varied and answered over chords."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segue.audio.analysis import Key
from segue.music.chance import pick
from segue.music.harmony import pitch_classes, scale_pitches
from segue.music.metre import Metre
from segue.music.score import ChordSpan, Note

_SCHEMES = ("AABA", "AABC", "ABAB", "ABAC", "AAAB", "ABCB")
_LEAP = (-4, -3, -2, -1, 0, 1, 2, 3, 4)
_LEAP_WEIGHTS = (0.3, 0.6, 2.0, 5.0, 2.0, 5.0, 2.0, 0.6, 0.4)


@dataclass(frozen=True, slots=True)
class Motif:
    """A bar's idea: when notes begin (beats), how long they last, and how far each moves on the scale."""

    starts: tuple[float, ...]
    lengths: tuple[float, ...]
    moves: tuple[int, ...]


def invent(rng: np.random.Generator, metre: Metre, density: float, *, fine: bool = False) -> Motif:
    """Return a motif of one bar.

    Parameters
    ----------
    rng
        Chance.
    metre
        Its bar.
    density
        0 to 1: how many of the places hold a note.
    fine
        Whether notes may be half as short.
    """
    unit = metre.unit / 2 if fine else metre.unit
    places = np.arange(round(metre.beats / unit)) * unit
    odds = np.array([0.25 + 0.75 * metre.weight(place) for place in places]) * (0.35 + 0.9 * density)
    starts = places[rng.random(places.size) < odds]
    if starts.size == 0:
        starts = places[:1]
    gaps = np.diff(np.append(starts, metre.beats))
    lengths = np.minimum(gaps, 2.0 * metre.unit * 2) * rng.choice((0.55, 0.85, 0.95))
    moves = [pick(rng, _LEAP, _LEAP_WEIGHTS) for _ in starts]
    return Motif(tuple(map(float, starts)), tuple(map(float, lengths)), tuple(moves))


def chord_at(chords: Sequence[ChordSpan], beat: float) -> ChordSpan:
    """Return the chord that sounds at a beat; before the first and after the last, the nearest."""
    for span in chords:
        if beat < span.end - 1e-9:
            return span
    return chords[-1]


def sing(
    rng: np.random.Generator,
    metre: Metre,
    key: Key,
    chords: Sequence[ChordSpan],
    bars: int,
    *,
    low: int,
    high: int,
    density: float = 0.5,
    fine: bool = False,
) -> list[Note]:
    """Return a melody over chords.

    Parameters
    ----------
    rng
        Chance.
    metre, key
        What it moves in.
    chords
        From beat 0 on, for all the bars.
    bars
        How long.
    low, high
        Its range, MIDI numbers, more than an octave.
    density, fine
        As in `invent`.
    """
    motifs = {name: invent(rng, metre, density, fine=fine) for name in "ABC"}
    scheme = pick(rng, _SCHEMES)
    scale = scale_pitches(key, low, high)
    place = len(scale) // 2
    notes: list[Note] = []
    for bar in range(bars):
        motif = motifs[scheme[bar % 4]]
        if bar % 4 == 0:
            place = len(scale) // 2 + int(rng.integers(-2, 3))
        closing = bar % 4 == 3 or bar == bars - 1
        for index, (start, length, move) in enumerate(zip(motif.starts, motif.lengths, motif.moves, strict=True)):
            last = closing and index >= len(motif.starts) - 1
            place = _within(place + move, len(scale))
            if (place < 2 and move < 0) or (place > len(scale) - 3 and move > 0):
                place = _within(place - 2 * move, len(scale))
            at = bar * metre.beats + start
            chord = chord_at(chords, at)
            firm = last or metre.weight(start) > 0.5 or length > 1.0
            pitch = _nearest(scale[place], pitch_classes(chord.chord), low, high) if firm else scale[place]
            if last and (bar % 8 == 7 or bar == bars - 1) and key.tonic in pitch_classes(chord.chord):
                pitch = _nearest(scale[place], (key.tonic,), low, high)
            velocity = round(78 + 22 * metre.weight(start) * rng.uniform(0.6, 1.0))
            notes.append(Note(at, max(length, metre.unit * 0.5), pitch, velocity))
            if last:
                break
    return notes


def _within(place: int, size: int) -> int:
    """Return a place that is one of so many."""
    return min(max(place, 0), size - 1)


def _nearest(pitch: int, classes: Sequence[int], low: int, high: int) -> int:
    """Return the pitch of one of the pitch classes that is nearest to a pitch."""
    options = [other for other in range(max(low, pitch - 6), min(high, pitch + 6) + 1) if other % 12 in classes]
    return min(options, key=lambda other: abs(other - pitch), default=pitch)
