"""The styles, as data: tempi, metres, harmony, grooves, instruments and the room that they are played in."""

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

_POP_MAJOR = ("I V vi IV", "I vi IV V", "I IV vi V", "I IV I V", "I iii IV V", "I IV V IV", "I ii IV V", "I V IV I")
_POP_MINOR = (
    "i bVI bIII bVII",
    "i bVII bVI bVII",
    "i iv bVI V",
    "i bVI iv V",
    "i bIII bVII iv",
    "i v bVI bVII",
    "i iv i V",
)
_DANCE_MINOR = ("i bVI bVII i", "i i bVI bVII", "i bIII bVII iv", "i iv i v", "i bVII bVI v", "i i iv v")
_JAZZ_MAJOR = (
    "I:maj7 vi:min7 ii:min7 V:7",
    "ii:min7 V:7 I:maj7 I:maj6",
    "I:maj7 IV:maj7 iii:min7 vi:min7 ii:min7 V:7 I:maj7 V:7",
    "I:maj9 II:7 ii:min9 V:9",
)
_JAZZ_MINOR = (
    "i:min7 iv:min7 ii:hdim7 V:7",
    "i:min6 bVI:maj7 ii:hdim7 V:7",
    "i:min9 iv:min9 bVII:7 bIII:maj7 bVI:maj7 ii:hdim7 V:7 i:min6",
)
_ROCK_MAJOR = ("I bVII IV I", "I IV I V", "I V vi IV", "I IV bVII IV", "I I IV V", "I vi IV V")
_ROCK_MINOR = ("i bVII bVI bVII", "i bIII bVII i", "i bVI bVII i", "i iv bVII i", "i i bVI bVII")
_BLUES = ("I:7 I:7 I:7 I:7 IV:7 IV:7 I:7 I:7 V:7 IV:7 I:7 V:7", "I:7 IV:7 I:7 V:7")

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
    over: tuple[str, ...] = ()


_BASSES_SYNTH = (38, 39, 38, 39, 33, 87)
_BASSES_LIVE = (32, 33, 34, 35, 33, 34)
_KEYS = (0, 1, 2, 4, 5, 16, 17, 18)
_GUITARS = (24, 25, 26, 27, 28)
_PADS = (88, 89, 90, 91, 92, 94, 95, 48, 50, 51, 52)
_SYNTH_CHORDS = (4, 5, 62, 63, 81, 90, 80, 16, 17, 7, 50, 55)
_SYNTH_LEADS = (80, 81, 82, 83, 84, 85, 86, 87, 98, 99)
_WINDS = (56, 57, 60, 61, 64, 65, 66, 68, 71, 73, 75)
_STRINGS = (40, 41, 42, 44, 45, 48, 49)

