"""Bass lines: when a bass plays in a bar, and which tone of the chord."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from segue.music.chance import pick
from segue.music.harmony import QUALITIES
from segue.music.melody import chord_at
from segue.music.metre import Metre
from segue.music.score import ChordSpan, Note
from segue.music.styles import BassLine

_Tone = Literal["root", "fifth", "octave", "third", "approach"]
#: When, how long, which tone; beats.
_Stroke = tuple[float, float, _Tone]


def bass_line(
    rng: np.random.Generator,
    line: BassLine,
    metre: Metre,
    chords: Sequence[ChordSpan],
    bars: int,
    *,
    low: int,
    kicks: Sequence[float] = (),
    energy: float = 0.6,
    again: np.random.Generator | None = None,
) -> list[Note]:
    """Return a bass line over chords.

    Parameters
    ----------
    rng
        Chance.
    line
        How it is played.
    metre
        Its bar.
    chords
        From beat 0 on, for all the bars.
    bars
        How long.
    low
        The lowest root, a MIDI number; roots lie within an octave over it.
    kicks
        When the kick falls in a bar, in beats: the line locks with it.
    energy
        0 to 1: the less of it, the fewer notes there are beside those with the kick and those that carry the bar.
    again
        Draws what differs from another time that the same line is heard.
    """
    own = again or rng
    pattern, varied = (_thinned(rng, _pattern(rng, line, metre, kicks), metre, kicks, energy) for _ in range(2))
    notes: list[Note] = []
    for bar in range(bars):
        start = bar * metre.beats
        strokes = varied if bar % 4 == 3 else pattern
        if bar % 4 == 3 and own.random() < 0.25 + 0.5 * energy:
            strokes = _leading(own, strokes, metre)
        changes = [span.start for span in chords if start <= span.start < start + metre.beats]
        played = {round(at, 6) for at, _, _ in strokes}
        added: list[_Stroke] = [(at - start, 1.0, "root") for at in changes if round(at - start, 6) not in played]
        ordered = sorted([*strokes, *added])
        for index, (at, length, tone) in enumerate(ordered):
            span = chord_at(chords, start + at)
            following = ordered[index + 1][0] if index + 1 < len(ordered) else metre.beats
            held = length + max(0.0, 1.0 - 2.0 * energy) * max(0.0, following - at - length)  # calm is legato
            sounding = min(held, following - at, span.end - start - at)
            pitch = _pitch(rng, tone, span, chords, low)
            with_kick = any(abs(at - kick) < 1e-6 for kick in kicks)
            velocity = round(80 + 16 * metre.weight(at) + (8 if with_kick else 0))
            notes.append(Note(start + at, max(sounding, 0.1), pitch, velocity))
    return notes


def _thinned(
    rng: np.random.Generator, strokes: Sequence[_Stroke], metre: Metre, kicks: Sequence[float], energy: float
) -> list[_Stroke]:
    """Leave out strokes that neither the kick nor the bar calls for, the more the calmer it is."""
    kept = []
    for stroke, odds in zip(strokes, rng.random(len(strokes)).tolist(), strict=True):
        called = metre.weight(stroke[0]) > 0.9 or any(abs(stroke[0] - kick) < 1e-6 for kick in kicks)
        if odds < 0.2 + 1.5 * energy + (0.3 if called else 0.0) or stroke is strokes[0]:
            kept.append(stroke)
    return kept


def _leading(rng: np.random.Generator, strokes: Sequence[_Stroke], metre: Metre) -> list[_Stroke]:
    """Lead from the last beat of a bar into the next chord."""
    last = float(metre.beats - 1)
    kept = [stroke for stroke in strokes if stroke[0] < last]
    tones: tuple[_Tone, ...] = pick(rng, (("fifth", "approach"), ("octave", "approach"), ("third", "fifth")))
    step = metre.unit if metre.unit < 1 else 0.5
    return [*kept, *((last + index * step, step * 0.9, tone) for index, tone in enumerate(tones))]


def _pitch(rng: np.random.Generator, tone: _Tone, span: ChordSpan, chords: Sequence[ChordSpan], low: int) -> int:
    """Return the pitch of a chord's tone."""
    root = low + (span.chord.root - low) % 12
    intervals = QUALITIES[span.chord.quality]
    if tone == "fifth":
        fifth = 7 if 7 in intervals else intervals[-1] if len(intervals) == 2 else intervals[2]
        return root + fifth if root + fifth < low + 15 else root + fifth - 12
    if tone == "octave":
        return root + 12
    if tone == "third":
        return root + intervals[1]
    if tone == "approach":
        goal = chord_at(chords, span.end).chord.root
        return low + (goal - low) % 12 + pick(rng, (-1, 1, 2, -2))
    return root


