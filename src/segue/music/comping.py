"""Accompaniment: how chords are struck, broken, strummed or held."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.music.chance import pick
from segue.music.melody import chord_at
from segue.music.metre import Metre
from segue.music.score import ChordSpan, Note
from segue.music.styles import Comping
from segue.music.voicing import voicing

#: When, how long, and which tones: "all", "low", "top", or a step of an arpeggio.
_Stroke = tuple[float, float, str | int]
_ARPEGGIOS = ((0, 1, 2, 3), (0, 1, 2, 1), (3, 2, 1, 0), (0, 2, 1, 2), (0, 2, 1, 3), (0, 1, 2, 3, 2, 1))
#: Below this energy strokes are held on.
_CALM: Final = 0.5
_CLAVES = ((0.0, 0.75, 1.5, 2.5, 3.0), (0.0, 1.5, 2.0, 3.5), (0.0, 0.75, 1.5, 2.0, 2.75, 3.5), (0.5, 1.5, 2.25, 3.0))


def accompany(
    rng: np.random.Generator,
    how: Comping,
    metre: Metre,
    chords: Sequence[ChordSpan],
    bars: int,
    *,
    low: int,
    high: int,
    strummed: bool = False,
    energy: float = 0.6,
    again: np.random.Generator | None = None,
) -> list[Note]:
    """Return an accompaniment.

    Parameters
    ----------
    rng
        Chance.
    how
        The way of playing.
    metre
        Its bar.
    chords
        From beat 0 on, for all the bars.
    bars
        How long.
    low, high
        Range of the voicings, MIDI numbers.
    strummed
        Whether a chord's tones follow each other quickly, as on a guitar.
    energy
        0 to 1: the less of it, the fewer strokes there are beside those on strong beats.
    again
        Draws what differs from another time that the same is heard.
    """
    if how == "pad":
        return _held(chords, low, high)
    pattern, varied, other = (_thinned(rng, _pattern(rng, how, metre), metre, energy) for _ in range(3))
    own = again or rng
    spread = float(rng.uniform(0.008, 0.03)) if strummed else 0.0
    notes: list[Note] = []
    voices: tuple[int, ...] = ()
    current: ChordSpan | None = None
    for bar in range(bars):
        turned = other if own.random() < 0.4 else varied
        for at, length, which in turned if bar % 4 == 3 else pattern:
            start = bar * metre.beats + at
            span = chord_at(chords, start)
            if span is not current:
                voices, current = voicing(span.chord, voices, low, high), span
            velocity = round(66 + 24 * metre.weight(at) + rng.normal(0, 3))
            sounding = max(min(length, span.end - start), 0.1)
            for index, pitch in enumerate(_tones(voices, which)):
                notes.append(Note(start + index * spread, sounding, pitch, velocity))
    return notes


def _thinned(rng: np.random.Generator, strokes: list[_Stroke], metre: Metre, energy: float) -> list[_Stroke]:
    """Leave out strokes between the strong beats, the more the calmer it is; the others are held on."""
    odds = rng.random(len(strokes)).tolist()
    kept = [
        stroke
        for stroke, odd in zip(strokes, odds, strict=True)
        if odd < 0.15 + 1.5 * energy + (0.3 if metre.weight(stroke[0]) > 0.5 else 0.0)
    ]
    return _held_on(kept or strokes[:1], metre.beats, energy)


def _held_on(strokes: list[_Stroke], beats: int, energy: float) -> list[_Stroke]:
    """Hold strokes towards the next one, the longer the calmer it is."""
    calm = max(0.0, 1.0 - energy / _CALM)
    nexts = [*(at for at, _, _ in strokes[1:]), float(beats)]
    return [
        (at, length + calm * max(0.0, following - at - length), which)
        for (at, length, which), following in zip(strokes, nexts, strict=True)
    ]


def _tones(voices: tuple[int, ...], which: str | int) -> tuple[int, ...]:
    """Return the pitches that a stroke sounds."""
    if isinstance(which, int):
        octave, index = divmod(which, len(voices))
        return (voices[index] + 12 * octave,)
    return {"all": voices, "low": voices[:1], "top": voices[1:]}[which]


def _held(chords: Sequence[ChordSpan], low: int, high: int) -> list[Note]:
    """Return every chord for as long as it lasts."""
    voices: tuple[int, ...] = ()
    notes = []
    for span in chords:
        voices = voicing(span.chord, voices, low, high)
        notes += [Note(span.start, (span.end - span.start) * 0.98, pitch, 72) for pitch in voices]
    return notes


@dataclass(frozen=True, slots=True)
class _Hand:
    """What a pattern is made from: chance, the metre, and how long strokes are held."""

    rng: np.random.Generator
    metre: Metre
    gate: float

    @property
    def places(self) -> list[float]:
        """The bar's short notes, in beats."""
        return [index * self.metre.unit for index in range(round(self.metre.beats / self.metre.unit))]


