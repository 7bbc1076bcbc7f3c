"""The form of a piece: which section follows which, how long, and how full each is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from segue.audio.analysis import SectionLabel
from segue.music.chance import pick
from segue.music.styles import Form

#: Label, what players call it, theme, importance, fullness: a short piece keeps what is important.
_Entry = tuple[SectionLabel, str, int, float, float]
_FORMS: Final[dict[Form, tuple[tuple[_Entry, ...], ...]]] = {
    "song": (
        (
            ("intro", "", 2, 6, 0.4),
            ("verse", "", 1, 9, 0.6),
            ("section", "pre-chorus", 4, 2.4, 0.7),
            ("chorus", "", 2, 8, 0.92),
            ("verse", "", 1, 4, 0.66),
            ("section", "pre-chorus", 4, 1.8, 0.76),
            ("chorus", "", 2, 5, 0.95),
            ("bridge", "", 3, 3, 0.52),
            ("chorus", "", 2, 2.6, 1.0),
            ("outro", "", 2, 7, 0.45),
        ),
        (
            ("intro", "", 1, 6, 0.4),
            ("verse", "", 1, 9, 0.58),
            ("verse", "", 1, 3, 0.66),
            ("chorus", "", 2, 8, 0.94),
            ("break", "", 3, 5, 0.3),
            ("verse", "", 1, 2, 0.68),
            ("chorus", "", 2, 4, 1.0),
            ("outro", "", 2, 7, 0.48),
        ),
        (
            ("intro", "", 0, 6, 0.38),
            ("verse", "", 1, 9, 0.6),
            ("chorus", "", 2, 8, 0.9),
            ("verse", "", 1, 4, 0.66),
            ("chorus", "", 2, 5, 0.95),
            ("bridge", "solo", 3, 3, 0.78),
            ("chorus", "", 2, 2, 1.0),
            ("outro", "", 1, 7, 0.42),
        ),
        (
            ("verse", "", 1, 9, 0.6),
            ("chorus", "", 2, 8, 0.92),
            ("verse", "", 1, 5, 0.66),
            ("chorus", "", 2, 4, 0.95),
            ("break", "", 0, 3, 0.3),
            ("chorus", "", 2, 2, 1.0),
            ("outro", "", 2, 6, 0.45),
        ),
    ),
    "dance": (
        (
            ("intro", "", 1, 7, 0.45),
            ("verse", "", 1, 6, 0.66),
            ("break", "", 2, 5, 0.28),
            ("bridge", "build-up", 3, 4.5, 0.62),
            ("chorus", "drop", 2, 9, 0.97),
            ("verse", "", 1, 3, 0.7),
            ("break", "", 4, 2.5, 0.25),
            ("bridge", "build-up", 3, 2.4, 0.66),
            ("chorus", "drop", 2, 3.5, 1.0),
            ("outro", "", 1, 8, 0.42),
        ),
        (
            ("intro", "", 0, 6, 0.42),
            ("verse", "", 1, 8, 0.68),
            ("bridge", "build-up", 3, 4, 0.6),
            ("chorus", "drop", 2, 9, 0.95),
            ("break", "", 4, 5, 0.28),
            ("verse", "", 1, 2, 0.72),
            ("bridge", "build-up", 3, 3, 0.66),
            ("chorus", "drop", 2, 3.5, 1.0),
            ("outro", "", 1, 7, 0.4),
        ),
    ),
    "tune": (
        (
            ("intro", "", 0, 6, 0.4),
            ("verse", "head", 1, 9, 0.66),
            ("chorus", "", 2, 7, 0.8),
            ("verse", "solo", 1, 5, 0.85),
            ("chorus", "solo", 2, 2, 0.9),
            ("verse", "head", 1, 4, 0.74),
            ("chorus", "", 2, 3, 0.95),
            ("outro", "", 1, 8, 0.5),
        ),
        (
            ("verse", "head", 1, 9, 0.66),
            ("verse", "head", 1, 6, 0.7),
            ("bridge", "", 2, 5, 0.62),
            ("verse", "head", 1, 4, 0.74),
            ("verse", "solo", 1, 5.5, 0.85),
            ("bridge", "solo", 2, 3, 0.8),
            ("chorus", "head", 1, 3.5, 0.95),
            ("outro", "", 1, 7, 0.5),
        ),
    ),
    "arch": (
        (
            ("intro", "", 0, 6, 0.28),
            ("verse", "", 1, 9, 0.46),
            ("chorus", "", 2, 8, 0.7),
            ("bridge", "", 3, 5, 0.55),
            ("verse", "", 1, 3, 0.6),
            ("chorus", "", 2, 4, 0.95),
            ("break", "", 0, 2, 0.35),
            ("outro", "", 1, 7, 0.3),
        ),
        (
            ("verse", "", 1, 9, 0.4),
            ("verse", "", 1, 4, 0.55),
            ("bridge", "", 3, 5, 0.65),
            ("chorus", "", 2, 8, 0.95),
            ("break", "", 3, 2, 0.35),
            ("chorus", "", 2, 3, 0.8),
            ("outro", "", 1, 7, 0.32),
        ),
    ),
}
_SILENT_DRUMS: Final[dict[str, float]] = {"intro": 0.45, "break": 0.75, "bridge": 0.25, "outro": 0.3}
_BRIEF: Final = ("intro", "break", "outro")
#: So many bars are one form; more of them are a suite of several, each with themes of its own.
_ONE_FORM, _MOVEMENT = 144, 96
_THEMES: Final = 10
_LONGEST_SECTION: Final = 32


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section to be.

    Attributes
    ----------
    label, theme, name
        As in `segue.music.score.SectionSpan`.
    bars
        How long.
    energy
        0 to 1: how dense and loud it is played; the piece's energy and the section's place in the form.
    drums
        Whether the drums play.
    shape
        0 to 1: how full it is beside the others, whatever the piece's energy.
    take
        How often the theme was heard before.
    leads_to
        The fullness of what follows, 0 at the end.
    lift
        By how many semitones it is raised.
    """

    label: SectionLabel
    theme: int
    bars: int
    energy: float
    drums: bool
    shape: float = 0.6
    take: int = 0
    name: str = ""
    leads_to: float = 0.0
    lift: int = 0

    @property
    def last(self) -> bool:
        """Whether the piece ends with it."""
        return self.leads_to == 0.0


