"""Which pitches sound: the partials of a song folded into pitch classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from segue.audio.signal import FloatArray
from segue.audio.spectrum import RATE, TONAL_WINDOW, Spectra

_LOWEST_HZ, _HIGHEST_HZ = 52.0, 2200.0
_A4_HZ = 440.0
_BACKGROUND_BINS = 41
_PROMINENCE = 1.8
_OVERTONES = 5
_OVERTONE_SLOPE = 0.9
_BASS_HZ = 260.0
#: Registers of :attr:`Chroma.registers`: so many, an octave apart, the lowest around this frequency.
_REGISTERS, _LOWEST_REGISTER_HZ = 5, 92.0


@dataclass(frozen=True, slots=True)
class Chroma:
    """Strength of each pitch class over time.

    Attributes
    ----------
    all
        Shape ``(12, frames)`` at :data:`segue.audio.spectrum.TONAL_FPS`; the largest of a frame is 1 where anything
        tonal sounds.
    bass
        The same from fundamentals below middle C.
    registers
        Height of the partials themselves, without any guess at fundamentals, in registers an octave apart from 92 to
        1470 Hz, shape ``(5, 12, frames)``; a partial between two registers counts in both, in shares. At least 0.
    tonalness
        How much of the sound is partials rather than noise, 0 to 1, shape ``(frames,)``.
    tuning_semitones
        How far the song is from A4 = 440 Hz, -0.5 to 0.5.
    glide_semitones
        How far partials from 250 to 1500 Hz lie off the song's own semitones, on average, 0 to 0.5: about 0.1 for
        keyboards and fretted strings, 0.2 and more for voices, 0.25 for noise.
    """

    all: FloatArray
    bass: FloatArray
    registers: FloatArray
    tonalness: FloatArray
    tuning_semitones: float
    glide_semitones: float


def measure_chroma(spectra: Spectra) -> Chroma:
    """Fold the partials of a song into pitch classes.

    Only spectral peaks that stand out of their surroundings count, at their interpolated frequency and whitened by
    these surroundings, which leaves drums out; the song's own tuning is found first (Gomez 2006). Each peak also
    counts, ever less, for the pitches of which it may be the second to fifth partial.
    """
    frames = spectra.tonal.shape[1]
    frame, hertz, height, tonalness = _partials(spectra.tonal)
    semitones = 12.0 * np.log2(hertz / _A4_HZ) + 9.0
    tuning = _tuning(semitones, height)
    low = hertz < _BASS_HZ
    chroma = _fold(frame, semitones - tuning, height, frames, overtones=_OVERTONES)
    bass = _fold(frame[low], semitones[low] - tuning, height[low], frames, overtones=1)
    return Chroma(
        all=_to_unit_peak(chroma),
        bass=_to_unit_peak(bass),
        registers=_registers(frame, hertz, semitones - tuning, height, frames),
        tonalness=tonalness,
        tuning_semitones=tuning,
        glide_semitones=_glide(hertz, semitones - tuning, height),
    )


def _partials(
    tonal: FloatArray,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], FloatArray]:
    """Return frame, frequency in Hz and whitened height of every spectral peak, and the tonalness of each frame."""
    low, high = (int(hz * TONAL_WINDOW / RATE) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    around = uniform_filter1d(tonal, _BACKGROUND_BINS, axis=0, mode="nearest")[low:high]
    here, below, above = tonal[low:high], tonal[low - 1 : high - 1], tonal[low + 1 : high + 1]
    audible = 1e-3 * float(tonal.max(initial=0.0)) + 1e-6
    peak = (here > below) & (here >= above) & (here > _PROMINENCE * around) & (here > audible)
    bins, frames = np.nonzero(peak)
    middle, left, right = (np.log(side[bins, frames].astype(np.float64) + 1e-9) for side in (here, below, above))
    shift = 0.5 * (left - right) / np.minimum(left - 2.0 * middle + right, -1e-9)
    hertz = (bins + low + np.clip(shift, -0.5, 0.5)) * RATE / TONAL_WINDOW
    prominence = here[bins, frames] / around[bins, frames]
    height = np.sqrt(here[bins, frames].astype(np.float64)) * np.log(prominence)
    count = tonal.shape[1]
    in_peaks = np.bincount(frames, weights=here[bins, frames].astype(np.float64) ** 2 * 1.5, minlength=count)
    power = np.einsum("bf,bf->f", here, here, dtype=np.float64)
    tonalness = np.where(power > 0.0, np.minimum(in_peaks / np.maximum(power, 1e-12), 1.0), 0.0)
    loud = np.sqrt(power / max(float(power.max(initial=0.0)), 1e-12))
    return frames, hertz, height, np.asarray(tonalness * np.minimum(loud * 4.0, 1.0), dtype=np.float32)


def _tuning(semitones: NDArray[np.float64], height: NDArray[np.float64]) -> float:
    """Return the circular mean of the deviations from equal temperament."""
    turn = np.sum(height * np.exp(2j * np.pi * semitones))
    return float(np.angle(turn) / (2.0 * np.pi)) if abs(turn) > 0.0 else 0.0


def _glide(hertz: NDArray[np.float64], semitones: NDArray[np.float64], height: NDArray[np.float64]) -> float:
    """Return the mean distance of partials in the range of voices from the nearest semitone."""
    sung = (hertz > 250.0) & (hertz < 1500.0)
    weights = height * sung
    off = np.abs(semitones - np.rint(semitones))
    return float(np.sum(off * weights) / max(float(weights.sum()), 1e-9))


def _fold(
    frame: NDArray[np.int64],
    semitones: NDArray[np.float64],
    height: NDArray[np.float64],
    frames: int,
    *,
    overtones: int,
) -> FloatArray:
    """Sum partials into ``(12, frames)``, each weighed by how near it is to the middle of its semitone."""
    total = np.zeros(12 * frames)
    for partial in range(1, overtones + 1):
        pitch = semitones - 12.0 * np.log2(partial)
        nearest = np.rint(pitch)
        weight = height * np.cos(np.pi * (pitch - nearest)) ** 2 * _OVERTONE_SLOPE ** (partial - 1)
        index = (nearest.astype(np.int64) % 12) * frames + frame
        total += np.bincount(index, weights=weight, minlength=12 * frames)
    return total.reshape(12, frames).astype(np.float32)


def _registers(
    frame: NDArray[np.int64],
    hertz: NDArray[np.float64],
    semitones: NDArray[np.float64],
    height: NDArray[np.float64],
    frames: int,
) -> FloatArray:
    """Sum partials into ``(registers, 12, frames)``; one between the middles of two registers is shared by them."""
    nearest = np.rint(semitones)
    weight = height * np.cos(np.pi * (semitones - nearest)) ** 2
    place = np.clip(np.log2(hertz / _LOWEST_REGISTER_HZ), 0.0, _REGISTERS - 1.001)
    lower = place.astype(np.int64)
    index = (lower * 12 + nearest.astype(np.int64) % 12) * frames + frame
    share = place - lower
    size = _REGISTERS * 12 * frames
    total = np.bincount(index, weights=weight * (1.0 - share), minlength=size)
    total += np.bincount(index + 12 * frames, weights=weight * share, minlength=size)
    return total.reshape(_REGISTERS, 12, frames).astype(np.float32)


def _to_unit_peak(chroma: FloatArray) -> FloatArray:
    return np.asarray(chroma / np.maximum(chroma.max(axis=0, initial=0.0), 1e-6), dtype=np.float32)
