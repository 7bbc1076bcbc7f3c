"""Chords: what they hold, how they are written, and the palettes that styles draw them from.

Chords are written as Roman numerals of the major scale in both modes, as popular music does: ``i bVI bIII bVII`` are
A minor, F, C and G in A minor. Lower case is minor, ``o`` diminished; a quality in Harte's words may follow a colon.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from segue.audio.analysis import Key, Mode
from segue.music.score import ChordName

#: Whose habits a grammar of chords follows.
Dialect = Literal["pop", "modal", "jazz", "rock", "blues", "classical"]

#: Semitones over the root, by Harte's name of the quality.
QUALITIES: Final[dict[str, tuple[int, ...]]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "hdim7": (0, 3, 6, 10),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "min9": (0, 3, 7, 10, 14),
}
SCALES: Final[dict[Mode, tuple[int, ...]]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_NUMERALS: Final = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_NUMERAL: Final = re.compile(r"([b#]?)([ivIV]+)(o?)(?::(\w+))?")


@dataclass(frozen=True, slots=True)
class Palette:
    """The harmony that a style speaks.

    Attributes
    ----------
    major, minor
        Progressions in Roman numerals, each with its tonic clearly placed.
    grammar
        Share of themes that are made by the grammar (`segue.music.grammar`) instead of taken from those.
    sevenths, suspensions, borrowing
        How often a chord gets its seventh (or ninth), has its third suspended, is borrowed from the parallel mode.
    bars_per_chord
        What may be: 0.5 is two chords a bar.
    power
        Whether chords are played without their thirds, as distorted guitars do.
    dialect
        Whose grammar it is.
    """

    major: tuple[str, ...]
    minor: tuple[str, ...]
    grammar: float = 0.3
    sevenths: float = 0.0
    suspensions: float = 0.05
    borrowing: float = 0.06
    bars_per_chord: tuple[float, ...] = (1.0, 1.0, 1.0, 0.5, 2.0)
    power: bool = False
    dialect: Dialect = "pop"


def chord_of(numeral: str, key: Key) -> ChordName:
    """Return the chord that a Roman numeral means in a key; ``ValueError`` if it is none."""
    match = _NUMERAL.fullmatch(numeral)
    if match is None or match[2].lower() not in _NUMERALS:
        raise ValueError(f"{numeral!r} is no Roman numeral.")
    accidental = {"b": -1, "#": 1}.get(match[1], 0)
    quality = match[4] or ("dim" if match[3] else "min" if match[2].islower() else "maj")
    return ChordName((key.tonic + _NUMERALS[match[2].lower()] + accidental) % 12, quality)


def tonic_chord(key: Key) -> ChordName:
    """Return the triad on a key's tonic."""
    return ChordName(key.tonic, "maj" if key.mode == "major" else "min")


def pitch_classes(chord: ChordName) -> tuple[int, ...]:
    """Return a chord's pitch classes, the root first."""
    return tuple((chord.root + interval) % 12 for interval in QUALITIES[chord.quality])


def scale_pitches(key: Key, low: int, high: int) -> tuple[int, ...]:
    """Return the pitches of a key's scale in a range of MIDI numbers, ends included."""
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in scale)


def scale_over(chord: ChordName, key: Key) -> frozenset[int]:
    """Return the seven pitch classes that melodies move in over a chord: the key's, bent to hold the chord's tones.

    A tone of the chord that is not in the key takes the place of its neighbour there: over the major dominant of
    A minor, G sharp stands for G.
    """
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    tones = set(pitch_classes(chord))
    for tone in sorted(tones - scale):
        neighbours = [other for other in ((tone - 1) % 12, (tone + 1) % 12) if other in scale and other not in tones]
        scale.difference_update(neighbours[:1])
        scale.add(tone)
    return frozenset(scale)