def plan_form(
    rng: np.random.Generator, bars: int, form: Form = "song", *, energy: float = 0.6, unit: int | None = None
) -> tuple[SectionPlan, ...]:
    """Return sections of so many bars in total.

    Parameters
    ----------
    rng
        Chance.
    bars
        1 or more. Beyond 144 the piece is a suite: several forms, each with themes of its own, some of which return.
    form
        How such pieces go.
    energy
        0 to 1, of the whole piece. It changes no section's place or length.
    unit
        How many bars a section has, or a multiple of them, where the harmony asks for it: 12 in a blues.
    """
    movements = max(1, round(bars / _MOVEMENT)) if bars > _ONE_FORM else 1
    lengths = [bars // movements // 8 * 8] * (movements - 1) if movements > 1 else []
    lengths.append(bars - sum(lengths))
    plans: list[SectionPlan] = []
    for movement, length in enumerate(lengths):
        entries = list(pick(rng, _FORMS[form]))
        if movement > 0:
            entries = [_moved(entry, movement, again=rng.random() < 0.3) for entry in entries]
        if movement < movements - 1:
            entries = [entry for entry in entries if entry[0] != "outro"]
        plans += _sections(rng, entries, length, unit, energy)
    return _in_order(plans)


def _moved(entry: _Entry, movement: int, *, again: bool) -> _Entry:
    """Give a section of a later movement a theme of its own, but for choruses that return from the first."""
    label, name, theme, importance, shape = entry
    returning = again and label == "chorus" and movement > 1
    own = theme if returning else theme + _THEMES * movement
    return ("break" if label == "intro" else label, name, own, importance, shape)


def _sections(
    rng: np.random.Generator, entries: Sequence[_Entry], bars: int, unit: int | None, energy: float
) -> list[SectionPlan]:
    """Return as many of the sections as there is room for."""
    size = unit if unit and bars >= 3 * unit else 8 if bars >= 64 or (bars >= 36 and rng.random() < 0.4) else 4
    count = max(1, min(len(entries), bars // size))
    kept = sorted(sorted(range(len(entries)), key=lambda index: -entries[index][3])[:count])
    chosen = [entries[index] for index in kept]
    lengths = _lengths(rng, chosen, bars, size)
    scale = 0.28 + 0.9 * energy
    plans = []
    for (label, name, theme, _, shape), length in zip(chosen, lengths, strict=True):
        quiet = rng.random() < _SILENT_DRUMS.get(label, 0.0) * (1.25 - 0.5 * energy) and name not in (
            "build-up",
            "solo",
        )
        level = float(np.clip(shape * scale + rng.normal(0.0, 0.03), 0.05, 1.0))
        plans.append(SectionPlan(label, theme, length, level, drums=count == 1 or not quiet, shape=shape, name=name))
    return plans


def _lengths(rng: np.random.Generator, entries: Sequence[_Entry], bars: int, size: int) -> list[int]:
    """Return how many bars each section has: in units, what is over goes to what is important and not brief."""
    lengths = [size] * len(entries) if bars >= size else [bars]
    step = size if size == 12 else 4
    if size == 8:
        for index, entry in enumerate(entries):
            if entry[0] in _BRIEF or entry[1] in ("build-up", "pre-chorus"):
                lengths[index] -= 4 * int(rng.random() < 0.5)
    spare = bars - sum(lengths)
    worthy = [index for index, entry in enumerate(entries) if entry[0] not in _BRIEF] or [0]
    order = sorted(worthy, key=lambda index: -entries[index][3])
    while spare >= step:
        shortest = min(order, key=lambda index: (lengths[index] // 8, order.index(index)))
        lengths[shortest if lengths[shortest] < _LONGEST_SECTION else order[0]] += step
        spare -= step
    lengths[-1] += spare
    return lengths


def _in_order(plans: Sequence[SectionPlan]) -> tuple[SectionPlan, ...]:
    """Tell each section how often its theme was heard before, and what follows it."""
    heard: Counter[int] = Counter()
    told = []
    for index, plan in enumerate(plans):
        following = plans[index + 1].shape if index + 1 < len(plans) else 0.0
        told.append(replace(plan, take=heard[plan.theme], leads_to=following))
        heard[plan.theme] += 1
    return tuple(told)
