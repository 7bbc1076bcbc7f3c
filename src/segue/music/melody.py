"""Melodies: motifs laid over chords in phrases that ask and answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from segue.audio.analysis import Key
from segue.music.chance import pick
from segue.music.harmony import pitch_classes, scale_over, scale_pitches
from segue.music.metre import Metre
from segue.music.motifs import Motif, Operation, developed, invent
from segue.music.score import ChordSpan, Note

#: A slot of a phrase: which motif, what is made of it, and by how many steps it is moved.
_Slot = tuple[str, Operation, int]
_SLOTS: Final = 4
#: Pairs of phrases: the first asks, the second answers. Periods, sentences, and hooks that say it again.
_VERSES: Final[tuple[tuple[tuple[_Slot, ...], tuple[_Slot, ...]], ...]] = (
    (
        (("A", "same", 0), ("B", "same", 0), ("A", "same", 0), ("C", "same", 0)),
        (("A", "same", 0), ("B", "answered", 0), ("A", "inverted", 1), ("C", "thinned", 0)),
    ),
    (
        (("A", "same", 0), ("A", "same", 1), ("A", "fragment", 2), ("C", "same", 0)),
        (("A", "same", 0), ("A", "same", -1), ("B", "fragment", 0), ("C", "thinned", 0)),
    ),
    (
        (("A", "same", 0), ("A", "answered", 0), ("B", "same", 0), ("C", "same", 0)),
        (("A", "same", 0), ("A", "answered", 1), ("B", "augmented", 0), ("C", "thinned", 0)),
    ),
    (
        (("A", "same", 0), ("B", "same", 0), ("A", "answered", 0), ("B", "thinned", 0)),
        (("A", "same", 1), ("B", "same", 1), ("C", "same", 0), ("B", "thinned", 0)),
    ),
)
_HOOKS: Final[tuple[tuple[tuple[_Slot, ...], tuple[_Slot, ...]], ...]] = (
    (
        (("A", "same", 0), ("A", "same", 0), ("A", "same", 1), ("C", "same", 0)),
        (("A", "same", 0), ("A", "same", 0), ("A", "answered", 0), ("C", "thinned", 0)),
    ),
    (
        (("A", "same", 0), ("B", "same", 0), ("A", "same", 0), ("B", "answered", 0)),
        (("A", "same", 0), ("B", "same", 0), ("A", "same", 2), ("C", "thinned", 0)),
    ),
    (
        (("A", "same", 0), ("A", "same", 0), ("B", "same", 0), ("A", "thinned", 0)),
        (("A", "same", 0), ("A", "same", 0), ("B", "augmented", 0), ("A", "thinned", 0)),
    ),
)
#: How many short notes lead into a phrase.
_PICKUPS: Final = (0, 0, 1, 2, 3)
_WIDEST_LEAP: Final = 9
#: Where in its last bar a phrase has come to rest, as a share, and how long the breath before the next is, in beats.
_CADENCE: Final = 0.55
_BREATH: Final = 1.0


@dataclass(frozen=True, slots=True)
class Voice:
    """How a melody is to be.

    Attributes
    ----------
    low, high
        Its range, MIDI numbers, more than an octave.
    density, fine
        As in `segue.music.motifs.invent`.
    bars_per_motif
        1, or 2 in fast music.
    hook
        Whether it says one motif again and again, as choruses do.
    ornament
        0 to 1: how often a motif that returns is ornamented; its first bar never is.
    upward
        -1 (phrases fall) to 1 (they rise).
    height
        0 to 1: where in its range it lies.
    """

    low: int
    high: int
    density: float = 0.5
    fine: bool = False
    bars_per_motif: int = 1
    hook: bool = False
    ornament: float = 0.0
    upward: float = 0.0
    height: float = 0.5


def chord_at(chords: Sequence[ChordSpan], beat: float) -> ChordSpan:
    """Return the chord that sounds at a beat; before the first and after the last, the nearest."""
    for span in chords:
        if beat < span.end - 1e-9:
            return span
    return chords[-1]


def invent_motifs(rng: np.random.Generator, metre: Metre, voice: Voice) -> dict[str, Motif]:
    """Return the motifs of a melody, ``A``, ``B`` and ``C``; all are cut from one cloth: B and C share bits of A."""
    first, second, third = (
        invent(rng, metre, voice.density, fine=voice.fine, bars=voice.bars_per_motif, upward=voice.upward * (1 - index))
        for index in range(3)
    )
    if rng.random() < 0.5 and len(first.starts) > 2:  # an answer in the rhythm of the question
        size = len(first.starts)
        offsets = (second.offsets * size)[:size]
        second = replace(first, offsets=offsets)
    return {"A": first, "B": second, "C": third}


def sing(
    rng: np.random.Generator,
    metre: Metre,
    key: Key,
    chords: Sequence[ChordSpan],
    *,
    bars: int,
    voice: Voice,
    motifs: dict[str, Motif] | None = None,
    variation: np.random.Generator | None = None,
) -> list[Note]:
    """Return a melody over chords.

    Phrases have four motifs; the first of a pair ends open, the second on the tonic where the chord holds it. Strong
    and long notes are tones of the chord, the others move by step to them or leap within it.

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
    voice
        How it is to be.
    motifs
        What it is made of; invented where there are none.
    variation
        Draws what differs from another time that the same melody is heard.
    """
    ideas = motifs or invent_motifs(rng, metre, voice)
    pair = pick(rng, _HOOKS if voice.hook else _VERSES)
    pickup = pick(rng, _PICKUPS)
    again = variation or rng
    line = _Line(metre, key, chords, voice)
    per_slot = voice.bars_per_motif
    for slot in range(-(-bars // per_slot)):
        phrase, place = divmod(slot, _SLOTS)
        name, operation, shift = pair[phrase % 2][place]
        idea = developed(rng, ideas[name], operation, metre.unit)
        if place > 0 and again.random() < voice.ornament + (0.25 if phrase > 1 else 0.0):
            idea = developed(again, idea, "ornamented", metre.unit / (2 if voice.fine else 1))
        ending = place == _SLOTS - 1 or (slot + 1) * per_slot >= bars
        first = len(line)
        line.add(idea, slot * per_slot * metre.beats, bars * metre.beats, place=place, shift=shift, ending=ending)
        if place == 0 and slot > 0:
            line.lead_in(first, pickup)
        if ending:
            line.cadence(closed=phrase % 2 == 1 or (slot + 1) * per_slot >= bars)
    return line.notes(rng)


class _Line:
    """A melody that grows motif by motif."""

    def __init__(self, metre: Metre, key: Key, chords: Sequence[ChordSpan], voice: Voice) -> None:
        self._metre, self._key, self._chords, self._voice = metre, key, chords, voice
        self._scale = scale_pitches(key, voice.low, voice.high)
        self._made: list[tuple[float, float, int]] = []
        self._anchors: dict[tuple[Motif, int, int, str], int] = {}

    def add(self, motif: Motif, start: float, end: float, *, place: int, shift: int, ending: bool) -> None:
        """Lay a motif at a beat, where its first note is a tone of the chord."""
        latest = motif.starts[0] + (motif.beats - motif.starts[0]) * (_CADENCE if ending else 1.0)
        notes = [
            (start + at, length, offset)
            for at, length, offset in zip(motif.starts, motif.lengths, motif.offsets, strict=True)
            if start + at < end - 1e-9 and at < latest
        ]
        if not notes:
            return
        anchor = self._anchor(motif, notes[0][0], place, shift)
        for index, (at, length, offset) in enumerate(notes):
            position = self._folded(anchor + offset)
            following = notes[index + 1][0] if index + 1 < len(notes) else min(start + motif.beats, end)
            firm = self._metre.weight(at) > 0.5 or length > 1.0 or (ending and index == len(notes) - 1)
            self._made.append((at, min(length, following - at), self._pitch(position, at, firm=firm)))
        self._smooth(len(notes))

    def __len__(self) -> int:
        return len(self._made)

    def lead_in(self, first: int, count: int) -> None:
        """Lead into a phrase that begins with a certain note by steps from below, as far as there is room."""
        if first >= len(self._made) or first == 0:
            return
        goal, unit = self._made[first], self._metre.unit
        before_end = self._made[first - 1][0] + self._made[first - 1][1]
        count = min(count, int((goal[0] - before_end) / unit) - 1)
        position = min(range(len(self._scale)), key=lambda index: abs(self._scale[index] - goal[2]))
        for step in range(1, count + 1):
            at = goal[0] - step * unit
            self._made.insert(
                first, (at, unit * 0.9, self._pitch(max(0, position - step), at, firm=self._metre.weight(at) > 0.5))
            )

    def cadence(self, *, closed: bool) -> None:
        """End the phrase: on the tonic, or open on another tone of the chord; held, and then a breath."""
        if not self._made:
            return
        at, _, pitch = self._made[-1]
        tones = pitch_classes(chord_at(self._chords, at).chord)
        tonic = self._key.tonic
        wanted = [tonic] if closed and tonic in tones else [tone for tone in tones if closed or tone != tonic] or tones
        bar_end = (at // self._metre.beats + 1) * self._metre.beats
        held = max(min(bar_end - at - _BREATH, 3.0), self._metre.unit / 2)
        self._made[-1] = (at, held, _nearest(pitch, wanted, self._voice.low, self._voice.high))

    def notes(self, rng: np.random.Generator) -> list[Note]:
        """Return what was made, stressed as the metre is, and louder where it is higher."""
        made = []
        middle = sum(pitch for _, _, pitch in self._made) / max(1, len(self._made))
        for at, length, pitch in self._made:
            stress = 22 * self._metre.weight(at) * rng.uniform(0.7, 1.0)
            velocity = min(round(76 + stress + 0.8 * (pitch - middle)), 120)
            made.append(Note(at, max(length, self._metre.unit * 0.4), pitch, velocity))
        return made

    def _anchor(self, motif: Motif, at: float, place: int, shift: int) -> int:
        """Return where on the scale a motif begins: the same motif over the same chord begins on the same note."""
        chord = chord_at(self._chords, at).chord
        known = (motif, shift, chord.root, chord.quality)
        if known not in self._anchors:
            size = len(self._scale)
            arch = np.sin(np.pi * (place + 0.5) / _SLOTS) * 1.5 + self._voice.upward * (place - 1.5)
            target = self._voice.height * (size - 1) + arch + shift - float(np.mean(motif.offsets))
            before = self._made[-1][2] if self._made else None
            tones = pitch_classes(chord)
            options = [index for index, pitch in enumerate(self._scale) if pitch % 12 in tones] or [size // 2]
            self._anchors[known] = min(
                options,
                key=lambda index: (
                    abs(index - target)
                    + (0.15 * max(0, abs(self._scale[index] - before) - 4) if before is not None else 0.0)
                ),
            )
        return self._anchors[known]

    def _folded(self, position: int) -> int:
        """Return a position on the scale, mirrored where it would leave the range."""
        top = len(self._scale) - 1
        position = abs(position)
        return position if position <= top else max(0, 2 * top - position)

    def _pitch(self, position: int, at: float, *, firm: bool) -> int:
        """Return the pitch of a position: a tone of the chord where it is firm, else of the scale over it."""
        chord = chord_at(self._chords, at).chord
        pitch = self._scale[position]
        if firm:
            return _nearest(pitch, pitch_classes(chord), self._voice.low, self._voice.high)
        return _nearest(pitch, tuple(scale_over(chord, self._key)), self._voice.low, self._voice.high)

    def _smooth(self, count: int) -> None:
        """Bring notes nearer that lie too far from the one before, and let no strange note be leapt from and to."""
        first = len(self._made) - count
        for index in range(max(first, 1), len(self._made)):
            at, length, pitch = self._made[index]
            before = self._made[index - 1][2]
            if abs(pitch - before) > _WIDEST_LEAP:
                nearer = pitch + (12 if pitch < before else -12)
                if self._voice.low <= nearer <= self._voice.high:
                    pitch = nearer
            after = self._made[index + 1][2] if index + 1 < len(self._made) else None
            tones = pitch_classes(chord_at(self._chords, at).chord)
            leapt = abs(pitch - before) > 2 and (after is None or abs(after - pitch) > 2)
            if leapt and pitch % 12 not in tones:
                pitch = _nearest(pitch, tones, self._voice.low, self._voice.high)
            self._made[index] = (at, length, pitch)


def _nearest(pitch: int, classes: Sequence[int], low: int, high: int) -> int:
    """Return the pitch of one of the pitch classes that is nearest to a pitch."""
    options = [other for other in range(max(low, pitch - 6), min(high, pitch + 6) + 1) if other % 12 in classes]
    return min(options, key=lambda other: abs(other - pitch), default=pitch)
