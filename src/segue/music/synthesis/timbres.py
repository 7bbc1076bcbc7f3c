"""Pitched sounds as wavetables in bands of harmonics, each band with its own life.

A note's harmonics are sorted into bands; each band is one cycle in a table, without aliasing because it ends below half
the sample rate. Bands that fade faster make a filter close or a string decay; bands that come later make a brass swell.
Detuned copies make it wide. All of it is table look-ups: a note costs a few nanoseconds a sample.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.fft import irfft

from segue.audio.signal import FloatArray
from segue.music.chance import between, between_log, pick
from segue.music.synthesis.envelopes import CONTROL_STEP, adsr, drawn, faded

TABLE: Final = 4096
#: Below this width copies are summed to one channel.
AUDIBLE_WIDTH: Final = 0.05
_BAND_EDGES: Final = (1, 3, 7, 16, TABLE // 2)
_HIGHEST_HZ: Final = 16_000.0


@dataclass(frozen=True, slots=True)
class Timbre:
    """A pitched sound.

    Attributes
    ----------
    slope_db
        How much weaker each octave of harmonics is, dB: 6 is a sawtooth, 12 a triangle.
    even
        Strength of the even harmonics, 0 (a square) to 1.
    notch
        Every how-manieth harmonic is missing, as in a pulse; 0 for none.
    formants_hz, formant_db
        Resonances of the body, and how strong they are.
    attack_s, decay_s, sustain, release_s
        The envelope.
    closing
        How much faster each higher band fades: 0 is not at all.
    opening_s
        How much later each higher band comes.
    unison, detune_cents, width
        How many copies, how far apart, and how wide they spread, 0 to 1.
    vibrato_cents, vibrato_hz
        After a third of a second.
    noise, noise_s
        Strength and length of the breath, pick or bow at its beginning.
    sub
        Strength of a sine an octave lower.
    partials
        For bells and bars: frequency, strength and decay in seconds of each partial; these instead of harmonics.
    """

    slope_db: float = 6.0
    even: float = 1.0
    notch: int = 0
    formants_hz: tuple[float, ...] = ()
    formant_db: float = 0.0
    attack_s: float = 0.005
    decay_s: float = 0.5
    sustain: float = 0.7
    release_s: float = 0.15
    closing: float = 0.0
    opening_s: float = 0.0
    unison: int = 1
    detune_cents: float = 0.0
    width: float = 0.0
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.0
    noise: float = 0.0
    noise_s: float = 0.03
    sub: float = 0.0
    partials: tuple[tuple[float, float, float], ...] = ()


def draw_timbre(rng: np.random.Generator, program: int) -> Timbre:
    """Draw a sound in the manner of a General MIDI program, 0 to 127."""
    return _FAMILIES[_EXCEPTIONS.get(program, _BY_EIGHT[program // 8])](rng)


def _body(rng: np.random.Generator) -> tuple[tuple[float, ...], float]:
    """Draw the resonances of a body."""
    count = int(rng.integers(0, 4))
    return tuple(between_log(rng, (200.0, 5000.0)) for _ in range(count)), between(rng, (2.0, 10.0))


def _plucked(rng: np.random.Generator) -> Timbre:
    formants, depth = _body(rng)
    return Timbre(
        slope_db=between(rng, (5.0, 16.0)),
        even=between(rng, (0.5, 1.0)),
        notch=pick(rng, (0, 0, 3, 4, 5, 7, 8)),
        formants_hz=formants,
        formant_db=depth,
        attack_s=between_log(rng, (0.001, 0.006)),
        decay_s=between_log(rng, (0.25, 2.5)),
        sustain=0.0,
        release_s=between_log(rng, (0.05, 0.3)),
        closing=between(rng, (0.4, 2.5)),
        unison=pick(rng, (1, 2, 2, 3)),
        detune_cents=between(rng, (0.5, 4.0)),
        width=between(rng, (0.0, 0.6)),
        noise=between(rng, (0.0, 0.25)),
        noise_s=between_log(rng, (0.005, 0.04)),
    )


def _organ(rng: np.random.Generator) -> Timbre:
    return Timbre(
        slope_db=between(rng, (4.0, 14.0)),
        even=between(rng, (0.2, 1.0)),
        notch=pick(rng, (0, 3, 5)),
        attack_s=between_log(rng, (0.003, 0.05)),
        sustain=1.0,
        release_s=between_log(rng, (0.04, 0.2)),
        unison=pick(rng, (1, 2, 3)),
        detune_cents=between(rng, (0.0, 8.0)),
        width=between(rng, (0.0, 0.8)),
        vibrato_cents=between(rng, (0.0, 12.0)),
        vibrato_hz=between(rng, (4.0, 7.5)),
        noise=between(rng, (0.0, 0.15)),
        noise_s=0.01,
        sub=between(rng, (0.0, 0.6)),
    )


def _bass(rng: np.random.Generator) -> Timbre:
    return Timbre(
        slope_db=between(rng, (5.0, 18.0)),
        even=between(rng, (0.0, 1.0)),
        notch=pick(rng, (0, 0, 0, 2, 3, 5)),
        attack_s=between_log(rng, (0.002, 0.02)),
        decay_s=between_log(rng, (0.12, 2.0)),
        sustain=between(rng, (0.0, 0.9)),
        release_s=between_log(rng, (0.04, 0.2)),
        closing=between(rng, (0.0, 3.0)),
        unison=pick(rng, (1, 1, 1, 2, 3)),
        detune_cents=between(rng, (1.0, 12.0)),
        width=between(rng, (0.0, 0.3)),
        noise=between(rng, (0.0, 0.12)),
        noise_s=0.015,
        sub=pick(rng, (0.0, 0.0, 0.4, 0.9)),
    )


def _pad(rng: np.random.Generator) -> Timbre:
    formants, depth = _body(rng)
    return Timbre(
        slope_db=between(rng, (6.0, 14.0)),
        even=between(rng, (0.2, 1.0)),
        notch=pick(rng, (0, 0, 2, 3, 4)),
        formants_hz=formants,
        formant_db=depth,
        attack_s=between_log(rng, (0.03, 0.6)),
        decay_s=1.5,
        sustain=between(rng, (0.6, 1.0)),
        release_s=between_log(rng, (0.2, 1.5)),
        opening_s=pick(rng, (0.0, 0.1, 0.4)),
        unison=pick(rng, (2, 3, 4, 5)),
        detune_cents=between(rng, (4.0, 22.0)),
        width=between(rng, (0.3, 1.0)),
        vibrato_cents=between(rng, (0.0, 10.0)),
        noise=between(rng, (0.0, 0.05)),
        noise_s=0.3,
    )


def _blown(rng: np.random.Generator) -> Timbre:
    formants, depth = _body(rng)
    return Timbre(
        slope_db=between(rng, (6.0, 13.0)),
        even=between(rng, (0.1, 1.0)),
        formants_hz=formants,
        formant_db=depth,
        attack_s=between_log(rng, (0.02, 0.09)),
        decay_s=0.4,
        sustain=between(rng, (0.7, 1.0)),
        release_s=between_log(rng, (0.05, 0.15)),
        opening_s=between(rng, (0.005, 0.04)),
        unison=pick(rng, (1, 1, 2, 3)),
        detune_cents=between(rng, (1.0, 10.0)),
        width=between(rng, (0.0, 0.5)),
        vibrato_cents=between(rng, (4.0, 30.0)),
        vibrato_hz=between(rng, (4.5, 6.5)),
        noise=between(rng, (0.02, 0.3)),
        noise_s=between_log(rng, (0.03, 0.3)),
    )


def _synthesiser(rng: np.random.Generator) -> Timbre:
    return Timbre(
        slope_db=between(rng, (4.5, 10.0)),
        even=pick(rng, (0.0, 1.0, between(rng, (0.0, 1.0)))),
        notch=pick(rng, (0, 0, 2, 3, 4, 5)),
        attack_s=between_log(rng, (0.002, 0.04)),
        decay_s=between_log(rng, (0.1, 1.0)),
        sustain=between(rng, (0.1, 0.9)),
        release_s=between_log(rng, (0.05, 0.4)),
        closing=pick(rng, (0.0, between(rng, (0.3, 3.0)))),
        unison=pick(rng, (1, 2, 3, 5, 7)),
        detune_cents=between(rng, (3.0, 30.0)),
        width=between(rng, (0.2, 1.0)),
        vibrato_cents=pick(rng, (0.0, between(rng, (5.0, 30.0)))),
        sub=pick(rng, (0.0, 0.0, 0.4)),
    )


def _bell(rng: np.random.Generator) -> Timbre:
    ratios = pick(rng, ((1.0, 4.0, 10.0), (1.0, 2.76, 5.4, 8.93), (1.0, 2.0, 3.0, 4.2, 5.4), (1.0, 3.0, 6.3, 9.1)))
    length = between_log(rng, (0.15, 2.5))
    partials = tuple(
        (
            ratio * (1 + 0.01 * rng.standard_normal() * (index > 0)),
            0.8**index * between(rng, (0.1, 1.0)) if index else 1.0,
            length / ratio**0.7,
        )
        for index, ratio in enumerate(ratios)
    )
    return Timbre(
        partials=partials, release_s=between_log(rng, (0.1, 0.8)), noise=between(rng, (0.0, 0.3)), noise_s=0.006
    )


#: How each eight programs of General MIDI sound, and which of them do not sound as their neighbours.
_BY_EIGHT: Final = (
    *("plucked", "bell", "organ", "plucked", "bass", "pad", "pad", "blown"),
    *("blown", "blown", "synthesiser", "pad", "pad", "plucked", "plucked", "synthesiser"),
)
_EXCEPTIONS: Final = {
    8: "plucked",
    15: "plucked",
    45: "plucked",
    46: "plucked",
    47: "bass",
    55: "synthesiser",
    98: "bell",
    112: "bell",
}
_FAMILIES: Final[dict[str, Callable[[np.random.Generator], Timbre]]] = {
    "plucked": _plucked,
    "bell": _bell,
    "organ": _organ,
    "bass": _bass,
    "pad": _pad,
    "blown": _blown,
    "synthesiser": _synthesiser,
}


def sound(
    timbre: Timbre, hz: float, rng: np.random.Generator, *, held_s: float, bright: float, rate: int
) -> FloatArray:
    """Return one note.

    Parameters
    ----------
    timbre
        The sound.
    hz
        Its fundamental.
    rng
        Chance, for phases and noise.
    held_s
        How long it is held.
    bright
        0 to 1, from how hard it is struck.
    rate
        Hz.

    Returns
    -------
    array
        ``(1 or 2, samples)``, peak about 1, its release included.
    """
    held = max(1, round(held_s * rate))
    count = held + round(timbre.release_s * rate)
    if timbre.partials:
        made = _struck(timbre, hz, held, count, rate)
    else:
        made = _sustained(timbre, band_tables(timbre, hz, bright, rate), hz, rng, held=held, count=count, rate=rate)
    if timbre.noise > 0:
        made[:, : _noise_length(timbre, count, rate)] += _breath(timbre, count, rate, rng)
    made /= max(1e-9, float(np.abs(made[:, : rate // 4]).max()))
    return faded(made, 16, min(256, count // 4))


def _noise_length(timbre: Timbre, count: int, rate: int) -> int:
    return min(count, round(timbre.noise_s * 5 * rate))


def _breath(timbre: Timbre, count: int, rate: int, rng: np.random.Generator) -> FloatArray:
    """Return the noise at a note's beginning."""
    size = _noise_length(timbre, count, rate)
    fall = np.exp(-np.arange(size, dtype=np.float32) / (timbre.noise_s * rate))
    return np.asarray(timbre.noise * 0.5 * fall * rng.standard_normal(size, dtype=np.float32), dtype=np.float32)


