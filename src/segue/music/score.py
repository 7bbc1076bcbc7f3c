"""What is to be played: notes in beats, a map from beats to seconds, and what is known of the music they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Key, SectionLabel

#: The stem that a part belongs to, in the words of `segue.engines.separation`.
Role = Literal["vocals", "drums", "bass", "other"]


@dataclass(frozen=True, slots=True)
class Note:
    """One note.

    Attributes
    ----------
    start, duration
        In beats from the score's beginning; already with their swing and humanisation.
    pitch
        MIDI number; on a drum part, the General MIDI percussion key.
    velocity
        1 to 127.
    """

    start: float
    duration: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """One player.

    Attributes
    ----------
    name
        Such as ``lead guitar``; unlike the other parts' names.
    role
        The stem that it sounds in.
    program
        General MIDI program, 0 to 127; on a drum part, the kit's.
    notes
        In order of their start.
    """

    name: str
    role: Role
    program: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class ChordName:
    """A chord's root (pitch class, C = 0), and its quality in Harte's words (``maj``, ``min``, ``7``, ``min7``...)."""

    root: int
    quality: str


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord from one beat to another."""

    start: float
    end: float
    chord: ChordName


@dataclass(frozen=True, slots=True)
class SectionSpan:
    """A section from one beat to another.

    Attributes
    ----------
    start, end
        Beats.
    label
        What it is.
    theme
        The same for sections that repeat the same music.
    energy
        0 to 1: how full it is.
    name
        What players call it, where the label has no word for it: ``pre-chorus``, ``build-up``, ``drop``, ``solo``.
    """

    start: float
    end: float
    label: SectionLabel
    theme: int
    energy: float = 0.6
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A piece of music.

    Attributes
    ----------
    style
        The style that it was composed in; of several, the main one.
    seed
        What it was composed with: the same seed and the same wishes give the same score.
    beats_s
        When each beat falls, in seconds, ascending, one more than there are beats: the last one is the end. Tempo,
        drift and rubato are all in here.
    beats_per_bar
        3, 4, 6 (6/8, its eighths are the beats), ...; bar lines are at beats 0, ``beats_per_bar``, ...
    key
        The key that it is mostly in.
    chords, sections
        Without gaps, from beat 0 to the last.
    parts
        The players.
    subdivision
        Parts that a beat falls into: 3 in shuffles written as 12/8, else 2.
    styles
        All styles that it lies between, with their shares (`segue.music.blending.blend`); empty where ``style`` is all
        that is known.
    band
        Draws how the players sound: the same for all songs of a band.
    energy, valence
        0 to 1, as they were wished or drawn (`segue.music.wishes.Wishes`).
    """

    style: str
    seed: int
    beats_s: NDArray[np.float64]
    beats_per_bar: int
    key: Key
    chords: tuple[ChordSpan, ...]
    sections: tuple[SectionSpan, ...]
    parts: tuple[Part, ...]
    subdivision: int = 2
    styles: Mapping[str, float] = field(default_factory=dict)
    band: int = 0
    energy: float = 0.6
    valence: float = 0.5

    def seconds(self, beats: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return when a position in beats sounds, in seconds; between two beats time runs evenly."""
        return np.asarray(np.interp(beats, np.arange(self.beats_s.size), self.beats_s))

    @property
    def downbeats_s(self) -> NDArray[np.float64]:
        """When each bar begins, in seconds."""
        return self.beats_s[: -1 : self.beats_per_bar]

    @property
    def tempo_bpm(self) -> float:
        """The mean tempo."""
        return float(60.0 * (self.beats_s.size - 1) / (self.beats_s[-1] - self.beats_s[0]))
