"""Drum parts: grooves over the form, with ghost notes, fills, crashes and bars that hold back."""

from collections.abc import Sequence

import numpy as np

from segue.music.chance import pick
from segue.music.form import SectionPlan
from segue.music.grooves import (
    CLOSED_HAT,
    CRASH,
    FILLS,
    GROOVES,
    KICK,
    KICKS,
    RIDE,
    RIM,
    SNARE,
    SNARES,
    Groove,
    groove_in,
)
from segue.music.metre import Metre
from segue.music.score import Note

_CHANCES = {"X": 1.0, "x": 1.0, "o": 1.0, "%": 0.7, "?": 0.25}
_VELOCITIES = {"X": 112, "x": 92, "o": 44, "%": 84, "?": 66}


def choose_groove(rng: np.random.Generator, names: Sequence[str], metre: Metre) -> Groove:
    """Return one of a style's grooves, or a plain one where the bar has not four even beats."""
    if metre.beats == 4 and metre.subdivision == 2:
        return GROOVES[pick(rng, names)]
    cymbal = pick(rng, (CLOSED_HAT, CLOSED_HAT, RIDE))
    back = pick(rng, (SNARE, SNARE, RIM))
    return groove_in(metre.beats, metre.steps_per_beat, metre.groups, cymbal, back)


def half_time(groove: Groove) -> Groove:
    """Return a groove whose back beat comes half as often; what keeps time stays."""
    halved: Groove = {}
    for key, steps in groove.items():
        if key in SNARES:
            halved[key] = "".join("X" if index % 16 == 8 else "-" for index in range(len(steps)))
        elif key in KICKS:
            halved[key] = "".join(step if index % 16 < 8 else "-" for index, step in enumerate(steps))
        else:
            halved[key] = steps
    return halved


def kick_beats(groove: Groove, metre: Metre) -> tuple[float, ...]:
    """Return when the kick surely falls in a groove's first bar, in beats."""
    size = metre.beats * metre.steps_per_beat
    steps = groove.get(KICK, "")[:size]
    return tuple(index / metre.steps_per_beat for index, step in enumerate(steps) if step in "Xx")


def drum(
    rng: np.random.Generator, groove: Groove, metre: Metre, section: SectionPlan, *, busy: float, fills: float
) -> list[Note]:
    """Return the drums of a section, from its beat 0 on.

    Parameters
    ----------
    rng
        Chance.
    groove
        What is repeated.
    metre
        Its bar.
    section
        How long and how loud.
    busy
        0 to 1: how often what may come comes.
    fills
        How often a fill leads into the next section.
    """
    notes: list[Note] = []
    size = metre.beats * metre.steps_per_beat
    for bar in range(section.bars):
        final = bar == section.bars - 1
        fill = (
            pick(rng, FILLS) if (final and rng.random() < fills) or (bar % 4 == 3 and rng.random() < fills / 4) else {}
        )
        kept = size - min(size, max((len(steps) for steps in fill.values()), default=0))
        stop = final and not fill and rng.random() < 0.12
        if stop:  # everybody waits for the next section
            kept = int(rng.integers(1, size // 2 + 1))
        notes += _bar(rng, groove, metre, bar=bar, kept=kept, busy=busy, stop=stop)
        if fill:
            notes += _fill(fill, metre, bar, kept, rng)
        if bar == 0 and section.energy > 0.5 and rng.random() < 0.7:
            notes.append(Note(0.0, 1.0, CRASH, 100))
    scale = 0.75 + 0.25 * section.energy
    return [Note(note.start, note.duration, note.pitch, round(note.velocity * scale)) for note in notes]


def _bar(
    rng: np.random.Generator, groove: Groove, metre: Metre, *, bar: int, kept: int, busy: float, stop: bool
) -> list[Note]:
    """Return a bar of a groove up to the step where a fill begins, or everything stops."""
    size = metre.beats * metre.steps_per_beat
    start = bar * metre.beats
    notes = []
    for key, steps in groove.items():
        for step in range(size):
            sign = steps[(bar * size + step) % len(steps)]
            if sign == "-" or (step >= kept and (stop or key not in KICKS)):
                continue
            if rng.random() < _CHANCES[sign] * (1.0 if sign in "Xxo" else 0.4 + busy):
                at = start + step / metre.steps_per_beat
                notes.append(Note(at, 1 / metre.steps_per_beat, key, _VELOCITIES[sign]))
    return notes


def _fill(fill: Groove, metre: Metre, bar: int, kept: int, rng: np.random.Generator) -> list[Note]:
    """Return a fill at the end of a bar, growing louder."""
    room = metre.beats * metre.steps_per_beat - kept
    notes = []
    for key, steps in fill.items():
        for index, sign in enumerate(steps[-room:] if room else ""):
            if sign != "-":
                at = bar * metre.beats + (kept + index) / metre.steps_per_beat
                velocity = 78 + 34 * index / max(1, room) + rng.normal(0, 5)
                notes.append(Note(at, 0.25, key, int(np.clip(velocity, 30, 122))))
    return notes
