"""What a style says: tempi, metres, harmony, grooves, instruments and the room that they are played in."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from segue.music.harmony import Palette

StyleName = Literal[
    "house",
    "techno",
    "drum_and_bass",
    "hip_hop",
    "trap",
    "pop",
    "synthwave",
    "rock",
    "metal",
    "funk",
    "bossa",
    "ambient",
    "folk",
    "orchestral",
    "ballad",
    "swing_jazz",
    "reggae",
    "a_cappella",
    "latin",
    "blues",
]
STYLE_NAMES: Final[tuple[StyleName, ...]] = get_args(StyleName)

BassLine = Literal[
    "roots", "eighths", "offbeat", "octaves", "walking", "syncopated", "sub", "root_fifth", "arpeggio", "with_kick"
]
Comping = Literal[
    "pad",
    "stabs",
    "strum",
    "arpeggio",
    "charleston",
    "skank",
    "clave",
    "chug",
    "broken",
    "quarters",
    "offbeats",
    "waltz",
]

#: How a piece goes: verses and choruses; build-ups and drops; a theme, solos over it and the theme again; or one long
#: arch.
Form = Literal["song", "dance", "tune", "arch"]

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Band:
    """Whom a style may engage: General MIDI programs by their job, 0 to 127, and drum kits.

    Attributes
    ----------
    bass, chords, pads, lead
        Programs.
    kits
        General MIDI kits.
    synthetic
        Share of parts that our own synthesis plays even where there is a soundfont; of the drums too.
    """

    bass: tuple[int, ...]
    chords: tuple[int, ...]
    pads: tuple[int, ...]
    lead: tuple[int, ...]
    kits: tuple[int, ...] = (0, 8, 16)
    synthetic: float = 0.3


@dataclass(frozen=True, slots=True)
class Style:
    """A style.

    Attributes
    ----------
    name
        Its name.
    tempo_bpm
        Range.
    metres
        Beats in a bar, parts that a beat falls into, weight.
    minor
        Share of songs in minor.
    palette
        Its harmony.
    grooves, tops
        Drum patterns in 4/4 and percussion, of `segue.music.grooves`.
    bass, comping
        How basses and chords are played.
    band
        The instruments.
    swing, swing_of
        Where the second half of a pair falls, 0.5 (even) to 0.67, and whether pairs of eighths or of sixteenths swing.
    feel_ms
        Range of how far players stray from the grid.
    drums, vocals, lead
        How often there are any.
    distortion, space, pumping
        How often amplifiers distort, how long the room rings (seconds), how often the kick ducks the rest.
    loudness_lufs
        Range that it is mastered to.
    sung
        Whether voices take every part.
    form
        How its pieces go.
    energy
        Range of the energy where none is wished, 0 to 1.
    late_ms
        Range of how far the back beat and the players lie behind the kick; negative pushes.
    over
        Drum patterns of a blended style: their cymbals and percussion may play over the kick and snare of ``grooves``.
    """

    name: StyleName
    tempo_bpm: Span
    palette: Palette
    grooves: tuple[str, ...]
    bass: tuple[BassLine, ...]
    comping: tuple[Comping, ...]
    band: Band
    tops: tuple[str, ...] = ("shaker", "tambourine", "congas")
    metres: tuple[tuple[int, int, float], ...] = ((4, 2, 1.0),)
    minor: float = 0.5
    swing: Span = (0.5, 0.5)
    swing_of: Literal[8, 16] = 16
    feel_ms: Span = (2.0, 9.0)
    drums: float = 0.97
    vocals: float = 0.5
    lead: float = 0.7
    distortion: float = 0.1
    space: Span = (0.4, 2.2)
    pumping: float = 0.0
    loudness_lufs: Span = (-16.0, -8.0)
    sung: bool = False
    form: Form = "song"
    energy: Span = (0.45, 0.85)
    late_ms: Span = (-2.0, 4.0)
    over: tuple[str, ...] = ()
