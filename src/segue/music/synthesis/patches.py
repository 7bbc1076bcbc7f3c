"""The instruments of finished productions: what each General MIDI program sounds like, and how one band's differ."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from segue.music.synthesis.spectra import Drawbars, Filtered, Modulated, Plucked, Struck
from segue.music.synthesis.wavetables import Patch

_GUITAR: Final = ((110.0, 5.0, 0.3), (210.0, 4.0, 0.3), (430.0, 2.0, 0.4), (2600.0, 3.0, 0.6))
_VIOLIN: Final = ((280.0, 4.0, 0.25), (460.0, 5.0, 0.25), (1300.0, -4.0, 0.5), (2700.0, 6.0, 0.5))
_CELLO: Final = ((180.0, 4.0, 0.3), (400.0, 3.0, 0.3), (1000.0, -3.0, 0.5), (2200.0, 4.0, 0.6))
_PIANO: Final = ((120.0, 2.0, 0.5), (420.0, 1.5, 0.5), (1800.0, 2.0, 0.8))
_CHOIR: Final = ((650.0, 9.0, 0.35), (1080.0, 7.0, 0.3), (2650.0, 5.0, 0.3), (3300.0, 4.0, 0.3))
_REED: Final = ((500.0, 6.0, 0.5), (1400.0, 6.0, 0.4), (2900.0, 3.0, 0.4))

#: What is played: notes of harmonics, or bars.
Instrument = Patch | Struck


def _piano(bright: float) -> Patch:
    strings = Plucked(place=0.125, slope_db=8.0 - bright, ring_s=1.5, damping=0.09, body=_PIANO)
    return Patch(strings, 0.002, 30.0, 1.0, 0.18, width=0.4, noise=0.05, noise_hz=1800.0, stretch=4e-4)


def _electric_piano() -> Patch:
    tines = Modulated(1, depth=2.0, rest=0.3, fall_s=0.5, ring_s=1.6, chime=0.10)
    return Patch(tines, 0.002, 30.0, 1.0, 0.15, copies=2, detune_cents=3.0, width=0.5, noise=0.02)


def _guitar(place: float, slope_db: float, ring_s: float, damping: float, *, body: bool) -> Patch:
    strings = Plucked(place, slope_db, ring_s, damping, _GUITAR if body else ((800.0, 2.0, 0.8), (3200.0, 4.0, 0.5)))
    return Patch(strings, 0.002, 30.0, 1.0, 0.10, noise=0.10 if body else 0.04, noise_s=0.008, noise_hz=3500.0)


def _strings(body: tuple[tuple[float, float, float], ...], players: int, attack_s: float) -> Patch:
    bows = Filtered(cutoff_hz=4200.0, tracking=0.2, sweep_octaves=-0.8, fall_s=0.2, poles=2, body=body)
    return Patch(
        bows,
        attack_s,
        1.0,
        0.95,
        0.28,
        copies=players,
        detune_cents=9.0 if players > 1 else 0.0,
        drift_cents=5.0,
        width=0.9,
        vibrato_cents=11.0 if players > 1 else 18.0,
        vibrato_hz=5.4,
        noise=0.05,
        noise_s=0.08,
        noise_hz=4000.0,
    )


def _brass(players: int) -> Patch:
    lips = Filtered(
        cutoff_hz=1500.0,
        tracking=0.5,
        sweep_octaves=0.9,
        rise_s=0.06,
        fall_s=0.5,
        poles=2,
        body=((600.0, 3.0, 0.6), (1300.0, 4.0, 0.5)),
    )
    return Patch(
        lips,
        0.035,
        1.0,
        0.9,
        0.12,
        copies=players,
        detune_cents=7.0 if players > 1 else 0.0,
        drift_cents=4.0,
        width=0.7,
        vibrato_cents=8.0,
        vibrato_after_s=0.4,
        noise=0.03,
        noise_s=0.04,
        noise_hz=1500.0,
    )


def _reed(cutoff_hz: float, *, odd: bool) -> Patch:
    pipe = Filtered(
        "square" if odd else "saw", cutoff_hz=cutoff_hz, sweep_octaves=-0.8, fall_s=0.06, poles=2, body=_REED
    )
    return Patch(pipe, 0.03, 1.0, 0.92, 0.09, vibrato_cents=14.0, vibrato_after_s=0.3, noise=0.06, noise_s=0.08)


def _flute() -> Patch:
    pipe = Filtered(cutoff_hz=520.0, tracking=0.9, poles=2, sweep_octaves=-0.6, fall_s=0.1)
    return Patch(pipe, 0.05, 1.0, 0.95, 0.1, vibrato_cents=14.0, vibrato_after_s=0.25, noise=0.16, noise_s=0.1)


def _pad(cutoff_hz: float, attack_s: float, *, sweep: float = 0.8, copies: int = 5) -> Patch:
    wave = Filtered(cutoff_hz=cutoff_hz, tracking=0.35, sweep_octaves=sweep, rise_s=1.2, fall_s=3.0, resonance_db=2.0)
    return Patch(wave, attack_s, 2.0, 0.9, 0.7, copies=copies, detune_cents=13.0, drift_cents=4.0, width=0.95)


def _choir() -> Patch:
    throats = Filtered(cutoff_hz=2600.0, tracking=0.1, poles=2, sweep_octaves=-0.5, fall_s=0.3, body=_CHOIR)
    return Patch(
        throats,
        0.16,
        1.0,
        0.95,
        0.35,
        copies=5,
        detune_cents=12.0,
        drift_cents=8.0,
        width=0.9,
        vibrato_cents=14.0,
        vibrato_hz=5.0,
        noise=0.04,
        noise_s=0.2,
    )


def _lead(wave: str, cutoff_hz: float, *, copies: int = 3, glide_s: float = 0.05) -> Patch:
    tone = Filtered(
        "square" if wave == "square" else "saw", cutoff_hz=cutoff_hz, sweep_octaves=0.9, fall_s=0.35, resonance_db=3.0
    )
    return Patch(
        tone,
        0.006,
        0.6,
        0.8,
        0.14,
        copies=copies,
        detune_cents=9.0,
        width=0.5,
        vibrato_cents=9.0,
        vibrato_after_s=0.3,
        glide_s=glide_s,
    )


def _stab(cutoff_hz: float) -> Patch:
    wave = Filtered(cutoff_hz=cutoff_hz, sweep_octaves=2.0, fall_s=0.14, resonance_db=3.0, tracking=0.4)
    return Patch(wave, 0.003, 0.35, 0.55, 0.14, copies=5, detune_cents=12.0, width=0.85)


def _synth_bass(cutoff_hz: float, sweep: float, *, square: bool = False) -> Patch:
    wave = Filtered(
        "square" if square else "saw",
        cutoff_hz=cutoff_hz,
        sweep_octaves=sweep,
        fall_s=0.16,
        resonance_db=4.0,
        tracking=0.4,
    )
    return Patch(wave, 0.003, 0.5, 0.8, 0.06, copies=1, sub=0.25)


def _bass_guitar(place: float, slope_db: float, ring_s: float) -> Patch:
    strings = Plucked(place, slope_db, ring_s, 0.09, ((90.0, 3.0, 0.5), (700.0, 3.0, 0.6), (2200.0, 2.0, 0.5)))
    return Patch(strings, 0.003, 30.0, 1.0, 0.07, noise=0.05, noise_s=0.01, noise_hz=1600.0)


def _bars(partials: tuple[tuple[float, float, float], ...], release_s: float = 0.4) -> Struck:
    return Struck(partials, release_s)


def _organ(levels: tuple[float, ...], sub: float) -> Patch:
    return Patch(
        Drawbars(levels),
        0.008,
        1.0,
        1.0,
        0.06,
        copies=2,
        detune_cents=2.0,
        drift_cents=5.0,
        width=0.6,
        sub=sub,
        noise=0.05,
        noise_s=0.004,
    )


#: The sub bass of dance music and trap: a sine with just enough harmonics to be heard on small loudspeakers.
SUB: Final = Patch(Modulated(1, depth=0.9, rest=0.45, fall_s=0.09), 0.003, 2.2, 0.55, 0.08, glide_s=0.09)

_KINDS: Final[dict[str, Callable[[], Instrument]]] = {
    "grand piano": lambda: _piano(0.0),
    "bright piano": lambda: _piano(2.0),
    "electric piano": _electric_piano,
    "fm piano": lambda: Patch(
        Modulated(1, 2.4, 0.3, 0.35, ring_s=1.3, chime=0.2),
        0.002,
        30.0,
        1.0,
        0.16,
        copies=2,
        detune_cents=5.0,
        width=0.7,
    ),
    "harpsichord": lambda: _guitar(0.1, 4.0, 0.7, 0.05, body=False),
    "clavinet": lambda: _guitar(0.07, 5.0, 0.45, 0.08, body=False),
    "celesta": lambda: _bars(((1.0, 1.0, 0.7), (2.0, 0.25, 0.4), (4.1, 0.2, 0.2), (7.9, 0.06, 0.08))),
    "glockenspiel": lambda: _bars(((1.0, 1.0, 0.8), (2.76, 0.35, 0.35), (5.4, 0.2, 0.15), (8.93, 0.08, 0.07))),
    "vibraphone": lambda: _bars(((1.0, 1.0, 1.3), (4.0, 0.16, 0.4), (10.0, 0.05, 0.1)), 0.3),
    "marimba": lambda: _bars(((1.0, 1.0, 0.22), (3.93, 0.25, 0.07), (9.2, 0.1, 0.03)), 0.15),
    "xylophone": lambda: _bars(((1.0, 1.0, 0.13), (3.0, 0.4, 0.06), (6.1, 0.2, 0.03)), 0.1),
    "bells": lambda: _bars(((0.5, 0.3, 1.8), (1.0, 1.0, 1.4), (1.2, 0.5, 0.9), (2.0, 0.5, 0.7), (2.74, 0.3, 0.4)), 0.8),
    "drawbar organ": lambda: _organ((1.0, 0.75, 0.55, 0.3, 0.05, 0.15, 0.0, 0.2), 0.6),
    "percussive organ": lambda: _organ((1.0, 0.5, 0.7, 0.1, 0.0, 0.0, 0.0, 0.1), 0.5),
    "rock organ": lambda: _organ((1.0, 0.9, 0.8, 0.6, 0.3, 0.4, 0.1, 0.5), 0.7),
    "church organ": lambda: replace(
        _organ((1.0, 0.8, 0.3, 0.6, 0.1, 0.3, 0.0, 0.4), 0.5), attack_s=0.06, release_s=0.4
    ),
    "accordion": lambda: replace(_reed(3200.0, odd=False), copies=3, detune_cents=11.0, width=0.5, vibrato_cents=0.0),
    "harmonica": lambda: _reed(3000.0, odd=False),
    "nylon guitar": lambda: _guitar(0.23, 8.0, 0.7, 0.14, body=True),
    "steel guitar": lambda: _guitar(0.16, 6.0, 1.1, 0.08, body=True),
    "jazz guitar": lambda: _guitar(0.3, 9.0, 0.9, 0.16, body=False),
    "clean guitar": lambda: _guitar(0.18, 6.5, 1.2, 0.09, body=False),
    "muted guitar": lambda: replace(_guitar(0.15, 8.0, 0.16, 0.15, body=False), noise=0.12),
    "driven guitar": lambda: _guitar(0.14, 6.0, 1.6, 0.05, body=False),
    "double bass": lambda: _bass_guitar(0.3, 9.0, 0.55),
    "finger bass": lambda: _bass_guitar(0.22, 8.0, 0.9),
    "pick bass": lambda: _bass_guitar(0.12, 6.5, 0.8),
    "fretless bass": lambda: replace(_bass_guitar(0.28, 9.5, 1.3), vibrato_cents=6.0, glide_s=0.05),
    "slap bass": lambda: replace(_bass_guitar(0.08, 5.0, 0.7), noise=0.16),
    "analogue bass": lambda: _synth_bass(420.0, 2.2),
    "square bass": lambda: _synth_bass(520.0, 1.6, square=True),
    "violin": lambda: _strings(_VIOLIN, 1, 0.06),
    "cello": lambda: _strings(_CELLO, 1, 0.07),
    "contrabass": lambda: replace(_strings(_CELLO, 1, 0.08), spectrum=Filtered(cutoff_hz=2000.0, poles=2, body=_CELLO)),
    "tremolo strings": lambda: replace(
        _strings(_VIOLIN, 5, 0.05), vibrato_cents=22.0, vibrato_hz=7.5, vibrato_after_s=0.0
    ),
    "pizzicato": lambda: _guitar(0.3, 7.5, 0.16, 0.25, body=True),
    "harp": lambda: _guitar(0.35, 7.5, 1.3, 0.1, body=True),
    "timpani": lambda: _bars(((1.0, 1.0, 0.5), (1.5, 0.6, 0.35), (1.98, 0.4, 0.25), (2.44, 0.25, 0.15)), 0.6),
    "string ensemble": lambda: _strings(_VIOLIN, 5, 0.11),
    "slow strings": lambda: _strings(_CELLO, 5, 0.3),
    "synth strings": lambda: _pad(2600.0, 0.12, sweep=0.0),
    "choir": _choir,
    "orchestra hit": lambda: _stab(3000.0),
    "trumpet": lambda: _brass(1),
    "trombone": lambda: replace(_brass(1), attack_s=0.05),
    "horn": lambda: replace(_brass(2), spectrum=Filtered(cutoff_hz=900.0, sweep_octaves=0.5, rise_s=0.08, poles=3)),
    "brass section": lambda: _brass(4),
    "synth brass": lambda: replace(_stab(1400.0), attack_s=0.03, decay_s=0.8, sustain=0.8),
    "saxophone": lambda: _reed(2400.0, odd=False),
    "oboe": lambda: _reed(3600.0, odd=False),
    "clarinet": lambda: _reed(1900.0, odd=True),
    "flute": _flute,
    "square lead": lambda: _lead("square", 2600.0),
    "saw lead": lambda: _lead("saw", 3000.0, copies=5),
    "soft lead": lambda: replace(_flute(), noise=0.03, glide_s=0.05),
    "warm pad": lambda: _pad(1500.0, 0.35),
    "bright pad": lambda: _pad(2400.0, 0.2),
    "dark pad": lambda: _pad(900.0, 0.5, sweep=1.2),
    "glass pad": lambda: Patch(
        Modulated(3, 1.4, 0.5, 1.2), 0.25, 2.0, 0.9, 0.9, copies=4, detune_cents=9.0, drift_cents=4.0, width=0.9
    ),
    "stab": lambda: _stab(1100.0),
    "crystal": lambda: _bars(((1.0, 1.0, 0.9), (3.01, 0.4, 0.5), (6.2, 0.2, 0.25), (9.1, 0.12, 0.12)), 0.7),
    "banjo": lambda: _guitar(0.1, 4.5, 0.35, 0.06, body=True),
}
#: The kind of each program; neighbours that are missing sound like the one before.
_PROGRAMS: Final = {
    0: "grand piano", 1: "bright piano", 2: "electric piano", 5: "fm piano", 6: "harpsichord", 7: "clavinet",
    8: "celesta", 9: "glockenspiel", 11: "vibraphone", 12: "marimba", 13: "xylophone", 14: "bells", 15: "harp",
    16: "drawbar organ", 17: "percussive organ", 18: "rock organ", 19: "church organ", 21: "accordion",
    22: "harmonica", 23: "accordion", 24: "nylon guitar", 25: "steel guitar", 26: "jazz guitar", 27: "clean guitar",
    28: "muted guitar", 29: "driven guitar", 31: "clean guitar", 32: "double bass", 33: "finger bass", 34: "pick bass",
    35: "fretless bass", 36: "slap bass", 38: "analogue bass", 39: "square bass", 40: "violin", 42: "cello",
    43: "contrabass", 44: "tremolo strings", 45: "pizzicato", 46: "harp", 47: "timpani", 48: "string ensemble",
    49: "slow strings", 50: "synth strings", 52: "choir", 55: "orchestra hit", 56: "trumpet", 57: "trombone",
    59: "trumpet", 60: "horn",
    61: "brass section", 62: "synth brass", 64: "saxophone", 68: "oboe", 71: "clarinet", 72: "flute",
    80: "square lead", 81: "saw lead", 82: "soft lead", 83: "saw lead", 85: "soft lead", 86: "saw lead",
    87: "analogue bass", 88: "warm pad", 90: "bright pad", 91: "choir", 92: "glass pad", 94: "bright pad",
    95: "dark pad", 96: "warm pad", 98: "crystal", 99: "bright pad", 100: "glass pad", 101: "dark pad",
    104: "steel guitar", 105: "banjo", 106: "banjo", 107: "harp", 108: "marimba", 109: "oboe", 110: "violin",
    111: "oboe", 112: "bells", 114: "marimba", 115: "timpani",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taste:
    """How a band's instruments differ from their kind.

    Attributes
    ----------
    brightness
        -1 (dull) to 1 (bright).
    """

    brightness: float = 0.0


def kind_of(program: int) -> str:
    """Return what a General MIDI program is, such as ``electric piano``."""
    return _PROGRAMS[max(number for number in _PROGRAMS if number <= program)]


def draw_patch(rng: np.random.Generator, program: int, taste: Taste) -> Instrument:
    """Return a program's instrument: its kind's, with what one copy of an instrument has of its own.

    Parameters
    ----------
    rng
        Draws what is its own: the same seed gives the same instrument.
    program
        General MIDI, 0 to 127.
    taste
        What the band likes.
    """
    instrument = _KINDS[kind_of(program)]()
    tone, length, apart = rng.normal(0.0, 1.0, 3)
    octaves, longer = 0.25 * tone + 0.7 * taste.brightness, 0.15 * length
    if isinstance(instrument, Struck):
        return instrument.toned(octaves, longer)
    return replace(
        instrument,
        spectrum=instrument.spectrum.toned(octaves, longer),
        detune_cents=instrument.detune_cents * 2 ** (0.2 * apart),
    )
