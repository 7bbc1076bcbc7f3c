"""What a song that is to be composed shall be like."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from segue.audio.analysis import Key
from segue.music.harmony import QUALITIES
from segue.music.score import ChordName
from segue.music.styles import STYLES, StyleName


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
        20 to 400: the mean tempo of the beats that ``beats_per_bar`` counts.
    beats_per_bar
        2 to 12; 6 is 6/8, its eighths are the beats.
    key
        The key.
    energy
        0 (calm) to 1 (full): density, loudness of playing, register, drums, brightness.
    valence
        0 (dark) to 1 (bright): mode where no key is wished, harmony, register, contour.
    bass
        -1 (light) to 1 (heavy): how much the bass does, and how loud it is.
    swing
        Where the second of a pair of notes falls, 0.5 to 0.75; 0.67 is a triplet.
    vocals, drums
        Whether there are any.
    chords
        A progression to build on, each chord with its length in beats: that of a song which this one continues or
        resembles.
    band
        Draws who plays and how they sound. Songs of one band have one; without it, each song has players of its own.
    bars
        How long in bars, 1 or more, instead of ``duration_s``.
    drift
        How much faster it ends than it began, as a share; negative is slower.
    rubato
        How far the tempo swings within a phrase, as a share.
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
    bars: int | None = None
    drift: float = 0.0
    rubato: float = 0.0

    def check(self) -> None:
        """Refuse what cannot be composed.

        Raises
        ------
        ValueError
            If a wish is out of its range; the message begins with its name.
        """
        unknown = [name for name in self.styles if name not in STYLES]
        if unknown or any(not 0.0 < weight < 1e9 for weight in self.styles.values()):
            raise ValueError(f"styles must be some of {', '.join(STYLES)}, each with a weight above 0.")
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} must be {low:g} to {high:g}.")
        if self.bars is not None and (self.bars < 1 or self.duration_s is not None):
            raise ValueError("bars must be 1 or more, and stand instead of duration_s.")
        if any(length <= 0 or chord.quality not in QUALITIES for chord, length in self.chords):
            raise ValueError("chords must have lengths above 0, and qualities that `segue.music.harmony` knows.")


_RANGES = (
    ("duration_s", 10.0, 3600.0),
    ("tempo_bpm", 20.0, 400.0),
    ("beats_per_bar", 2, 12),
    ("energy", 0.0, 1.0),
    ("valence", 0.0, 1.0),
    ("bass", -1.0, 1.0),
    ("swing", 0.5, 0.75),
    ("drift", -0.5, 0.5),
    ("rubato", 0.0, 0.5),
)
