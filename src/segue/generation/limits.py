"""What a listener's preferences leave open: ranges that hold, whatever else conditions a track."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, Final

from segue.engines.generation import GenerationMode
from segue.taste.service import Preference

Range = tuple[float, float]

_ENERGIES: Final[dict[str, Range]] = {"calm": (0.0, 0.4), "balanced": (0.4, 0.65), "energetic": (0.65, 1.0)}
_BASSES: Final = {"light": -0.7, "balanced": 0.0, "heavy": 0.7}
_VOCALS: Final[dict[str, bool | None]] = {"vocal": True, "both": None, "instrumental": False}


@dataclass(frozen=True, slots=True)
class Limits:
    """What has to hold; None where nothing has to.

    Attributes
    ----------
    tempo_bpm, energy
        From, to.
    vocals
        Whether anybody may sing, or must.
    bass
        -1 (light) to 1 (heavy).
    clean
        Whether words that are explicit are unwelcome.
    said
        Names of the preferences that the listener said, of those that hold; the others were inferred.
    """

    tempo_bpm: Range | None = None
    energy: Range | None = None
    vocals: bool | None = None
    bass: float | None = None
    clean: bool | None = None
    said: frozenset[str] = frozenset()

    def tempo(self, tempo_bpm: float) -> float:
        """Return a tempo that holds: the same, else its half or double, else the nearest."""
        return tempo_bpm if self.tempo_bpm is None else fitted(tempo_bpm, self.tempo_bpm)

    def calm(self, energy: float) -> float:
        """Return the energy that holds and is nearest."""
        low, high = self.energy or (0.0, 1.0)
        return min(high, max(low, energy))


def limits_of(preferences: Sequence[Preference], mode: GenerationMode) -> Limits:
    """Return what preferences ask of a track.

    What was said holds in every mode but ``extend``, which goes on as its source does. What was only inferred from a
    listener's songs holds where their taste leads: in ``new``; a source or a playlist that they chose says more.
    """
    if mode == "extend":
        return Limits()
    held = {
        one.name: one.value
        for one in preferences
        if one.value is not None and (one.source == "said" or (one.source == "inferred" and mode == "new"))
    }
    said = frozenset(one.name for one in preferences if one.source == "said" and one.name in held)
    return Limits(
        tempo_bpm=_tempo_range(held.get("tempo_range")),
        energy=_ENERGIES.get(held.get("energy", "")),
        vocals=_VOCALS.get(held.get("vocals", "")),
        bass=_BASSES.get(held.get("bass_level", "")),
        clean=not held["explicit_lyrics"] if "explicit_lyrics" in held else None,
        said=said,
    )


def fitted(tempo_bpm: float, within: Range) -> float:
    """Return a tempo within a range: the same, or as many octaves away as need be, or else the nearest end."""
    low, high = within
    octaves = [tempo_bpm * 2.0**shift for shift in (0, 1, -1, 2, -2)]
    inside = [tempo for tempo in octaves if low <= tempo <= high]
    if inside:
        return inside[0]
    nearest = min(octaves, key=lambda tempo: min(abs(log2(tempo / low)), abs(log2(tempo / high))))
    return min(high, max(low, nearest))


def _tempo_range(value: Any) -> Range | None:
    return None if value is None else (float(value["min_bpm"]), float(value["max_bpm"]))
