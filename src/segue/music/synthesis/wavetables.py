"""Playing wavetables that change while they sound: one note from the spectra that it has over its time.

A note's spectrum is drawn at moments, dense where it begins; each becomes one cycle in a table, without aliases because
it holds nothing above half the sample rate. Playing reads between cycles and between moments, both in straight lines.
Detuned copies, each with a drift of its own, make a unison or an ensemble.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft

from segue.audio.signal import FloatArray
from segue.music.synthesis.envelopes import CONTROL_STEP, adsr, drawn, faded

SIZE: Final = 4096
_HIGHEST_HZ: Final = 17_000.0
_HARMONICS: Final = 600
_MOMENTS: Final = 20
_DENSEST_S: Final = 0.008
_BITS: Final = 32 - 12
_DRIFT_HZ: Final = (0.3, 1.1)
_FADE_IN: Final = 24
#: Which harmonics of a stiff string go together, and where each group stands.
_GROUPS: Final = (1, 4, 9, _HARMONICS + 1)
_GROUP_PLACES: Final = (-0.2, 0.5, -0.6)


class Spectrum(Protocol):
    """Harmonics over a note's time."""

    @property
    def still(self) -> bool:
        """Whether the spectrum stays as it is: one cycle then serves the whole note."""
        ...

    def toned(self, octaves: float, longer: float) -> "Spectrum":
        """Return it brighter by about so many octaves of a cutoff, and ringing so many octaves longer."""
        ...

    def harmonics(
        self, hz: float, numbers: NDArray[np.float64], times_s: NDArray[np.float64], force: float
    ) -> NDArray[np.float64]:
        """Return the amplitude of each harmonic at each moment, ``(moments, harmonics)``.

        Parameters
        ----------
        hz
            The fundamental.
        numbers
            Which harmonics: 1, 2, ...
        times_s
            The moments, from the note's beginning.
        force
            0 to 1: how hard it is played.
        """
        ...


@dataclass(frozen=True, slots=True)
class Patch:
    """An instrument.

    Attributes
    ----------
    spectrum
        Its harmonics.
    attack_s, decay_s, sustain, release_s
        How loud it is over its time: see `segue.music.synthesis.envelopes.adsr`.
    copies, detune_cents, width
        How many play together, how far apart, how wide they spread, 0 to 1.
    drift_cents
        How far each copy wanders, slowly and on its own, as players of an ensemble do.
    vibrato_cents, vibrato_hz, vibrato_after_s
        Vibrato, and when it sets in.
    noise, noise_s, noise_hz
        Strength of the breath, pick or bow at its beginning, its length, and the middle of its band.
    sub
        Strength of a sine an octave lower.
    glide_s
        How long it takes from the note before, where that one has only just ended.
    stretch
        How far stiff strings put their higher harmonics out of tune: harmonic n sounds at n * sqrt(1 + stretch * n^2)
        (Fletcher 1964). Neighbouring harmonics go together.
    """

    spectrum: Spectrum
    attack_s: float = 0.004
    decay_s: float = 0.5
    sustain: float = 1.0
    release_s: float = 0.15
    copies: int = 1
    detune_cents: float = 0.0
    width: float = 0.0
    drift_cents: float = 0.0
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.2
    vibrato_after_s: float = 0.25
    noise: float = 0.0
    noise_s: float = 0.02
    noise_hz: float = 3000.0
    sub: float = 0.0
    glide_s: float = 0.0
    stretch: float = 0.0

    @property
    def channels(self) -> int:
        """How many channels its notes have."""
        return 2 if (self.copies > 1 or self.stretch > 0) and self.width > 0 else 1


@dataclass(frozen=True, slots=True)
class _Voice:
    """One reading of the tables: where it stands (-1 to 1), how many cents it is off, and which tables it reads."""

    place: float
    cents: float
    group: int


