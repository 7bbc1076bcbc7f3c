"""Chords: what they hold, which follow each other in a style and a mode, and how their voices move.

Chords are written as Roman numerals of the major scale in both modes, as popular music does: ``i bVI bIII bVII`` are
A minor, F, C and G in A minor. Lower case is minor, ``o`` diminished; a quality in Harte's words may follow a colon.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.audio.analysis import Key, Mode
from segue.music.chance import pick
from segue.music.score import ChordName

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

#: What each function may sound as, with its weight: tonic, subdominant, dominant.
_FUNCTIONS: Final[dict[Mode, dict[str, tuple[tuple[str, float], ...]]]] = {
    "major": {
        "T": (("I", 6), ("vi", 2), ("iii", 0.7)),
        "S": (("IV", 4), ("ii", 3)),
        "D": (("V", 6), ("viio", 0.3), ("iii", 0.3)),
    },
    "minor": {
        "T": (("i", 6), ("bVI", 1.2), ("bIII", 1)),
        "S": (("iv", 4), ("bVI", 2), ("iio", 0.4)),
        "D": (("v", 2), ("V", 3), ("bVII", 3)),
    },
}
#: What may be borrowed from the parallel mode instead.
_BORROWED: Final[dict[Mode, dict[str, tuple[str, ...]]]] = {
    "major": {"S": ("iv", "bVI"), "D": ("bVII", "v")},
    "minor": {"S": ("IV", "ii"), "D": ("bII", "V")},
}
_FLOW: Final = {"T": ("TSD", (2, 5, 3)), "S": ("TSD", (2.5, 1.5, 6)), "D": ("TSD", (8, 1, 1))}
_SEVENTHS: Final = {"maj": "maj7", "min": "min7", "dim": "hdim7"}


@dataclass(frozen=True, slots=True)
class Palette:
    """The harmony that a style speaks.

    Attributes
    ----------
    major, minor
        Progressions in Roman numerals, each with its tonic clearly placed.
    grammar
        Share of themes that are made by the grammar of functions instead of taken from those.
    sevenths, suspensions, borrowing
        How often a chord gets its seventh (or ninth), has its third suspended, is borrowed from the parallel mode.
    bars_per_chord
        What may be: 0.5 is two chords a bar.
    power
        Whether chords are played without their thirds, as distorted guitars do.
    """

    major: tuple[str, ...]
    minor: tuple[str, ...]
    grammar: float = 0.3
    sevenths: float = 0.0
    suspensions: float = 0.05
    borrowing: float = 0.06
    bars_per_chord: tuple[float, ...] = (1.0, 1.0, 1.0, 0.5, 2.0)
    power: bool = False


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


def progression(rng: np.random.Generator, palette: Palette, key: Key) -> tuple[ChordName, ...]:
    """Return chords that begin or end on the tonic and can be repeated, 2 to 12 of them."""
    if rng.random() < palette.grammar:
        numerals = _phrase(rng, palette, key.mode, pick(rng, (4, 4, 8)))
    else:
        numerals = pick(rng, palette.major if key.mode == "major" else palette.minor).split()
    return tuple(_coloured(rng, palette, numeral, key) for numeral in numerals)


def _phrase(rng: np.random.Generator, palette: Palette, mode: Mode, length: int) -> list[str]:
    """Walk through the functions from the tonic to a dominant that leads back to it."""
    functions = "T"
    while len(functions) < length - 1:
        options, weights = _FLOW[functions[-1]]
        functions += pick(rng, options, weights)
    functions = (functions + "D")[:length]
    numerals = ["I" if mode == "major" else "i"]
    for function in functions[1:]:
        if rng.random() < palette.borrowing and function in _BORROWED[mode]:
            numerals.append(pick(rng, _BORROWED[mode][function]))
            continue
        choices = [option for option in _FUNCTIONS[mode][function] if option[0] != numerals[-1]]
        numerals.append(pick(rng, [name for name, _ in choices], [weight for _, weight in choices]))
    return numerals


def _coloured(rng: np.random.Generator, palette: Palette, numeral: str, key: Key) -> ChordName:
    """Give a numeral its chord, perhaps with a seventh or a suspension."""
    chord = chord_of(numeral, key)
    if ":" in numeral or chord.quality not in _SEVENTHS:
        return chord
    if palette.power and rng.random() < 0.5:
        return ChordName(chord.root, "5")
    if rng.random() < palette.sevenths:
        dominant = (chord.root - key.tonic) % 12 == 7 and chord.quality == "maj"
        quality = "7" if dominant else _SEVENTHS[chord.quality]
        ninth = {"maj7": "maj9", "min7": "min9", "7": "9"}.get(quality)
        return ChordName(chord.root, ninth if ninth and rng.random() < 0.25 else quality)
    if chord.root != key.tonic and chord.quality == "maj" and rng.random() < palette.suspensions:
        return ChordName(chord.root, pick(rng, ("sus4", "sus2")))
    return chord


def pitch_classes(chord: ChordName) -> tuple[int, ...]:
    """Return a chord's pitch classes, the root first."""
    return tuple((chord.root + interval) % 12 for interval in QUALITIES[chord.quality])


def voicing(chord: ChordName, near: Sequence[int], low: int, high: int) -> tuple[int, ...]:
    """Return the pitches that hold a chord with the least motion from those before.

    Parameters
    ----------
    chord
        The chord.
    near
        The voicing before; where there is none, the middle of the range attracts.
    low, high
        MIDI numbers that the pitches keep to; at least an octave and a half apart.

    Returns
    -------
    tuple
        Pitches, ascending, one a chord tone.
    """
    classes = sorted(pitch_classes(chord))
    before = tuple(near) or ((low + high) // 2,)
    middle = (low + high) / 2
    best: tuple[float, tuple[int, ...]] | None = None
    for inversion in range(len(classes)):
        shape = _close(classes[inversion:] + classes[:inversion], low + (classes[inversion] - low) % 12)
        while shape[-1] <= high:
            motion = sum(min(abs(pitch - other) for other in before) for pitch in shape)
            cost = motion + 0.3 * abs(sum(shape) / len(shape) - middle)
            if best is None or cost < best[0]:
                best = (cost, shape)
            shape = tuple(pitch + 12 for pitch in shape)
    assert best is not None, "the range is narrower than an octave and a half"  # noqa: S101
    return best[1]


def _close(classes: Sequence[int], base: int) -> tuple[int, ...]:
    """Stack pitch classes upwards from a pitch, each as near as can be over the one before."""
    pitches = [base]
    for pitch_class in classes[1:]:
        pitches.append(pitches[-1] + (pitch_class - pitches[-1] - 1) % 12 + 1)
    return tuple(pitches)


def scale_pitches(key: Key, low: int, high: int) -> tuple[int, ...]:
    """Return the pitches of a key's scale in a range of MIDI numbers, ends included."""
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in scale)
