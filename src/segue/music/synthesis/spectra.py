"""What harmonics instruments have over a note's time: filtered oscillators, strings, FM, drawbars, and struck bars."""

from dataclasses import dataclass, replace
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import jv

from segue.audio.signal import FloatArray
from segue.music.synthesis.envelopes import adsr

Wave = Literal["saw", "square", "pulse", "triangle"]
Levels = NDArray[np.float64]
#: Middle C: what cutoffs and decays are told for.
_MIDDLE_HZ: Final = 261.6
_FORCE_OCTAVES: Final = 1.4
_SIDEBANDS: Final = 14
_HIGHEST_HZ: Final = 16_000.0

#: A resonance: its frequency, how far it stands out in dB, and its width in octaves.
Resonance = tuple[float, float, float]


def resonating(levels: Levels, hertz: Levels, body: tuple[Resonance, ...]) -> Levels:
    """Return levels at frequencies as a body lets them through."""
    gain_db = np.zeros_like(hertz)
    for centre, strength, width in body:
        gain_db += strength * np.exp(-((np.log2(hertz / centre) / width) ** 2))
    return np.asarray(levels * 10 ** (gain_db / 20))


@dataclass(frozen=True, slots=True)
class Filtered:
    """An oscillator through a low-pass whose cutoff has an envelope and follows the keyboard.

    Attributes
    ----------
    wave, width
        The oscillator; ``width`` is a pulse's.
    cutoff_hz
        At middle C, where the envelope has come to rest.
    tracking
        By how many octaves it rises with each octave of the note.
    sweep_octaves, rise_s, fall_s
        How far the envelope lifts it, how soon it is there, and how fast it falls back.
    resonance_db
        How far the cutoff itself stands out.
    poles
        Steepness: 6 dB an octave each.
    body
        What it resonates in.
    """

    wave: Wave = "saw"
    width: float = 0.5
    cutoff_hz: float = 2500.0
    tracking: float = 0.5
    sweep_octaves: float = 0.0
    rise_s: float = 0.0
    fall_s: float = 0.3
    resonance_db: float = 0.0
    poles: int = 4
    body: tuple[Resonance, ...] = ()

    @property
    def still(self) -> bool:
        """Whether the spectrum stays as it is."""
        return self.sweep_octaves == 0.0

    def toned(self, octaves: float, longer: float) -> Self:
        """Return it brighter and longer: see `wavetables.Spectrum`."""
        return replace(self, cutoff_hz=self.cutoff_hz * 2**octaves, fall_s=self.fall_s * 2**longer)

    def harmonics(self, hz: float, numbers: Levels, times_s: Levels, force: float) -> Levels:
        """Return the amplitude of each harmonic at each moment: see `wavetables.Spectrum`."""
        level = resonating(_oscillator(self.wave, self.width, numbers), numbers * hz, self.body)
        lift = self.sweep_octaves * _swell(times_s, self.rise_s, self.fall_s)
        octaves = lift + _FORCE_OCTAVES * (force - 0.5) + self.tracking * np.log2(hz / _MIDDLE_HZ)
        cutoff = self.cutoff_hz * 2**octaves
        over = (numbers * hz)[None, :] / np.clip(cutoff, 40.0, 20_000.0)[:, None]
        passed = 1.0 / np.sqrt(1.0 + over ** (2 * self.poles))
        if self.resonance_db:
            passed = passed * 10 ** (self.resonance_db / 20 * np.exp(-((np.log2(over) / 0.25) ** 2)))
        return np.asarray(level * passed)


def _oscillator(wave: Wave, width: float, numbers: Levels) -> Levels:
    """Return the Fourier series of a wave."""
    odd = numbers % 2
    if wave == "square":
        return np.asarray(odd / numbers)
    if wave == "triangle":
        return np.asarray(odd / numbers**2)
    if wave == "pulse":
        return np.asarray(np.abs(np.sin(np.pi * numbers * width)) / numbers)
    return np.asarray(1.0 / numbers)


def _swell(times_s: Levels, rise_s: float, fall_s: float) -> Levels:
    """Return an envelope from 0 (or 1, where it does not rise) over 1 back to 0."""
    rise = np.minimum(times_s / rise_s, 1.0) if rise_s > 0 else np.ones_like(times_s)
    return np.asarray(rise * np.exp(-np.maximum(times_s - rise_s, 0.0) / fall_s))


@dataclass(frozen=True, slots=True)
class Plucked:
    """A string that is plucked or struck: higher harmonics die sooner, as the loop of Karplus and Strong damps them.

    Attributes
    ----------
    place
        Where on its length it is plucked: harmonics with a node there are missing.
    slope_db
        How much weaker each octave of harmonics begins, at middle force.
    ring_s
        How long the fundamental of middle C takes to fall to a third; lower strings ring longer.
    damping
        How much faster the higher harmonics die.
    body
        What it resonates in.
    """

    place: float = 0.2
    slope_db: float = 6.0
    ring_s: float = 1.2
    damping: float = 0.12
    body: tuple[Resonance, ...] = ()
    still: Literal[False] = False

    def toned(self, octaves: float, longer: float) -> Self:
        """Return it brighter and longer: see `wavetables.Spectrum`."""
        return replace(self, slope_db=self.slope_db - 1.5 * octaves, ring_s=self.ring_s * 2**longer)

    def harmonics(self, hz: float, numbers: Levels, times_s: Levels, force: float) -> Levels:
        """Return the amplitude of each harmonic at each moment: see `wavetables.Spectrum`."""
        slope_db = self.slope_db + 5.0 * (0.5 - force)
        level = np.abs(np.sin(np.pi * numbers * self.place)) * numbers ** (-slope_db / 6.02)
        level = resonating(level, numbers * hz, self.body)
        ring_s = self.ring_s * (_MIDDLE_HZ / hz) ** 0.45 / (1.0 + self.damping * (numbers - 1.0) ** 1.3)
        return np.asarray(level * np.exp(-times_s[:, None] / ring_s))


