"""Second lines: a voice that goes with the melody, and one that answers in its gaps."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.audio.analysis import Key
from segue.music.harmony import pitch_classes, scale_over
from segue.music.melody import Voice, chord_at
from segue.music.metre import Metre
from segue.music.motifs import Motif, developed
from segue.music.score import ChordSpan, Note

_SOFTER = 16


def harmonised(notes: Sequence[Note], key: Key, chords: Sequence[ChordSpan], step: int) -> list[Note]:
    """Return a voice that follows a melody at some thirds' or an octave's distance, in the chords.

    Parameters
    ----------
    notes
        The melody.
    key, chords
        What it lies in.
    step
        Semitones, about which the second voice lies above (or, negative, below).
    """
    made = []
    for note in notes:
        chord = chord_at(chords, note.start).chord
        tones = set(pitch_classes(chord)) if note.duration >= 1.0 else scale_over(chord, key)
        options = [note.pitch + step + move for move in (0, 1, -1, 2, -2, 3, -3)]
        pitch = next((option for option in options if option % 12 in tones and option != note.pitch), note.pitch + step)
        made.append(replace(note, pitch=pitch, velocity=max(1, note.velocity - _SOFTER)))
    return made


def answer(
    rng: np.random.Generator,
    metre: Metre,
    key: Key,
    chords: Sequence[ChordSpan],
    *,
    bars: int,
    melody: Sequence[Note],
    motif: Motif,
    voice: Voice,
) -> list[Note]:
    """Return a line that says bits of a motif where the melody pauses.

    Parameters
    ----------
    rng
        Chance.
    metre, key, chords, bars
        As in `segue.music.melody.sing`.
    melody
        What is answered.
    motif
        What is said.
    voice
        The range.
    """
    made: list[Note] = []
    for start, end in _gaps(melody, float(bars * metre.beats), metre.beats * 0.22):
        begin = np.ceil(start / metre.unit) * metre.unit
        said = developed(rng, motif, "answered" if rng.random() < 0.5 else "same", metre.unit)
        middle = round(voice.low + voice.height * (voice.high - voice.low))
        before = made[-1].pitch if made else middle
        for at, length, offset in zip(said.starts, said.lengths, said.offsets, strict=True):
            place = begin + at - said.starts[0]
            if place >= end - metre.unit / 2:
                break
            chord = chord_at(chords, place).chord
            firm = metre.weight(place) > 0.5 or place + length >= end - metre.unit
            classes = set(pitch_classes(chord)) if firm else scale_over(chord, key)
            target = round(0.6 * (middle + 2 * offset) + 0.4 * before)
            before = min(
                (pitch for pitch in range(voice.low, voice.high + 1) if pitch % 12 in classes),
                key=lambda pitch: abs(pitch - target),
            )
            velocity = round(62 + 16 * metre.weight(place))
            made.append(Note(float(place), float(min(length, end - place)), before, velocity))
    return made


def _gaps(melody: Sequence[Note], end: float, least: float) -> list[tuple[float, float]]:
    """Return where nothing is sung for a while."""
    gaps, at = [], 0.0
    for note in melody:
        if note.start - at >= least:
            gaps.append((at, note.start))
        at = max(at, note.start + note.duration)
    return [*gaps, (at, end)] if end - at >= least else gaps
