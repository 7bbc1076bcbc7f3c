"""What Segue hears in a song, as values: the result types of the analysis."""

from dataclasses import dataclass, field
from typing import Literal, cast, get_args

Mode = Literal["major", "minor"]

PITCH_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
#: How keys with sharps write what `PITCH_NAMES` writes with flats, and the major keys from G to B that have them.
_SHARPS = {"Db": "C#", "Eb": "D#", "Ab": "G#", "Bb": "A#"}
_SHARP_KEYS = (7, 2, 9, 4, 11)
_PITCH_CLASSES = {name: number for number, flat in enumerate(PITCH_NAMES) for name in (flat, _SHARPS.get(flat, flat))}
#: What stands on the root: triads, sevenths, suspensions, in Harte's words.
ChordQuality = Literal["maj", "min", "7", "maj7", "min7", "dim", "hdim7", "aug", "sus2", "sus4"]
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
        """The tonic in letters, as the key itself is written: ``C#`` minor, ``Db`` major."""
        return self.spelled(self.tonic)

    def spelled(self, pitch_class: int) -> str:
        """Return the letters of a pitch class as this key writes it, with sharps from G to B major and their relatives."""
        name = PITCH_NAMES[pitch_class]
        return _SHARPS.get(name, name) if self._relative_major in _SHARP_KEYS else name

    @property
    def _relative_major(self) -> int:
        return self.tonic if self.mode == "major" else (self.tonic + 3) % 12

    @property
    def camelot(self) -> str:
        """The place on the Camelot wheel that DJs mix by: ``8B`` is C major, ``8A`` A minor."""
        hour = (self._relative_major * 7 + 7) % 12 + 1
        return f"{hour}{'B' if self.mode == 'major' else 'A'}"

    @classmethod
    def parse(cls, tonic: str, mode: Mode, confidence: float = 1.0) -> "Key":
        """Return the key of a tonic in letters, with flats or sharps; ``ValueError`` for what is no tonic."""
        if tonic not in _PITCH_CLASSES:
            raise ValueError(f"{tonic!r} names no tonic")
        return cls(_PITCH_CLASSES[tonic], mode, confidence)

    def transposed(self, semitones: int) -> "Key":
        """Return the key so many semitones up."""
        return Key((self.tonic + semitones) % 12, self.mode, self.confidence)


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord and the time that it sounds.

    Attributes
    ----------
    start_s, end_s
        Times.
    root
        Pitch class, C = 0; ``None`` where there is no chord.
    quality
        What stands on the root; means nothing without one.
    """

    start_s: float
    end_s: float
    root: int | None
    quality: ChordQuality = "maj"

    @property
    def label(self) -> str:
        """The chord in the syntax of Harte et al. (ISMIR 2005): ``A:min7``, ``Eb:maj``, ``N`` for none."""
        return "N" if self.root is None else f"{PITCH_NAMES[self.root]}:{self.quality}"

    def label_in(self, key: Key) -> str:
        """Return the `label` with the root as a key writes it: ``D#:dim`` in E minor."""
        return "N" if self.root is None else f"{key.spelled(self.root)}:{self.quality}"

    @classmethod
    def parse(cls, start_s: float, end_s: float, label: str) -> "Chord":
        """Return the chord of a `label`, in whatever key it is spelled; ``ValueError`` for what is none."""
        if label == "N":
            return cls(start_s, end_s, None)
        root, _, quality = label.partition(":")
        if root not in _PITCH_CLASSES or quality not in get_args(ChordQuality):
            raise ValueError(f"{label!r} names no chord")
        return cls(start_s, end_s, _PITCH_CLASSES[root], cast("ChordQuality", quality))


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
    """Everything that signal processing hears in a song; the embedding is an engine's.

    Sections and chords cover the song without gaps; an analysis stored before chords were heard has none.
    """

    duration_s: float
    sample_rate: int
    rhythm: Rhythm
    key: Key
    loudness: Loudness
    sections: tuple[Section, ...]
    descriptors: Descriptors
    peaks: tuple[float, ...] = field(repr=False)
    chords: tuple[Chord, ...] = ()
