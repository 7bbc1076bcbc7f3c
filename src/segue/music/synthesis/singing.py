"""A voice: a glottal pulse through formants, syllable by syllable, with glides, vibrato, breath and consonants.

Formants after Peterson and Barney, "Control methods used in a study of the vowels", JASA 24, 1952; their bandwidths
grow with frequency as Fant's do. It sings nonsense: what matters is that it is shaped as voices are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.fft import irfft
from scipy.signal import butter, sosfilt

from segue.audio.signal import FloatArray
from segue.music.chance import between, between_log, pick
from segue.music.synthesis.envelopes import CONTROL_STEP, drawn, faded
from segue.music.synthesis.timbres import TABLE

#: First three formants of a man's vowels, Hz.
_VOWELS: Final = {
    "i": (270, 2290, 3010),
    "e": (460, 1890, 2550),
    "a": (730, 1090, 2440),
    "o": (500, 900, 2410),
    "u": (300, 870, 2240),
    "ae": (660, 1720, 2410),
    "er": (490, 1350, 1690),
}
#: Band of the noise of consonants, Hz, how long they last in seconds, how loud.
_CONSONANTS: Final = {
    "s": ((5000.0, 11000.0), 0.09, 0.35),
    "sh": ((2200.0, 7000.0), 0.09, 0.35),
    "f": ((1500.0, 9000.0), 0.06, 0.12),
    "h": ((600.0, 4000.0), 0.06, 0.12),
    "t": ((3000.0, 9000.0), 0.02, 0.5),
    "k": ((1200.0, 4000.0), 0.025, 0.5),
    "p": ((400.0, 2000.0), 0.015, 0.4),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """A singer.

    Attributes
    ----------
    tract
        Length of the vocal tract against a man's: a woman's is about 0.86. Formants rise as it shortens.
    tilt_db
        How much weaker each octave of the glottal pulse is.
    breath
        Strength of the aspiration, 0 to 1.
    vibrato_cents, vibrato_hz
        On long notes.
    glide_s
        How long the voice takes from one note to the next.
    jitter_cents
        How unsteady the pitch is.
    consonants
        Share of syllables that begin with one.
    attack_s
        How softly a syllable begins.
    """

    tract: float
    tilt_db: float
    breath: float
    vibrato_cents: float
    vibrato_hz: float
    glide_s: float
    jitter_cents: float
    consonants: float
    attack_s: float


def draw_voice(rng: np.random.Generator, mean_pitch: float) -> Voice:
    """Draw a singer for a range, given its middle as a MIDI number."""
    high = float(np.clip((mean_pitch - 50) / 20, 0.0, 1.0))
    return Voice(
        tract=1.0 - 0.16 * high + 0.04 * rng.standard_normal(),
        tilt_db=between(rng, (7.0, 14.0)),
        breath=between_log(rng, (0.01, 0.15)),
        vibrato_cents=between(rng, (5.0, 60.0)),
        vibrato_hz=between(rng, (4.6, 6.6)),
        glide_s=between_log(rng, (0.02, 0.09)),
        jitter_cents=between(rng, (3.0, 14.0)),
        consonants=between(rng, (0.3, 0.85)),
        attack_s=between_log(rng, (0.01, 0.05)),
    )


def syllable(
    voice: Voice, hz: float, rng: np.random.Generator, *, previous_hz: float, held_s: float, rate: int
) -> tuple[FloatArray, int]:
    """Return a sung syllable, ``(samples,)``, and how many of them sound before the beat: its consonant.

    Parameters
    ----------
    voice
        The singer.
    hz, previous_hz
        The note, and the one that the voice comes from.
    rng
        Chance: vowels, consonant, unsteadiness.
    held_s
        How long it lasts.
    rate
        Hz.
    """
    release = round(0.05 * rate)
    count = max(round(held_s * rate), round(0.06 * rate)) + release
    first, second = pick(rng, list(_VOWELS)), pick(rng, list(_VOWELS))
    tables = [_vowel_table(voice, vowel, hz, rate) for vowel in (first, second)]
    index = _contour(voice, hz, rng, previous_hz=previous_hz, count=count, rate=rate)
    controls = np.arange(0, count + CONTROL_STEP, CONTROL_STEP) / rate
    change = 1 / (1 + np.exp(-(controls - held_s * between(rng, (0.4, 1.2))) / 0.03))
    morph = drawn(change, count)
    sung = tables[0][index] * (1 - morph) + tables[1][index] * morph
    loud = np.minimum(controls / voice.attack_s, 1.0) * (1 - 0.25 * np.clip(controls / max(held_s, 0.1), 0, 1))
    loud = loud * np.clip((count / rate - controls) / 0.05, 0.0, 1.0)
    sung = sung * drawn(loud, count)
    sung += voice.breath * _noise(rng, count, rate, (1000.0, 6000.0)) * drawn(loud, count)
    return _with_consonant(voice, sung.astype(np.float32), rate, rng)


def _contour(
    voice: Voice, hz: float, rng: np.random.Generator, *, previous_hz: float, count: int, rate: int
) -> np.ndarray:
    """Return where in the table each sample lies: glide, vibrato and jitter together."""
    at = np.arange(0, count + CONTROL_STEP, CONTROL_STEP) / rate
    glide = np.log2(previous_hz / hz) * 1200 * np.exp(-at / voice.glide_s)
    vibrato = (
        voice.vibrato_cents * np.clip((at - 0.2) / 0.3, 0, 1) * np.sin(2 * np.pi * voice.vibrato_hz * at + rng.random())
    )
    noise = rng.standard_normal(at.size // 40 + 3)
    jitter = voice.jitter_cents * np.interp(np.arange(at.size) / 40, np.arange(noise.size), noise)
    cents = np.clip(glide, -700, 700) + vibrato + jitter + rng.normal(0, 6)
    steps = hz * 2 ** (drawn(cents, count).astype(np.float64) / 1200) / rate
    return ((np.cumsum(steps) + rng.random()) * TABLE).astype(np.int64) & (TABLE - 1)


def _vowel_table(voice: Voice, vowel: str, hz: float, rate: int) -> FloatArray:
    """Return a cycle of a vowel at a pitch, with an effective value of 0.2."""
    top = int(min(9000.0, 0.45 * rate) / hz)
    harmonic = np.arange(1, max(2, top + 1))
    at = harmonic * hz
    level = harmonic ** (-voice.tilt_db / 6.02)
    response = np.full(at.shape, 0.02)
    formants = [*_VOWELS[vowel], 3400, 4300]
    for number, formant in enumerate(formants):
        centre = formant / voice.tract
        width = 50 + centre * 0.05
        response = response + 0.85**number / np.sqrt(1 + ((at - centre) / width) ** 2) * (1 + centre / 900)
    spectrum = np.zeros(TABLE // 2 + 1, np.complex64)
    spectrum[1 : harmonic.size + 1] = level * response * np.exp(1j * harmonic**2 * 0.05)
    cycle = irfft(spectrum, TABLE)
    return np.asarray(0.2 * cycle / np.sqrt(np.mean(cycle**2)), dtype=np.float32)


def _noise(rng: np.random.Generator, count: int, rate: int, band: tuple[float, float]) -> FloatArray:
    """Return noise in a band, of an effective value of about 1."""
    low, high = band[0], min(band[1], 0.45 * rate)
    sections = butter(1, (min(low, high * 0.7), high), "bandpass", fs=rate, output="sos")
    made = sosfilt(sections, rng.standard_normal(count, dtype=np.float32))
    return np.asarray(made / max(1e-9, float(np.std(made))), dtype=np.float32)


def _with_consonant(voice: Voice, sung: FloatArray, rate: int, rng: np.random.Generator) -> tuple[FloatArray, int]:
    """Put a consonant before a vowel, or nothing."""
    if rng.random() > voice.consonants:
        return faded(sung, 32, 64), 0
    band, length_s, loud = _CONSONANTS[pick(rng, list(_CONSONANTS))]
    size = round(length_s * rate * between(rng, (0.7, 1.3)))
    made = _noise(rng, size, rate, band) * np.float32(0.25 * loud)
    made *= (
        np.hanning(size).astype(np.float32)
        if length_s > 0.03
        else np.exp(-np.arange(size) / (0.3 * size)).astype(np.float32)
    )
    overlap = size // 3
    whole = np.zeros(size - overlap + sung.size, np.float32)
    whole[:size] += made
    whole[size - overlap :] += sung
    return faded(whole, 32, 64), size - overlap


def line(
    notes: Sequence[tuple[float, float, float, float]],
    length: int,
    rate: int,
    voice: Voice,
    rng: np.random.Generator,
) -> FloatArray:
    """Return a sung line, ``(samples,)``.

    Parameters
    ----------
    notes
        Start and length in seconds, frequency in Hz, gain; in order.
    length
        How many samples.
    rate
        Hz.
    voice
        The singer.
    rng
        Chance.
    """
    made = np.zeros(length, np.float32)
    before_hz, before_end = 0.0, -1.0
    for start_s, held_s, hz, gain in notes:
        origin = before_hz if before_hz and start_s - before_end < 0.15 else hz * 2 ** (-between(rng, (0.0, 1.5)) / 12)
        sung, early = syllable(voice, hz, rng, previous_hz=origin, held_s=held_s, rate=rate)
        at = max(0, round(start_s * rate) - early)
        part = sung[: max(0, length - at)]
        made[at : at + part.size] += part * np.float32(gain)
        before_hz, before_end = hz, start_s + held_s
    return made