def _struck(timbre: Timbre, hz: float, held: int, count: int, rate: int) -> FloatArray:
    """Return a bell or bar: decaying sines."""
    at = np.arange(count, dtype=np.float32) / np.float32(rate)
    made = np.zeros(count, np.float32)
    for ratio, strength, length in timbre.partials:
        if hz * ratio < _HIGHEST_HZ:
            damped = adsr(count, held, rate, attack_s=0.001, decay_s=length, sustain=0.0, release_s=timbre.release_s)
            made += np.float32(strength) * damped * np.sin(np.float32(2 * np.pi * hz * ratio) * at)
    return made[None]


def band_tables(timbre: Timbre, hz: float, bright: float, rate: int) -> FloatArray:
    """Return one cycle of each band of harmonics, ``(bands, TABLE)``; bands that hold nothing are left out."""
    top = int(min(min(_HIGHEST_HZ, 0.45 * rate) / hz, TABLE // 2 - 1))
    number = np.arange(1, max(top, 1) + 1)
    level = number ** (-(timbre.slope_db - 2.5 * (bright - 0.5)) / 6.02)
    level = np.where(number % 2 == 0, level * timbre.even, level)
    if timbre.notch:
        level = level * np.abs(np.sin(np.pi * number / timbre.notch + 0.15))
    for formant in timbre.formants_hz:
        distance = np.log2(number * hz / formant)
        level = level * 10 ** (timbre.formant_db / 20 * np.exp(-((distance / 0.4) ** 2)))
    tables = []
    for low, high in pairwise(_BAND_EDGES):
        if low <= top:
            spectrum = np.zeros(TABLE // 2 + 1, np.complex64)
            inside = slice(low, min(high, top + 1))
            phases = np.exp(1j * number[low - 1 : inside.stop - 1] ** 2 * 0.7)  # spread, so that peaks are low
            spectrum[inside] = level[low - 1 : inside.stop - 1] * phases
            tables.append(irfft(spectrum, TABLE) * TABLE / 2)
    return np.asarray(tables, dtype=np.float32)


def _sustained(
    timbre: Timbre, tables: FloatArray, hz: float, rng: np.random.Generator, *, held: int, count: int, rate: int
) -> FloatArray:
    """Return a note of harmonics, detuned copies summed to one or two channels."""
    if timbre.closing == 0.0 and timbre.opening_s == 0.0:
        tables = tables.sum(axis=0, keepdims=True)
    envelopes = [
        adsr(
            count,
            held,
            rate,
            attack_s=timbre.attack_s + band * timbre.opening_s,
            decay_s=timbre.decay_s / (1.0 + band * timbre.closing),
            sustain=timbre.sustain / (1.0 + band * timbre.closing * 0.7),
            release_s=timbre.release_s,
        )
        for band in range(len(tables))
    ]
    channels = 2 if timbre.unison > 1 and timbre.width > AUDIBLE_WIDTH else 1
    made = np.zeros((channels, count), np.float32)
    for copy in range(timbre.unison):
        place = 0.0 if timbre.unison == 1 else 2.0 * copy / (timbre.unison - 1) - 1.0
        index = _indices(timbre, hz * 2 ** (place * timbre.detune_cents / 1200), rng, count=count, rate=rate)
        voice = envelopes[0] * tables[0][index]
        for table, envelope in zip(tables[1:], envelopes[1:], strict=True):
            voice += envelope * table[index]
        gains = (1.0,) if channels == 1 else (1.0 - place * timbre.width, 1.0 + place * timbre.width)
        for channel, gain in enumerate(gains):
            made[channel] += np.float32(gain) * voice
    if timbre.sub > 0:
        low = np.sin(np.arange(count, dtype=np.float32) * np.float32(np.pi * hz / rate)) * envelopes[0]
        made += np.float32(timbre.sub * timbre.unison) * low * np.float32(np.abs(tables[0]).max())
    return made


def _indices(timbre: Timbre, hz: float, rng: np.random.Generator, *, count: int, rate: int) -> np.ndarray:
    """Return where in a table each sample lies, with vibrato."""
    cycles = np.arange(count, dtype=np.float64) * (hz / rate) + rng.random()
    if timbre.vibrato_cents > 0:
        at = np.arange(0, count + CONTROL_STEP, CONTROL_STEP) / rate
        depth = np.clip((at - 0.15) / 0.3, 0.0, 1.0) * timbre.vibrato_cents / 1200 * np.log(2) * hz
        swing = -np.cos(2 * np.pi * timbre.vibrato_hz * at) / (2 * np.pi * timbre.vibrato_hz)
        cycles += drawn(depth * swing, count)
    return (cycles * TABLE).astype(np.int64) & (TABLE - 1)