@dataclass(frozen=True, slots=True)
class Modulated:
    """A sine whose phase another sine turns (Chowning 1973): electric pianos, bells, basses.

    Attributes
    ----------
    ratio
        The modulator's frequency against the carrier's, a whole number.
    depth, rest, fall_s
        Index of modulation where it begins, where it comes to rest, and how fast it falls.
    ring_s
        How long the carrier of middle C takes to fall to a third; 0: it stays.
    chime, chime_number
        Strength of a second, short pair far above, as the tine of an electric piano, and its harmonic.
    """

    ratio: int = 1
    depth: float = 2.0
    rest: float = 0.4
    fall_s: float = 0.4
    ring_s: float = 0.0
    chime: float = 0.0
    chime_number: int = 14
    still: Literal[False] = False

    def toned(self, octaves: float, longer: float) -> Self:
        """Return it brighter and longer: see `wavetables.Spectrum`."""
        return replace(self, depth=self.depth * 2 ** (0.5 * octaves), ring_s=self.ring_s * 2**longer)

    def harmonics(self, hz: float, numbers: Levels, times_s: Levels, force: float) -> Levels:
        """Return the amplitude of each harmonic at each moment: see `wavetables.Spectrum`."""
        tame = min(1.0, (_MIDDLE_HZ * 3 / hz) ** 0.5)
        index = (self.rest + (self.depth - self.rest) * np.exp(-times_s / self.fall_s)) * (0.35 + 1.3 * force) * tame
        signed = np.zeros((times_s.size, numbers.size))
        for band in range(-_SIDEBANDS, _SIDEBANDS + 1):
            number = 1 + band * self.ratio
            place = abs(number) - 1
            if number != 0 and place < numbers.size:
                signed[:, place] += np.sign(number) * jv(band, index)
        level = np.abs(signed)
        if self.chime and self.chime_number <= numbers.size:
            level[:, self.chime_number - 1] += self.chime * (0.3 + 1.4 * force) * np.exp(-times_s / 0.12)
        if self.ring_s:
            level *= np.exp(-times_s / (self.ring_s * (_MIDDLE_HZ / hz) ** 0.4))[:, None]
        return np.asarray(level)


@dataclass(frozen=True, slots=True)
class Drawbars:
    """An organ: the strength of each of its harmonics; they stay."""

    levels: tuple[float, ...] = (1.0, 0.7, 0.4, 0.5, 0.1, 0.25, 0.0, 0.3)
    still: Literal[True] = True

    def toned(self, octaves: float, longer: float) -> Self:  # noqa: ARG002 - an organ rings as long as it is held
        """Return it brighter: see `wavetables.Spectrum`."""
        tilt = 2.0 ** (0.3 * octaves * np.log2(np.arange(1, len(self.levels) + 1)))
        return replace(self, levels=tuple((np.array(self.levels) * tilt).tolist()))

    def harmonics(self, hz: float, numbers: Levels, times_s: Levels, force: float) -> Levels:  # noqa: ARG002 - it stays
        """Return the amplitude of each harmonic at each moment: see `wavetables.Spectrum`."""
        level = np.zeros(max(numbers.size, len(self.levels)))
        level[: len(self.levels)] = self.levels
        return np.asarray(np.broadcast_to(level[: numbers.size], (times_s.size, numbers.size)))


@dataclass(frozen=True, slots=True)
class Struck:
    """A bar, bell or plate: partials that are no harmonics.

    Attributes
    ----------
    partials
        Frequency against the fundamental, strength, and how long each takes to fall to a third at middle C.
    release_s
        How soon it is damped when it is let go.
    """

    partials: tuple[tuple[float, float, float], ...]
    release_s: float = 0.4

    def toned(self, octaves: float, longer: float) -> Self:
        """Return it brighter and longer: see `wavetables.Spectrum`."""
        tilt, stretch = 2 ** (0.6 * octaves), 2**longer
        return replace(
            self,
            partials=tuple(
                (ratio, strength if ratio <= 1.0 else strength * tilt, length * stretch)
                for ratio, strength, length in self.partials
            ),
        )

    def play(self, hz: float, *, held_s: float, force: float, rate: int) -> FloatArray:
        """Return one note, ``(1, samples)``; what it takes is as for `wavetables.play_note`."""
        longest = max(length for _, _, length in self.partials) * 5 * (_MIDDLE_HZ / hz) ** 0.3
        held = max(1, round(min(held_s, longest) * rate))
        count = held + round(self.release_s * rate)
        at = np.arange(count, dtype=np.float64) / rate
        made = np.zeros(count, np.float32)
        for ratio, strength, length in self.partials:
            if hz * ratio < min(_HIGHEST_HZ, 0.46 * rate):
                fall_s = length * (_MIDDLE_HZ / hz) ** 0.3
                line = adsr(count, held, rate, attack_s=0.001, decay_s=fall_s, sustain=0.0, release_s=self.release_s)
                hard = strength * (1.0 if ratio <= 1.0 else (0.4 + 1.2 * force))
                made += np.float32(hard) * line * np.sin(2 * np.pi * hz * ratio * at).astype(np.float32)
        made *= np.float32(0.5 / sum(strength for _, strength, _ in self.partials) * 2)
        return made[None]
