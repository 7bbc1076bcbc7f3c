"""What Segue hears in a song, as values: the result types of the analysis."""

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["major", "minor"]

PITCH_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SectionLabel = Literal["intro", "verse", "chorus", "bridge", "break", "outro", "silence", "section"]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Tempo and metre.

    Attributes
    ----------
    tempo_bpm
        Beats per minute; 0.0 where nothing pulses.
    tempo_confidence
        0 to 1: the probability that ``tempo_bpm`` is right to within 4 %.
    beats_s, downbeats_s
        Times; every downbeat is one of the beats.
    time_signature
        Beats in a bar, 2 to 7.
    """

    tempo_bpm: float
    tempo_confidence: float
    beats_s: tuple[float, ...]
    downbeats_s: tuple[float, ...]
    time_signature: int


@dataclass(frozen=True, slots=True)
class Key:
    """A musical key.

    Attributes
    ----------
    tonic
        Pitch class, C = 0.
    mode
        ``major`` or ``minor``.
    confidence
        0 to 1.
    """

    tonic: int
    mode: Mode
    confidence: float = 1.0

    @property
    def tonic_name(self) -> str:
        """The tonic in letters."""
        return PITCH_NAMES[self.tonic]

    @property
    def camelot(self) -> str:
        """The place on the Camelot wheel that DJs mix by: ``8B`` is C major, ``8A`` A minor."""
        major_tonic = self.tonic if self.mode == "major" else (self.tonic + 3) % 12
        hour = (major_tonic * 7 + 7) % 12 + 1
        return f"{hour}{'B' if self.mode == 'major' else 'A'}"

    @classmethod
    def parse(cls, tonic: str, mode: Mode, confidence: float = 1.0) -> "Key":
        """Return the key of a tonic in letters, as `tonic_name` spells it; ``ValueError`` for another spelling."""
        return cls(PITCH_NAMES.index(tonic), mode, confidence)

    def transposed(self, semitones: int) -> "Key":
        """Return the key so many semitones up."""
        return Key((self.tonic + semitones) % 12, self.mode, self.confidence)


@dataclass(frozen=True, slots=True)
class Loudness:
    """Levels after ITU-R BS.1770-5 and EBU Tech 3342; ``-inf`` for silence."""

    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form."""

    start_s: float
    end_s: float
    label: SectionLabel


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Spotify-like descriptors, each 0 to 1, computed from the signal."""

    energy: float
    valence: float
    danceability: float
    acousticness: float
    instrumentalness: float
    speechiness: float
    liveness: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that signal processing hears in a song; the embedding is an engine's."""

    duration_s: float
    sample_rate: int
    rhythm: Rhythm
    key: Key
    loudness: Loudness
    sections: tuple[Section, ...]
    descriptors: Descriptors
    peaks: tuple[float, ...] = field(repr=False)
