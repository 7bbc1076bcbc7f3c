"""How beats make bars, and bars the grid that players think in."""

from dataclasses import dataclass
from typing import Final

_GROUPS: Final = {1: (1,), 2: (2,), 3: (3,), 4: (2, 2), 5: (3, 2), 6: (3, 3), 7: (4, 3), 9: (3, 3, 3), 12: (3, 3, 3, 3)}


@dataclass(frozen=True, slots=True)
class Metre:
    """A metre.

    Attributes
    ----------
    beats
        In a bar: 6 is 6/8 counted in eighths, 5 and 7 are counted in quarters.
    subdivision
        Parts that a beat falls into: 3 where a bar of four beats is 12/8.
    """

    beats: int
    subdivision: int = 2

    @property
    def compound(self) -> bool:
        """Whether the beats are eighths that go in threes."""
        return self.beats in (6, 9, 12)

    @property
    def steps_per_beat(self) -> int:
        """How many steps of the drummer's grid a beat has."""
        if self.subdivision == 3:
            return 3
        return 2 if self.compound else 4

    @property
    def unit(self) -> float:
        """The short note that melodies and chords move in, in beats."""
        return 1.0 if self.compound else 1 / self.subdivision

    @property
    def groups(self) -> tuple[int, ...]:
        """How the beats of a bar are grouped; each group begins strongly."""
        if self.beats in _GROUPS:
            return _GROUPS[self.beats]
        return (2,) * ((self.beats - 3) // 2) + ((3,) if self.beats % 2 else (3, 1))

    @property
    def strong(self) -> tuple[int, ...]:
        """The beats on which groups begin."""
        starts = [0]
        for group in self.groups[:-1]:
            starts.append(starts[-1] + group)
        return tuple(starts)

    def weight(self, beat: float) -> float:
        """Return how strong a position in the bar is: 1 on its first beat, 0.2 between the beats."""
        at = beat % self.beats
        if abs(at - round(at)) > 1e-6:
            return 0.35 if abs(at * 2 - round(at * 2)) < 1e-6 else 0.2
        if round(at) % self.beats == 0:
            return 1.0
        return 0.8 if round(at) in self.strong else 0.55
