"""What a song that is to be composed shall be like."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from segue.audio.analysis import Key
from segue.music.score import ChordName
from segue.music.styles import StyleName


@dataclass(frozen=True, slots=True)
class Wishes:
    """Wishes for a song. What is ``None``, or left out, is drawn by the seed as the styles have it.

    Attributes
    ----------
    styles
        How much of each style, above 0; they need not sum to 1. The song lies between them: tempo, harmony, groove,
        instruments and sound are taken from all of them by their weights.
    duration_s
        How long, 10 to 3600 seconds; the song ends within a bar of it.
    tempo_bpm
        20 to 400.
    beats_per_bar
        2 to 12.
    key
        The key.
    energy
        0 (calm) to 1 (full): density, loudness of playing, register, drums, brightness.
    valence
        0 (dark) to 1 (bright): mode where no key is wished, harmony, register, contour.
    bass
        -1 (light) to 1 (heavy): how much the bass does, and how loud it is.
    swing
        Where the second of a pair of notes falls, 0.5 to 0.75.
    vocals, drums
        Whether there are any.
    chords
        A progression to build on, each chord with its length in beats: that of a song which this one continues or
        resembles.
    band
        Draws who plays and how they sound. Songs of one band have one; without it, each song has players of its own.
    """

    styles: Mapping[StyleName, float] = field(default_factory=dict)
    duration_s: float | None = None
    tempo_bpm: float | None = None
    beats_per_bar: int | None = None
    key: Key | None = None
    energy: float | None = None
    valence: float | None = None
    bass: float = 0.0
    swing: float | None = None
    vocals: bool | None = None
    drums: bool | None = None
    chords: tuple[tuple[ChordName, float], ...] = ()
    band: int | None = None