def _pattern(rng: np.random.Generator, how: Comping, metre: Metre) -> list[_Stroke]:
    """Return a bar of an accompaniment."""
    return _PATTERNS[how](_Hand(rng, metre, float(rng.uniform(0.35, 0.95))))


def _quarters(hand: _Hand) -> list[_Stroke]:
    return [(float(at), hand.gate, "all") for at in range(hand.metre.beats)]


def _off(hand: _Hand) -> list[float]:
    return [at for at in hand.places if hand.metre.weight(at) < 0.5] or [1.0]


def _offbeats(hand: _Hand) -> list[_Stroke]:
    return [(at, hand.metre.unit * hand.gate, "all") for at in _off(hand)]


def _skank(hand: _Hand) -> list[_Stroke]:
    back = [float(at) for at in range(1, hand.metre.beats, 2)]
    return [(at, 0.25, "all") for at in (back if hand.rng.random() < 0.5 else _off(hand))]


def _waltz(hand: _Hand) -> list[_Stroke]:
    weak = [at for at in range(1, hand.metre.beats) if at not in hand.metre.strong]
    return [(0.0, 1.0, "low"), *((float(at), 0.6, "top") for at in weak)]


def _arpeggio(hand: _Hand) -> list[_Stroke]:
    cycle = pick(hand.rng, _ARPEGGIOS)
    pace = pick(hand.rng, (1 / hand.metre.steps_per_beat, hand.metre.unit))
    held = pace * (0.5 + hand.gate / 2)
    return [(index * pace, held, cycle[index % len(cycle)]) for index in range(round(hand.metre.beats / pace))]


def _broken(hand: _Hand) -> list[_Stroke]:
    cycle = pick(hand.rng, ((0, 2, 1, 2), (0, 1, 2, 1), (0, 1, 2, 3)))
    return [(at, 1.2, cycle[index % 4]) for index, at in enumerate(hand.places)]


def _clave(hand: _Hand) -> list[_Stroke]:
    return [(at, 0.6 * hand.gate + 0.15, "all") for at in pick(hand.rng, _CLAVES) if at < hand.metre.beats]


def _charleston(hand: _Hand) -> list[_Stroke]:
    onsets = pick(hand.rng, ((0.0, 1.5), (0.5, 2.0), (1.5, 3.0), (0.0, 2.5), (1.5, 2.5)))
    return [(at, 0.5 + hand.gate / 3, "all") for at in onsets if at < hand.metre.beats] or [(0.0, 1.0, "all")]


def _chug(hand: _Hand) -> list[_Stroke]:
    step = 1 / hand.metre.steps_per_beat
    grid = [index * step for index in range(round(hand.metre.beats / step))]
    return [(at, step * 0.8, "all") for at in grid if hand.metre.weight(at) > 0.5 or hand.rng.random() < 0.6]


def _strum(hand: _Hand) -> list[_Stroke]:
    struck = [at for at in hand.places if hand.metre.weight(at) > 0.5 or hand.rng.random() < 0.65]
    return [(at, hand.metre.unit * 1.4, "all") for at in struck]


def _stabs(hand: _Hand) -> list[_Stroke]:
    struck = [at for at in hand.places if hand.rng.random() < 0.45] or [0.0]
    return [(at, hand.metre.unit * hand.gate, "all") for at in struck]


def _whole(hand: _Hand) -> list[_Stroke]:
    return [(0.0, float(hand.metre.beats), "all")]


_PATTERNS: Final[dict[Comping, Callable[[_Hand], list[_Stroke]]]] = {
    "pad": _whole,
    "stabs": _stabs,
    "strum": _strum,
    "arpeggio": _arpeggio,
    "charleston": _charleston,
    "skank": _skank,
    "clave": _clave,
    "chug": _chug,
    "broken": _broken,
    "quarters": _quarters,
    "offbeats": _offbeats,
    "waltz": _waltz,
}
