"""Drum parts: grooves over the form, with ghost notes, fills, crashes, build-ups, and bars that hold back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.music.chance import pick
from segue.music.form import SectionPlan
from segue.music.grooves import (
    CLOSED_HAT,
    CRASH,
    FILLS,
    GROOVES,
    KICK,
    KICKS,
    OPEN_HAT,
    RIDE,
    RIM,
    SNARE,
    SNARES,
    Groove,
    groove_in,
)
from segue.music.metre import Metre
from segue.music.score import Note

_CHANCES: Final = {"X": 1.0, "x": 1.0, "o": 1.0, "%": 0.7, "?": 0.25}
_VELOCITIES: Final = {"X": 112, "x": 92, "o": 44, "%": 84, "?": 66}
_CYMBALS: Final = (CLOSED_HAT, OPEN_HAT, RIDE)
_CELL_BARS: Final = 2


def choose_groove(rng: np.random.Generator, names: Sequence[str], metre: Metre, over: Sequence[str] = ()) -> Groove:
    """Return one of a style's grooves, or a plain one where the bar has not four even beats.

    Parameters
    ----------
    rng
        Chance.
    names
        Of `segue.music.grooves.GROOVES`.
    metre
        The bar.
    over
        Grooves of a blended style, whose cymbals and percussion may play over the kick and snare of the chosen one.
    """
    if metre.beats != 4 or metre.subdivision != 2:
        cymbal = pick(rng, (CLOSED_HAT, CLOSED_HAT, RIDE))
        back = pick(rng, (SNARE, SNARE, RIM))
        return groove_in(metre.beats, metre.steps_per_beat, metre.groups, cymbal, back)
    groove = GROOVES[pick(rng, names)]
    return _merged(groove, GROOVES[pick(rng, over)]) if over else groove


def _merged(foot: Groove, hands: Groove) -> Groove:
    """Return the kick and snare of one groove under what else another has; its own cymbals where that has none."""
    struck = {key: steps for key, steps in foot.items() if key in KICKS or key in SNARES}
    above = {key: steps for key, steps in hands.items() if key not in KICKS and key not in SNARES}
    return {**struck, **(above or {key: steps for key, steps in foot.items() if key not in struck})}


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
    rng: np.random.Generator,
    groove: Groove,
    metre: Metre,
    section: SectionPlan,
    *,
    busy: float,
    fills: float,
    again: np.random.Generator | None = None,
) -> list[Note]:
    """Return the drums of a section, from its beat 0 on.

    Two bars are drawn and repeated; every fourth bar is drawn anew, and the last one may lead on by a fill.

    Parameters
    ----------
    rng
        Chance; the same for all sections of a theme.
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
    again
        Draws what differs from another time that the theme is heard.
    """
    own = again or rng
    size = metre.beats * metre.steps_per_beat
    played = _for_section(rng, groove, section)
    if section.name == "build-up":
        notes = _build_up(metre, section)
        return [replace(note, velocity=round(note.velocity * _level(section))) for note in notes]
    notes = []
    cell = {key: rng.random(_CELL_BARS * size) for key in played}
    for bar in range(section.bars):
        if section.last and section.bars > 1 and bar == section.bars - 1:
            notes += _last_stroke(metre, bar)
            break
        final = bar == section.bars - 1
        fill = _choose_fill(own, section, bar, fills)
        kept = size - min(size, max((len(steps) for steps in fill.values()), default=0))
        stop = final and not fill and own.random() < 0.12
        if stop:  # everybody waits for the next section
            kept = int(own.integers(1, size // 2 + 1))
        drawn = {key: own.random(_CELL_BARS * size) for key in played} if bar % 4 == 3 else cell
        notes += _bar(drawn, played, metre, bar=bar, kept=kept, busy=busy, stop=stop, energy=section.energy)
        if fill:
            notes += _fill(fill, metre, bar, kept, own)
        elif bar % 4 == 3 and own.random() < 0.5:
            notes = _opened(notes, (bar + 1) * metre.beats - metre.unit)
        notes += _crash(own, section, bar, metre)
    return [replace(note, velocity=round(note.velocity * _level(section))) for note in notes]


def _level(section: SectionPlan) -> float:
    """Return how hard the drums are struck."""
    return 0.55 + 0.45 * section.energy


def _for_section(rng: np.random.Generator, groove: Groove, section: SectionPlan) -> Groove:
    """Return a groove as a section plays it: a full one moves from the hat to the ride, a break may leave the kick."""
    drawn = rng.random()
    if section.shape > 0.85 and section.energy > 0.5 and OPEN_HAT not in groove and drawn < 0.45:
        return {RIDE if key == CLOSED_HAT and RIDE not in groove else key: steps for key, steps in groove.items()}
    if section.label == "break" and drawn < 0.6:
        light = {key: steps for key, steps in groove.items() if key not in KICKS and key not in SNARES}
        return light or groove
    return groove


def _bar(
    drawn: dict[int, NDArray[np.float64]],
    groove: Groove,
    metre: Metre,
    *,
    bar: int,
    kept: int,
    busy: float,
    stop: bool,
    energy: float,
) -> list[Note]:
    """Return a bar of a groove up to the step where a fill begins, or everything stops."""
    size = metre.beats * metre.steps_per_beat
    start = bar * metre.beats
    notes = []
    for key, steps in groove.items():
        for step in range(size):
            at = bar * size + step
            sign = steps[at % len(steps)]
            if sign == "-" or (step >= kept and (stop or key not in KICKS)):
                continue
            odd = step % metre.steps_per_beat % 2 == 1
            if drawn[key][at % len(drawn[key])] < _odds(key, sign, odd=odd, busy=busy, energy=energy):
                notes.append(
                    Note(start + step / metre.steps_per_beat, 1 / metre.steps_per_beat, key, _VELOCITIES[sign])
                )
    return notes


def _opened(notes: Sequence[Note], at: float) -> list[Note]:
    """Open the hat at a beat."""
    return [
        replace(note, pitch=OPEN_HAT) if note.pitch == CLOSED_HAT and abs(note.start - at) < 1e-6 else note
        for note in notes
    ]


def _odds(key: int, sign: str, *, odd: bool, busy: float, energy: float) -> float:
    """Return how likely a stroke comes: the calmer it is, the fewer there are between the beats."""
    if sign == "X":
        return 0.3 + 2.0 * energy if key in _CYMBALS else 1.0
    if sign == "o":
        return 1.6 * energy
    if sign == "x":
        return 0.1 + 1.6 * energy if odd or key in _CYMBALS else 0.5 + energy
    return _CHANCES[sign] * (0.1 + 0.6 * busy + 0.9 * energy)


def _choose_fill(rng: np.random.Generator, section: SectionPlan, bar: int, often: float) -> Groove:
    """Return the fill of a bar, or nothing: a large one before what is fuller, a small one within a section."""
    drawn, size = rng.random(), rng.random()
    if bar == section.bars - 1:
        rises = section.leads_to > section.shape + 0.1
        if section.last or section.label == "break" or drawn > (0.9 if rises else often):
            return {}
        most = 16 if rises and size < 0.4 else 8
        return pick(rng, [fill for fill in FILLS if most / 2 <= _steps(fill) <= most])
    if bar % 4 == 3 and drawn < often * (0.2 + 0.15 * min(section.take, 2)):
        return pick(rng, [fill for fill in FILLS if _steps(fill) <= 4 + 4 * (bar % 8 == 7)])
    return {}


def _steps(fill: Groove) -> int:
    return max(len(steps) for steps in fill.values())


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


def _crash(rng: np.random.Generator, section: SectionPlan, bar: int, metre: Metre) -> list[Note]:
    """Return the crash that opens a full section, and sometimes its second half."""
    odds = 0.85 if bar == 0 else 0.4 if bar % 8 == 0 and section.shape > 0.9 else 0.0
    drawn = rng.random()
    if section.energy > 0.42 and section.label not in ("intro", "break") and drawn < odds:
        return [Note(float(bar * metre.beats), 1.0, CRASH, 100)]
    return []


def _build_up(metre: Metre, section: SectionPlan) -> list[Note]:
    """Return a snare roll that doubles its pace and grows louder, over a kick that falls silent at the end."""
    beats = section.bars * metre.beats
    notes = []
    at = 0.0
    while at < beats - metre.beats / 2:
        done = at / beats
        notes.append(Note(at, 0.2, SNARE, round(50 + 62 * done)))
        at += 1.0 if done < 0.4 else 0.5 if done < 0.75 else 0.25
    kicks = [Note(float(beat), 0.5, KICK, 108) for beat in range(beats - metre.beats)]
    crash = [Note(0.0, 1.0, CRASH, 84)]
    return sorted([*notes, *kicks, *crash], key=lambda note: note.start)


def _last_stroke(metre: Metre, bar: int) -> list[Note]:
    """Return the stroke that ends the song."""
    at = float(bar * metre.beats)
    return [Note(at, 1.0, KICK, 112), Note(at, float(metre.beats), CRASH, 104)]