_ALL: Final = (
    Style(
        name="house",
        tempo_bpm=(114, 132),
        palette=Palette(_POP_MAJOR, _DANCE_MINOR, sevenths=0.5, bars_per_chord=(1.0, 1.0, 2.0, 0.5)),
        grooves=("four_on_the_floor", "house_shuffle", "disco"),
        bass=("offbeat", "octaves", "syncopated", "with_kick"),
        comping=("stabs", "offbeats", "pad", "clave"),
        band=Band(_BASSES_SYNTH, (*_SYNTH_CHORDS, 0, 1, 16), _PADS, (*_SYNTH_LEADS, 65, 11), (24, 25, 0), 0.6),
        minor=0.65,
        swing=(0.5, 0.58),
        feel_ms=(0.0, 2.0),
        pumping=0.7,
        loudness_lufs=(-12, -7),
    ),
    Style(
        name="techno",
        tempo_bpm=(120, 150),
        palette=Palette(
            ("I I I I", "I I IV I", "I bVII I I"),
            ("i i i i", "i i bVI i", "i i i bII", "i i bIII i"),
            0.0,
            0.2,
            bars_per_chord=(2.0, 4.0, 1.0),
        ),
        grooves=("techno", "techno_minimal", "four_on_the_floor"),
        bass=("offbeat", "eighths", "syncopated", "sub"),
        comping=("stabs", "clave", "pad", "arpeggio"),
        band=Band(_BASSES_SYNTH, _SYNTH_CHORDS, _PADS, _SYNTH_LEADS, (24, 25), 0.85),
        tops=("shaker", "claves", "cabasa"),
        minor=0.9,
        feel_ms=(0.0, 1.0),
        vocals=0.1,
        lead=0.5,
        distortion=0.25,
        pumping=0.7,
        loudness_lufs=(-12, -7),
    ),
    Style(
        name="drum_and_bass",
        tempo_bpm=(158, 182),
        palette=Palette(_POP_MAJOR, _DANCE_MINOR, sevenths=0.35, bars_per_chord=(2.0, 1.0, 2.0)),
        grooves=("two_step", "breakbeat"),
        bass=("sub", "syncopated", "sub", "with_kick"),
        comping=("pad", "stabs", "arpeggio", "pad"),
        band=Band(_BASSES_SYNTH, _SYNTH_CHORDS, _PADS, (*_SYNTH_LEADS, 65), (24, 25, 0, 16), 0.7),
        minor=0.8,
        swing=(0.5, 0.56),
        feel_ms=(0.0, 3.0),
        vocals=0.35,
        distortion=0.25,
        pumping=0.25,
        loudness_lufs=(-12, -7),
    ),
    Style(
        name="hip_hop",
        tempo_bpm=(70, 104),
        palette=Palette(_JAZZ_MAJOR, (*_JAZZ_MINOR, *_DANCE_MINOR), sevenths=0.6, bars_per_chord=(1.0, 0.5, 2.0)),
        grooves=("boom_bap", "lo_fi", "boom_bap", "funk"),
        bass=("with_kick", "sub", "syncopated", "roots"),
        comping=("pad", "charleston", "stabs", "broken"),
        band=Band((33, 32, 38, 39, 35), (*_KEYS, 11, 26), _PADS, (11, 73, 56, 65, 4, 80), (8, 25, 0, 16), 0.45),
        minor=0.65,
        swing=(0.5, 0.64),
        feel_ms=(3.0, 14.0),
        space=(0.2, 1.2),
    ),
    Style(
        name="trap",
        tempo_bpm=(120, 160),
        palette=Palette(("I vi IV V", "I iii vi IV"), _DANCE_MINOR, sevenths=0.2, bars_per_chord=(2.0, 1.0, 2.0)),
        grooves=("trap", "trap", "drill"),
        bass=("sub", "with_kick", "sub"),
        comping=("pad", "broken", "arpeggio"),
        band=Band((38, 39), (0, 11, 9, 10, 14, 24, 46, 52, 81, 4), _PADS, (73, 75, 80, 9, 10, 98), (25, 24), 0.7),
        tops=(),
        minor=0.9,
        feel_ms=(0.0, 3.0),
        distortion=0.3,
        pumping=0.15,
        loudness_lufs=(-12, -7),
    ),
    Style(
        name="pop",
        tempo_bpm=(84, 132),
        palette=Palette(_POP_MAJOR, _POP_MINOR, sevenths=0.12),
        grooves=("pop", "pop_driving", "half_time", "disco", "dembow"),
        bass=("eighths", "roots", "with_kick", "octaves", "root_fifth"),
        comping=("quarters", "strum", "pad", "broken", "arpeggio", "stabs"),
        band=Band(
            (*_BASSES_LIVE, *_BASSES_SYNTH),
            (*_KEYS, *_GUITARS, 81, 90),
            _PADS,
            (*_SYNTH_LEADS, 27, 73, 11),
            (0, 8, 16, 24, 25),
            0.4,
        ),
        metres=((4, 2, 0.92), (3, 2, 0.04), (4, 3, 0.04)),
        minor=0.4,
        vocals=0.85,
        pumping=0.2,
        loudness_lufs=(-14, -7),
    ),
    Style(
        name="synthwave",
        tempo_bpm=(80, 124),
        palette=Palette(_POP_MAJOR, _POP_MINOR, sevenths=0.2, bars_per_chord=(1.0, 2.0)),
        grooves=("synthwave", "four_on_the_floor", "pop"),
        bass=("eighths", "octaves", "arpeggio", "eighths"),
        comping=("arpeggio", "pad", "stabs"),
        band=Band(_BASSES_SYNTH, _SYNTH_CHORDS, _PADS, _SYNTH_LEADS, (24, 16, 25), 0.85),
        minor=0.75,
        feel_ms=(0.0, 2.0),
        vocals=0.3,
        lead=0.9,
        space=(1.0, 3.0),
        pumping=0.4,
    ),
    Style(
        name="rock",
        tempo_bpm=(92, 176),
        palette=Palette(_ROCK_MAJOR, _ROCK_MINOR, borrowing=0.15),
        grooves=("rock", "rock_ride", "punk", "half_time", "rock"),
        bass=("eighths", "with_kick", "roots", "root_fifth"),
        comping=("strum", "chug", "strum", "quarters"),
        band=Band((33, 34, 33), (29, 30, 28, 27, 25, 18), (48, 16, 18, 50), (29, 30, 27, 18), (0, 16, 8), 0.2),
        tops=("tambourine", "backbeat_tambourine", "cowbell"),
        metres=((4, 2, 0.9), (3, 2, 0.03), (6, 2, 0.04), (5, 2, 0.02), (7, 2, 0.01)),
        minor=0.45,
        feel_ms=(3.0, 12.0),
        vocals=0.75,
        distortion=0.8,
        space=(0.3, 1.5),
        loudness_lufs=(-14, -7),
    ),
    Style(
        name="metal",
        tempo_bpm=(100, 200),
        palette=Palette(
            ("I bII I bVII", "I bVI bVII I"),
            ("i bVI bVII i", "i i bII i", "i bIII bVI bVII", "i i iv bVI", "i bVII bVI V"),
            power=True,
        ),
        grooves=("metal_double", "metal_gallop", "metal_blast", "punk", "half_time"),
        bass=("with_kick", "eighths", "roots"),
        comping=("chug", "chug", "strum"),
        band=Band((34, 33), (30, 29, 30), (48, 52, 50), (30, 29, 81), (16, 0), 0.2),
        tops=(),
        metres=((4, 2, 0.84), (3, 2, 0.04), (6, 2, 0.05), (7, 2, 0.04), (5, 2, 0.03)),
        minor=0.95,
        feel_ms=(1.0, 7.0),
        distortion=1.0,
        space=(0.2, 1.0),
        loudness_lufs=(-11, -7),
    ),
    Style(
        name="funk",
        tempo_bpm=(88, 124),
        palette=Palette(
            ("I:7 I:7 IV:7 I:7", "I:9 I:9 IV:9 I:9", "I:maj7 vi:min7 ii:min7 V:7"),
            ("i:min7 i:min7 IV:7 i:min7", "i:min7 i:min7 iv:min7 i:min7", "i:min9 bVII bVI:maj7 V:7"),
            0.15,
            0.8,
        ),
        grooves=("funk", "funk_linear", "disco"),
        bass=("syncopated", "octaves", "with_kick"),
        comping=("clave", "stabs", "offbeats", "charleston"),
        band=Band(
            (33, 36, 37, 33, 38), (27, 28, 4, 7, 16, 17, 5), (48, 50, 61), (61, 65, 56, 66, 81, 27), (0, 8, 16), 0.2
        ),
        swing=(0.5, 0.58),
        feel_ms=(3.0, 10.0),
        vocals=0.6,
        space=(0.2, 1.0),
    ),
    Style(
        name="bossa",
        tempo_bpm=(100, 160),
        palette=Palette(_JAZZ_MAJOR, _JAZZ_MINOR, 0.2, 0.9, bars_per_chord=(1.0, 2.0, 1.0)),
        grooves=("bossa", "bossa", "samba"),
        bass=("root_fifth", "root_fifth", "roots"),
        comping=("clave", "clave", "broken"),
        band=Band((32, 33, 35), (24, 25, 4, 0), (48, 49, 89), (73, 65, 66, 11, 71), (40, 0, 32), 0.1),
        tops=("shaker", "cabasa", "claves", "congas"),
        minor=0.4,
        feel_ms=(3.0, 12.0),
        vocals=0.45,
        space=(0.3, 1.2),
        loudness_lufs=(-20, -11),
    ),
    Style(
        name="ambient",
        tempo_bpm=(60, 100),
        palette=Palette(
            ("I IV I IV", "I iii IV I", "I vi IV I", "I ii I IV"),
            ("i bVI i bVI", "i iv i bVI", "i bIII bVI i"),
            0.2,
            0.5,
            0.15,
            bars_per_chord=(2.0, 1.0, 4.0),
        ),
        grooves=("ambient_pulse", "lo_fi", "half_time"),
        bass=("roots", "sub", "roots"),
        comping=("pad", "pad", "arpeggio", "broken"),
        band=Band(
            (38, 39, 32, 43),
            (88, 89, 91, 92, 94, 95, 0, 46, 11),
            _PADS,
            (73, 77, 79, 80, 98, 99, 14, 46),
            (24, 40, 25),
            0.7,
        ),
        metres=((4, 2, 0.85), (3, 2, 0.1), (4, 3, 0.05)),
        feel_ms=(4.0, 18.0),
        drums=0.3,
        vocals=0.15,
        lead=0.6,
        space=(2.0, 5.0),
        loudness_lufs=(-20, -13),
    ),
    Style(
        name="folk",
        tempo_bpm=(76, 152),
        palette=Palette(_POP_MAJOR, ("i bVII bVI bVII", "i bVII i v", "i iv i bVII", "i bVI bVII i")),
        grooves=("folk_stomp", "train", "pop"),
        bass=("root_fifth", "roots", "roots"),
        comping=("strum", "broken", "strum", "waltz"),
        band=Band(
            (32, 33, 43),
            (24, 25, 25, 105, 106, 21, 22, 15),
            (48, 21, 22, 20),
            (40, 110, 73, 74, 22, 25, 105),
            (40, 0, 32),
            0.1,
        ),
        tops=("tambourine", "shaker"),
        metres=((4, 2, 0.6), (3, 2, 0.25), (6, 2, 0.08), (4, 3, 0.07)),
        minor=0.35,
        swing=(0.5, 0.6),
        swing_of=8,
        feel_ms=(4.0, 16.0),
        drums=0.5,
        vocals=0.75,
        space=(0.3, 1.5),
        loudness_lufs=(-20, -11),
    ),
    Style(
        name="orchestral",
        tempo_bpm=(60, 168),
        palette=Palette(
            ("I IV V I", "I vi ii V", "I V vi IV", "I bVI IV I"),
            ("i iv V i", "i bVI iv V", "i bVI bIII bVII", "i iio V i"),
            0.5,
            0.12,
            bars_per_chord=(1.0, 2.0, 0.5),
        ),
        grooves=("march", "ambient_pulse"),
        bass=("roots", "eighths", "root_fifth"),
        comping=("pad", "quarters", "broken", "waltz", "arpeggio"),
        band=Band(
            (43, 42, 58, 70), _STRINGS, (48, 49, 52, 60, 61, 19), (40, 42, 60, 56, 68, 71, 73, 46, 0), (48,), 0.05
        ),
        tops=(),
        metres=((4, 2, 0.6), (3, 2, 0.25), (6, 2, 0.1), (5, 2, 0.05)),
        minor=0.55,
        feel_ms=(5.0, 20.0),
        drums=0.35,
        vocals=0.08,
        lead=0.95,
        space=(1.2, 3.5),
        loudness_lufs=(-20, -12),
    ),
    Style(
        name="ballad",
        tempo_bpm=(60, 96),
        palette=Palette(_POP_MAJOR, _POP_MINOR, sevenths=0.2, bars_per_chord=(1.0, 0.5)),
        grooves=("pop", "half_time", "lo_fi"),
        bass=("roots", "root_fifth", "with_kick"),
        comping=("broken", "waltz", "quarters", "pad", "arpeggio"),
        band=Band((33, 32, 35, 39), (0, 1, 4, 5, 24, 25, 26), _PADS, (40, 42, 65, 73, 27, 0), (0, 8, 40), 0.25),
        metres=((4, 2, 0.4), (3, 2, 0.22), (4, 3, 0.2), (6, 2, 0.18)),
        minor=0.4,
        feel_ms=(4.0, 15.0),
        drums=0.65,
        vocals=0.85,
        space=(1.0, 3.0),
        loudness_lufs=(-18, -9),
    ),
    Style(
        name="swing_jazz",
        tempo_bpm=(100, 200),
        palette=Palette((*_JAZZ_MAJOR, _BLUES[0]), _JAZZ_MINOR, 0.15, 0.95, bars_per_chord=(1.0, 0.5, 1.0)),
        grooves=("swing",),
        bass=("walking", "walking", "root_fifth"),
        comping=("charleston", "charleston", "stabs", "quarters"),
        band=Band((32, 32, 33), (0, 0, 1, 26, 4, 16), (48, 61), (56, 65, 66, 57, 11, 71, 64), (32, 40), 0.05),
        tops=(),
        metres=((4, 2, 0.88), (3, 2, 0.09), (5, 2, 0.03)),
        minor=0.35,
        swing=(0.58, 0.67),
        swing_of=8,
        feel_ms=(4.0, 14.0),
        vocals=0.3,
        lead=0.95,
        space=(0.3, 1.3),
        loudness_lufs=(-20, -11),
    ),
    Style(
        name="reggae",
        tempo_bpm=(62, 96),
        palette=Palette(
            ("I IV I V", "I V IV I", "I ii I IV", "I vi IV V"),
            ("i iv i v", "i bVII i bVII", "i bVI bVII i"),
            sevenths=0.2,
            bars_per_chord=(1.0, 0.5, 1.0),
        ),
        grooves=("one_drop", "steppers", "one_drop"),
        bass=("syncopated", "roots", "with_kick"),
        comping=("skank", "skank", "offbeats"),
        band=Band((33, 34, 38), (16, 17, 27, 28, 0), (48, 16, 89), (57, 56, 65, 22, 81), (0, 8, 25), 0.25),
        tops=("shaker", "congas", "bongos"),
        swing=(0.5, 0.6),
        feel_ms=(4.0, 14.0),
        vocals=0.7,
        space=(0.6, 2.5),
    ),
    Style(
        name="a_cappella",
        tempo_bpm=(66, 140),
        palette=Palette(
            ("I IV V I", "I vi ii V", "I V vi IV", "I IV I V"),
            ("i iv V i", "i bVII bVI V", "i bVI bIII bVII"),
            0.4,
            0.2,
        ),
        grooves=("folk_stomp",),
        bass=("roots", "roots", "root_fifth"),
        comping=("pad", "quarters"),
        band=Band((52,), (52, 53), (52, 53), (53, 54), (40,), 0.9),
        tops=(),
        metres=((4, 2, 0.7), (3, 2, 0.2), (6, 2, 0.1)),
        minor=0.35,
        feel_ms=(6.0, 20.0),
        drums=0.0,
        vocals=1.0,
        lead=0.0,
        space=(0.8, 3.0),
        loudness_lufs=(-20, -12),
        sung=True,
    ),
    Style(
        name="latin",
        tempo_bpm=(84, 190),
        palette=Palette(
            ("I IV V I", "I V V I", "I vi ii V"),
            ("i iv V i", "i bVII bVI V", "i V V i", "i bVI bIII bVII"),
            sevenths=0.25,
            bars_per_chord=(1.0, 0.5),
        ),
        grooves=("congas", "dembow", "samba", "disco"),
        bass=("syncopated", "root_fifth", "octaves"),
        comping=("clave", "offbeats", "stabs"),
        band=Band((33, 32, 38), (0, 1, 24, 25, 4), (48, 61), (56, 57, 73, 61, 24, 11), (0, 8, 24), 0.2),
        tops=("claves", "cowbell", "bongos", "congas", "cabasa", "shaker"),
        minor=0.6,
        feel_ms=(3.0, 11.0),
        vocals=0.6,
    ),
    Style(
        name="blues",
        tempo_bpm=(62, 150),
        palette=Palette(
            _BLUES,
            ("i:min7 i:min7 i:min7 i:min7 iv:min7 iv:min7 i:min7 i:min7 bVI:7 V:7 i:min7 V:7", "i iv i V:7"),
            0.0,
            0.5,
        ),
        grooves=("rock", "swing", "pop", "rock_ride"),
        bass=("walking", "root_fifth", "eighths", "roots"),
        comping=("charleston", "strum", "quarters", "stabs"),
        band=Band(
            (33, 32, 34), (26, 27, 0, 16, 18, 29, 25), (16, 17, 18), (27, 29, 22, 66, 65, 26), (0, 8, 16, 32), 0.1
        ),
        tops=("tambourine",),
        metres=((4, 2, 0.6), (4, 3, 0.4)),
        minor=0.25,
        swing=(0.56, 0.67),
        swing_of=8,
        feel_ms=(4.0, 14.0),
        vocals=0.6,
        lead=0.85,
        distortion=0.45,
        space=(0.3, 1.5),
    ),
)

STYLES: Final[dict[StyleName, Style]] = {style.name: style for style in _ALL}