def play_note(
    patch: Patch,
    hz: float,
    rng: np.random.Generator,
    *,
    held_s: float,
    force: float,
    rate: int,
    from_hz: float | None = None,
) -> FloatArray:
    """Return one note.

    Parameters
    ----------
    patch
        The instrument.
    hz
        Its fundamental.
    rng
        Chance: phases, drift and noise.
    held_s
        How long it is held.
    force
        How hard it is played, 0 to 1: brightness, not level.
    rate
        Hz.
    from_hz
        The note that it glides from, if it does.

    Returns
    -------
    array
        ``(1 or 2, samples)``, its release included. Its level is about 1 whatever the force, so that notes of a part
        are balanced by their velocities.
    """
    held = max(1, round(held_s * rate))
    count = held + round(patch.release_s * rate)
    groups, moments = _tables(patch, hz, count, force, rate)
    frame, between = _moments_of_samples(moments, count)
    made = np.zeros((patch.channels, count), np.float32)
    for voice in _voices(patch, len(groups)):
        cycles = _wandering(patch, hz, voice.cents, rng, count=count, rate=rate, from_hz=from_hz)
        read = _read(groups[voice.group], frame, between, cycles)
        if patch.channels == 1:
            made[0] += read
        else:
            made[0] += np.float32(1.0 - voice.place * patch.width) * read
            made[1] += np.float32(1.0 + voice.place * patch.width) * read
    made *= np.float32(1 / np.sqrt(patch.copies))
    if patch.sub > 0:
        low = 2 * np.pi * _ramp(hz / 2, rate, count)
        made += np.float32(patch.sub) * np.sin(low, dtype=np.float32)
    made *= adsr(
        count,
        held,
        rate,
        attack_s=patch.attack_s,
        decay_s=patch.decay_s,
        sustain=patch.sustain,
        release_s=patch.release_s,
    )
    if patch.noise > 0:
        _add_noise(made, patch, rng, force, rate)
    return faded(made, _FADE_IN, min(256, count // 4))


def _voices(patch: Patch, groups: int) -> list[_Voice]:
    """Return what sounds together: the groups of a stiff string, or detuned copies, of which neighbours stand apart."""
    if patch.stretch > 0:
        centres = [(low + min(high, 2 * low) - 1) / 2 for low, high in pairwise(_GROUPS)]
        cents = [600 * np.log2(1 + patch.stretch * centre**2) for centre in centres]
        return [_Voice(_GROUP_PLACES[group], cents[group], group) for group in range(groups)]
    if patch.copies == 1:
        return [_Voice(0.0, 0.0, 0)]
    offsets = np.linspace(-1.0, 1.0, patch.copies).tolist()
    return [
        _Voice(offset if index % 2 else -offset, offset * patch.detune_cents, 0) for index, offset in enumerate(offsets)
    ]


def _tables(patch: Patch, hz: float, count: int, force: float, rate: int) -> tuple[list[FloatArray], NDArray[np.int64]]:
    """Return one cycle for each moment, ``(moments, SIZE + 1)``, of each group, and on which samples moments fall."""
    top = int(np.clip(min(_HIGHEST_HZ, 0.46 * rate) / hz, 1, _HARMONICS))
    numbers = np.arange(1, top + 1, dtype=np.float64)
    if patch.spectrum.still:
        times = np.zeros(1)
    else:
        times = _DENSEST_S * np.expm1(np.linspace(0.0, np.log1p(count / rate / _DENSEST_S), _MOMENTS))
    levels = patch.spectrum.harmonics(hz, numbers, times, force)
    loudest = float(np.sqrt(0.5 * (levels**2).sum(axis=1).max()))
    spread = levels * np.exp(0.7j * numbers**2) * (0.35 / max(loudest, 1e-9))  # so that peaks are low
    edges = _GROUPS if patch.stretch > 0 else (1, _HARMONICS + 1)
    cycles = [_cycles(spread, low, high) for low, high in pairwise(edges) if low <= top]
    return cycles, np.round(times * rate).astype(np.int64)


def _cycles(levels: NDArray[np.complex128], low: int, high: int) -> FloatArray:
    """Return the cycles of the harmonics from one to before another, each with its first sample again at its end."""
    spectra = np.zeros((len(levels), SIZE // 2 + 1), np.complex64)
    kept = levels[:, low - 1 : high - 1]
    spectra[:, low : low + kept.shape[1]] = kept
    cycles = np.asarray(irfft(spectra, SIZE, axis=1), np.float32) * np.float32(SIZE / 2)
    return np.concatenate((cycles, cycles[:, :1]), axis=1)


def _moments_of_samples(moments: NDArray[np.int64], count: int) -> tuple[NDArray[np.intp], FloatArray | None]:
    """Return between which moments each sample lies: the first one's place in the tables, and how far it is past it."""
    if len(moments) == 1:
        return np.zeros(1, np.intp), None
    at = np.interp(np.arange(count, dtype=np.float32), moments, np.arange(len(moments))).astype(np.float32)
    first = np.minimum(at.astype(np.intp), len(moments) - 2)
    past: FloatArray = at - first.astype(np.float32)
    return first * (SIZE + 1), past


def _ramp(hz: float, rate: int, count: int) -> FloatArray:
    """Return the phase of a steady tone at each sample, 0 to 1."""
    step = np.uint32(round(hz / rate * 2**32) & 0xFFFFFFFF)
    return (np.arange(count, dtype=np.uint32) * step).astype(np.float32) * np.float32(2.0**-32)


def _wandering(
    patch: Patch, hz: float, cents: float, rng: np.random.Generator, *, count: int, rate: int, from_hz: float | None
) -> NDArray[np.uint32]:
    """Return the phase of each sample in 2^-32 cycles: steady, but for vibrato, drift and glide."""
    own_hz = hz * 2 ** (cents / 1200)
    cycles = np.arange(count, dtype=np.uint32) * np.uint32(round(own_hz / rate * 2**32))
    cycles += np.uint32(rng.integers(1 << 32))
    bend = np.zeros(-(-count // CONTROL_STEP) + 1)
    times = np.arange(bend.size) * CONTROL_STEP / rate
    if patch.vibrato_cents > 0:
        depth = np.clip((times - patch.vibrato_after_s) / 0.35, 0.0, 1.0) * patch.vibrato_cents
        bend += depth * np.sin(2 * np.pi * (patch.vibrato_hz * times + rng.random() * 0.1))
    if patch.drift_cents > 0:
        slow = rng.uniform(*_DRIFT_HZ)
        bend += patch.drift_cents * np.sin(2 * np.pi * (slow * times + rng.random()))
    if from_hz is not None and patch.glide_s > 0:
        bend += 1200 * np.log2(from_hz / hz) * np.exp(-times / (patch.glide_s / 3))
    if bend.any():
        more = np.cumsum(own_hz * np.expm1(bend * (np.log(2) / 1200))) * (CONTROL_STEP / rate)
        cycles += (
            (drawn(np.concatenate(([0.0], more)), count).astype(np.float64) * 2**32).astype(np.int64).astype(np.uint32)
        )
    return cycles


def _read(
    tables: FloatArray, frame: NDArray[np.intp], between: FloatArray | None, cycles: NDArray[np.uint32]
) -> FloatArray:
    """Return the samples at phases, between neighbours of a cycle and between moments."""
    place = (cycles >> np.uint32(_BITS)).astype(np.intp)
    place += frame
    share = (cycles & np.uint32((1 << _BITS) - 1)).astype(np.float32)
    share *= np.float32(2.0**-_BITS)
    flat = tables.reshape(-1)
    made = _lines(flat, place, share)
    if between is not None:
        place += SIZE + 1
        later = _lines(flat, place, share)
        later -= made
        later *= between
        made += later
    return made


def _lines(flat: FloatArray, place: NDArray[np.intp], share: FloatArray) -> FloatArray:
    low: FloatArray = flat.take(place)
    high = flat[1:].take(place)
    high -= low
    high *= share
    low += high
    return low


def _add_noise(made: FloatArray, patch: Patch, rng: np.random.Generator, force: float, rate: int) -> None:
    """Add the noise of a beginning, in place: one pole either side of its band."""
    size = min(made.shape[1], round(patch.noise_s * 6 * rate))
    raw = rng.standard_normal(size + 1, dtype=np.float32)
    hush = max(1, round(rate / (4 * patch.noise_hz)))
    smooth = np.convolve(np.diff(raw), np.ones(hush, np.float32) / hush)[:size].astype(np.float32)
    fall = np.exp(-np.arange(size, dtype=np.float32) / np.float32(patch.noise_s * rate))
    made[:, :size] += np.float32(patch.noise * (0.4 + 0.6 * force)) * fall * smooth
