"""The form of a song: which section follows which, how long, and how full each is."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.audio.analysis import SectionLabel
from segue.music.chance import pick

#: Label, theme, importance: a short song keeps what is important.
_Entry = tuple[SectionLabel, int, int]
_FORMS: Final[tuple[tuple[_Entry, ...], ...]] = (
    (
        ("intro", 0, 6),
        ("verse", 1, 9),
        ("chorus", 2, 8),
        ("verse", 1, 4),
        ("chorus", 2, 5),
        ("bridge", 3, 3),
        ("chorus", 2, 2),
        ("outro", 0, 7),
    ),
    (
        ("intro", 1, 6),
        ("verse", 1, 9),
        ("verse", 1, 3),
        ("chorus", 2, 8),
        ("break", 3, 5),
        ("verse", 1, 2),
        ("chorus", 2, 4),
        ("outro", 2, 7),
    ),
    (
        ("intro", 0, 6),
        ("verse", 1, 7),
        ("break", 2, 5),
        ("chorus", 2, 9),
        ("verse", 1, 3),
        ("bridge", 3, 2),
        ("chorus", 2, 4),
        ("outro", 1, 8),
    ),
    (
        ("verse", 1, 9),
        ("chorus", 2, 8),
        ("verse", 1, 5),
        ("chorus", 2, 4),
        ("break", 0, 3),
        ("chorus", 2, 2),
        ("outro", 2, 6),
    ),
)
_ENERGY: Final[dict[str, float]] = {
    "intro": 0.4,
    "verse": 0.62,
    "chorus": 0.95,
    "bridge": 0.55,
    "break": 0.3,
    "outro": 0.45,
}
_SILENT_DRUMS: Final[dict[str, float]] = {"intro": 0.45, "break": 0.65, "bridge": 0.25, "outro": 0.35}


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section to be.

    Attributes
    ----------
    label, theme
        As in `segue.music.score.SectionSpan`.
    bars
        How long.
    energy
        0 to 1: who plays, and how loud.
    drums
        Whether the drums play.
    """

    label: SectionLabel
    theme: int
    bars: int
    energy: float
    drums: bool


def plan_form(rng: np.random.Generator, bars: int) -> tuple[SectionPlan, ...]:
    """Return sections of so many bars in total, 1 or more."""
    form = pick(rng, _FORMS)
    unit = 8 if bars >= 56 or (bars >= 32 and rng.random() < 0.4) else 4
    count = max(1, min(len(form), bars // unit))
    kept = sorted(sorted(range(len(form)), key=lambda index: -form[index][2])[:count])
    lengths = [unit] * count if bars >= unit else [bars]
    spare = bars - sum(lengths)
    while spare >= 4:
        lengths[int(rng.integers(count))] += 4
        spare -= 4
    lengths[-1] += spare
    energies = {theme: rng.normal(0.0, 0.06) for _, theme, _ in form}
    return tuple(
        SectionPlan(
            label=label,
            theme=theme,
            bars=length,
            energy=float(np.clip(_ENERGY[label] + energies[theme], 0.1, 1.0)),
            drums=count == 1 or rng.random() >= _SILENT_DRUMS.get(label, 0.0),
        )
        for (label, theme, _), length in zip((form[index] for index in kept), lengths, strict=True)
    )