@dataclass(frozen=True, slots=True)
class _Hand:
    """What a pattern is made from: chance, the metre, when the kick falls, and how long notes are held."""

    rng: np.random.Generator
    metre: Metre
    kicks: Sequence[float]
    gate: float

    @property
    def places(self) -> list[float]:
        """The bar's short notes, in beats."""
        return [index * self.metre.unit for index in range(round(self.metre.beats / self.metre.unit))]

    @property
    def short(self) -> float:
        """How long a short note is held."""
        return self.metre.unit * self.gate


def _pattern(rng: np.random.Generator, line: BassLine, metre: Metre, kicks: Sequence[float]) -> list[_Stroke]:
    """Return a bar of a line."""
    return _PATTERNS[line](_Hand(rng, metre, kicks, float(rng.uniform(0.6, 0.98))))


def _roots(hand: _Hand) -> list[_Stroke]:
    return [(0.0, float(hand.metre.beats), "root")]


def _eighths(hand: _Hand) -> list[_Stroke]:
    last = hand.metre.beats - 1
    return [(at, hand.short, "root" if at < last or hand.rng.random() < 0.8 else "fifth") for at in hand.places]


def _offbeat(hand: _Hand) -> list[_Stroke]:
    return [(at, hand.short, "root") for at in hand.places if hand.metre.weight(at) < 0.5] or _roots(hand)


def _octaves(hand: _Hand) -> list[_Stroke]:
    return [(at, hand.short, "root" if index % 2 == 0 else "octave") for index, at in enumerate(hand.places)]


def _walking(hand: _Hand) -> list[_Stroke]:
    tones: list[_Tone] = ["root"]
    while len(tones) < hand.metre.beats - 1:
        tones.append(pick(hand.rng, _WALKED))
    tones.append("approach")
    return [(float(beat), 0.95, tone) for beat, tone in enumerate(tones[: hand.metre.beats])]


def _root_fifth(hand: _Hand) -> list[_Stroke]:
    strong = hand.metre.strong if len(hand.metre.strong) > 1 else (0, hand.metre.beats - 1)
    return [(float(at), 2 * hand.short + 0.5, "root" if index % 2 == 0 else "fifth") for index, at in enumerate(strong)]


def _arpeggio(hand: _Hand) -> list[_Stroke]:
    cycle = pick(hand.rng, _CYCLES)
    return [(at, hand.short, cycle[index % 4]) for index, at in enumerate(hand.places)]


def _with_kick(hand: _Hand) -> list[_Stroke]:
    if not hand.kicks:
        return _roots(hand)
    return [(at, 1.5 * hand.gate, "root" if hand.rng.random() < 0.85 else "octave") for at in hand.kicks]


def _sub(hand: _Hand) -> list[_Stroke]:
    strokes = _roots(hand)
    if hand.rng.random() < 0.5 and len(hand.places) > 2:
        strokes.append((pick(hand.rng, hand.places[2:]), 1.0, "root"))
    return strokes


def _syncopated(hand: _Hand) -> list[_Stroke]:
    """Begin on the root, go with most kicks, and else prefer to fall between the beats."""
    rng, metre = hand.rng, hand.metre
    strokes: list[_Stroke] = [(0.0, 0.9 * hand.gate, "root")]
    for index in range(2, metre.beats * metre.steps_per_beat):
        at = index / metre.steps_per_beat
        locked = any(abs(at - kick) < 1e-6 for kick in hand.kicks)
        odds = 0.85 if locked else 0.2 if metre.weight(at) < 0.5 else 0.08
        if rng.random() < odds and at - strokes[-1][0] >= metre.unit / 2:
            strokes.append((at, float(rng.uniform(0.2, 0.9)), pick(rng, _JUMPED)))
    return strokes


_WALKED: Final[tuple[_Tone, ...]] = ("third", "fifth", "root", "octave")
_JUMPED: Final[tuple[_Tone, ...]] = ("root", "root", "fifth", "octave")
_CYCLES: Final[tuple[tuple[_Tone, ...], ...]] = (
    ("root", "fifth", "octave", "fifth"),
    ("root", "third", "fifth", "octave"),
)
_PATTERNS: Final[dict[BassLine, Callable[[_Hand], list[_Stroke]]]] = {
    "roots": _roots,
    "eighths": _eighths,
    "offbeat": _offbeat,
    "octaves": _octaves,
    "walking": _walking,
    "root_fifth": _root_fifth,
    "arpeggio": _arpeggio,
    "with_kick": _with_kick,
    "syncopated": _syncopated,
    "sub": _sub,
}
