"""Which chords follow each other: a grammar of functions, spoken in the dialects of styles.

A phrase is rewritten from tonic, predominant and dominant: each may be prolonged, prepared or substituted, until there
are as many chords as are wanted. How it ends is its cadence: closed on the tonic, open on a dominant, or round, on
what leads back to its beginning.

References
----------
M. Rohrmeier, "Towards a generative syntax of tonal harmony", Journal of Mathematics and Music 5 (2011).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from segue.audio.analysis import Key, Mode
from segue.music.chance import pick
from segue.music.harmony import Dialect, Palette, chord_of
from segue.music.score import ChordName

Cadence = Literal["closed", "open", "round"]
_Options = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class _Tongue:
    """A dialect in a mode: what each function may sound as, how phrases end, and how often fifths prepare a chord."""

    tonic: _Options
    predominant: _Options
    dominant: _Options
    closed: tuple[str, ...]
    open: tuple[str, ...]
    round: tuple[str, ...]
    prepared: float = 0.0


_TONGUES: Final[dict[tuple[Dialect, Mode], _Tongue]] = {
    ("pop", "major"): _Tongue(
        (("I", 6), ("vi", 3), ("iii", 1)),
        (("IV", 4), ("ii", 3), ("vi", 1)),
        (("V", 6), ("iii", 0.6)),
        ("V I", "IV I", "IV V I", "ii V I"),
        ("V", "IV V", "ii V"),
        ("V", "IV", "IV V", "iii"),
        0.08,
    ),
    ("pop", "minor"): _Tongue(
        (("i", 6), ("bVI", 2.5), ("bIII", 2)),
        (("iv", 4), ("bVI", 3)),
        (("v", 2), ("V", 2), ("bVII", 4)),
        ("bVII i", "V i", "iv V i", "bVI bVII i"),
        ("V", "bVII", "iv V", "bVI V"),
        ("bVII", "v", "V", "bVI bVII"),
        0.03,
    ),
    ("modal", "major"): _Tongue(
        (("I", 8), ("iii", 1), ("vi", 2)),
        (("IV", 5), ("ii", 2)),
        (("bVII", 3), ("V", 2)),
        ("IV I", "bVII I"),
        ("IV", "V"),
        ("IV", "bVII"),
    ),
    ("modal", "minor"): _Tongue(
        (("i", 8), ("bIII", 1.5)),
        (("bVI", 3), ("iv", 3), ("IV", 1)),
        (("bVII", 4), ("v", 2), ("bII", 0.6)),
        ("bVII i", "v i", "bVI i"),
        ("bVII", "v"),
        ("bVII", "v", "iv"),
    ),
    ("rock", "major"): _Tongue(
        (("I", 7), ("vi", 2)),
        (("IV", 5), ("bVII", 2), ("ii", 1), ("bIII", 1)),
        (("V", 4), ("bVII", 3)),
        ("bVII IV I", "IV I", "V I"),
        ("V", "IV V", "bVII"),
        ("V", "bVII", "IV"),
        0.04,
    ),
    ("rock", "minor"): _Tongue(
        (("i", 7), ("bIII", 2)),
        (("bVI", 3), ("iv", 3), ("IV", 1)),
        (("bVII", 5), ("v", 1), ("V", 1)),
        ("bVI bVII i", "bVII i", "iv i"),
        ("bVII", "V"),
        ("bVII", "bVI bVII", "bII"),
    ),
    ("jazz", "major"): _Tongue(
        (("I:maj7", 6), ("vi:min7", 3), ("iii:min7", 2), ("I:maj6", 1.5)),
        (("ii:min7", 5), ("IV:maj7", 3), ("ii:min9", 1)),
        (("V:7", 6), ("bII:7", 0.8), ("V:9", 1.2)),
        ("ii:min7 V:7 I:maj7", "ii:min9 V:9 I:maj6", "iv:min7 bVII:7 I:maj7", "ii:min7 bII:7 I:maj7"),
        ("ii:min7 V:7", "II:7 V:7"),
        ("ii:min7 V:7", "VI:7 II:7", "V:7", "bII:7"),
        0.3,
    ),
    ("jazz", "minor"): _Tongue(
        (("i:min7", 5), ("i:min6", 2), ("bVI:maj7", 2), ("bIII:maj7", 2)),
        (("iv:min7", 4), ("ii:hdim7", 4)),
        (("V:7", 6), ("bVII:7", 1.5), ("bII:7", 0.6)),
        ("ii:hdim7 V:7 i:min6", "iv:min7 V:7 i:min7", "bVI:maj7 V:7 i:min6"),
        ("ii:hdim7 V:7", "bVI:7 V:7"),
        ("ii:hdim7 V:7", "V:7", "bVI:7 V:7"),
        0.25,
    ),
    ("blues", "major"): _Tongue(
        (("I:7", 8),), (("IV:7", 5), ("II:7", 1)), (("V:7", 4),), ("V:7 IV:7 I:7",), ("V:7",), ("V:7", "IV:7"), 0.1
    ),
    ("blues", "minor"): _Tongue(
        (("i:min7", 8),), (("iv:min7", 5),), (("V:7", 4), ("bVI:7", 1)), ("bVI:7 V:7 i:min7",), ("V:7",), ("V:7",)
    ),
    ("classical", "major"): _Tongue(
        (("I", 7), ("vi", 2)),
        (("IV", 4), ("ii", 4)),
        (("V", 6), ("viio", 1), ("V:7", 2)),
        ("ii V:7 I", "IV V I", "IV V:7 I"),
        ("V", "ii V", "II:7 V"),
        ("V", "V:7", "IV V"),
        0.18,
    ),
    ("classical", "minor"): _Tongue(
        (("i", 7), ("bVI", 2)),
        (("iv", 5), ("iio", 2), ("bII", 0.5)),
        (("V", 6), ("V:7", 2), ("bVII", 0.6)),
        ("iv V i", "iio V:7 i", "bVI V:7 i"),
        ("V", "iv V"),
        ("V", "V:7", "bVI V"),
        0.15,
    ),
}
#: What may be borrowed from the parallel mode instead.
_BORROWED: Final[dict[Mode, dict[str, tuple[str, ...]]]] = {
    "major": {"S": ("iv", "bVI", "bVII"), "D": ("bVII", "v")},
    "minor": {"S": ("IV", "ii"), "D": ("bII", "V")},
}
#: How a function grows by a chord, with weights.
_GROWTH: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "T": (("TT", 3), ("TS", 1.5), ("TD", 0.7)),
    "S": (("SS", 2), ("TS", 1)),
    "D": (("SD", 3), ("DD", 0.5)),
}
_SEVENTHS: Final = {"maj": "maj7", "min": "min7", "dim": "hdim7"}
_MAJOR_NUMERALS: Final = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")


def progression(rng: np.random.Generator, palette: Palette, key: Key, bright: float = 0.0) -> tuple[ChordName, ...]:
    """Return chords that begin or end on the tonic and can be repeated, 2 to 12 of them.

    Parameters
    ----------
    rng
        Chance.
    palette
        Whose chords.
    key
        The key.
    bright
        -1 (prefer what is dark) to 1 (bright).
    """
    if rng.random() < palette.grammar:
        return phrase(rng, palette, key, pick(rng, (4, 4, 8)), bright=bright)
    known = palette.major if key.mode == "major" else palette.minor
    weights = [float(np.exp(1.5 * bright * np.mean([_light(one) for one in entry.split()]))) for entry in known]
    return coloured(rng, palette, pick(rng, known, weights).split(), key)


def phrase(
    rng: np.random.Generator,
    palette: Palette,
    key: Key,
    length: int,
    *,
    cadence: Cadence = "round",
    bright: float = 0.0,
) -> tuple[ChordName, ...]:
    """Return a phrase of the grammar that begins on the tonic.

    Parameters
    ----------
    rng, palette, key, bright
        As for `progression`.
    length
        How many chords, 1 or more.
    cadence
        How it ends.
    """
    tongue = _TONGUES[palette.dialect, key.mode]
    endings = {"closed": tongue.closed, "open": tongue.open, "round": tongue.round}[cadence]
    ending = pick(rng, endings).split()[-max(1, length - 1) :]
    functions = _grown(rng, length - len(ending))
    numerals = [_tonic(palette, key.mode)]
    for function in functions[1:]:
        numerals.append(_terminal(rng, palette, key.mode, function, before=numerals[-1], bright=bright))
    numerals = (numerals + ending)[:length] if length > len(ending) else ending[-length:]
    _prepare(rng, numerals, tongue.prepared, len(numerals) - len(ending))
    return coloured(rng, palette, numerals, key)


def _tonic(palette: Palette, mode: Mode) -> str:
    """Return the numeral that a dialect calls home."""
    return _TONGUES[palette.dialect, mode].tonic[0][0]


def _grown(rng: np.random.Generator, length: int) -> str:
    """Rewrite the tonic until there are so many functions."""
    functions = "T" if length < 3 else "TS"
    while len(functions) < length:
        at = int(rng.integers(len(functions)))
        options = _GROWTH[functions[at]]
        grown = pick(rng, [option for option, _ in options], [weight for _, weight in options])
        functions = functions[:at] + grown + functions[at + 1 :]
    return "T" + functions[1:length]


def _terminal(
    rng: np.random.Generator, palette: Palette, mode: Mode, function: str, *, before: str, bright: float
) -> str:
    """Return a chord of a function, another one than before where there is one."""
    tongue = _TONGUES[palette.dialect, mode]
    if rng.random() < palette.borrowing * (1.0 - bright) and function in _BORROWED[mode]:
        return pick(rng, _BORROWED[mode][function])
    options = {"T": tongue.tonic, "S": tongue.predominant, "D": tongue.dominant}[function]
    fresh = [option for option in options if option[0] != before] or list(options)
    weights = [weight * float(np.exp(0.7 * bright * _light(name))) for name, weight in fresh]
    return pick(rng, [name for name, _ in fresh], weights)


def _prepare(rng: np.random.Generator, numerals: list[str], often: float, until: int) -> None:
    """Put the dominant of a chord before it, at times, in place of what stood there; in place."""
    for at in range(1, until - 1):
        if rng.random() < often and numerals[at + 1][0] not in "bI":
            target = chord_of(numerals[at + 1], Key(0, "major"))
            if target.quality not in ("dim", "hdim7") and target.root:
                numerals[at] = f"{_MAJOR_NUMERALS[(target.root + 7) % 12]}:7"


def _light(numeral: str) -> float:
    """Return whether a chord is bright (major, 1) or dark (minor or diminished, -1)."""
    letters = numeral.split(":", maxsplit=1)[0].strip("b#o")
    return -1.0 if letters.islower() or numeral.endswith("o") else 1.0


def coloured(rng: np.random.Generator, palette: Palette, numerals: Sequence[str], key: Key) -> tuple[ChordName, ...]:
    """Give numerals their chords, some with a seventh, a ninth or a suspension, as the palette has it."""
    return tuple(_coloured(rng, palette, numeral, key) for numeral in numerals)


def _coloured(rng: np.random.Generator, palette: Palette, numeral: str, key: Key) -> ChordName:
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


def cadence_before(palette: Palette, key: Key) -> ChordName:
    """Return the chord that a dialect ends with before the last tonic."""
    ending = _TONGUES[palette.dialect, key.mode].closed[0].split()
    return chord_of(ending[-2], key)
