"""Which pitches sound, and the key that they make."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from segue.audio.analysis import Key
from segue.audio.signal import FloatArray
from segue.audio.spectrum import RATE, TONAL_FPS, TONAL_WINDOW, Spectra

_LOWEST_HZ, _HIGHEST_HZ = 52.0, 2200.0
_A4_HZ = 440.0
_BACKGROUND_BINS = 41
_PROMINENCE = 1.8
_OVERTONES = 5
_OVERTONE_SLOPE = 0.9
_BASS_HZ = 260.0
#: Registers of :attr:`Chroma.registers`: so many, an octave apart, the lowest around this frequency.
_REGISTERS, _LOWEST_REGISTER_HZ = 5, 92.0

#: Key profiles, tonic first, major then minor, as published.
_PROFILES = (
    (  # Krumhansl and Kessler 1982: probe-tone ratings
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    (  # Temperley 2007: the Kostka-Payne corpus
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
    (  # Albrecht and Shanahan 2013: 490 pieces
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
    (  # Faraldo et al. 2016 (EDMA): electronic dance music, heard in audio
        (1.00, 0.29, 0.50, 0.40, 0.60, 0.56, 0.32, 0.80, 0.31, 0.45, 0.42, 0.39),
        (1.00, 0.31, 0.44, 0.58, 0.33, 0.49, 0.29, 0.78, 0.43, 0.29, 0.53, 0.32),
    ),
)


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


def estimate_key(chroma: Chroma) -> Key:
    """Name the key that a song's pitch classes fit best.

    The mean chroma is correlated with four published pairs of profiles in all keys; the mean of the four correlations
    decides. The confidence grows with the fit, with its lead over the keys that are not close relatives, and with
    agreement of the song's quarters; it is 0 where nothing tonal sounds.
    """
    weights = chroma.tonalness * chroma.all.any(axis=0)
    if float(weights.sum()) < 1e-3:
        return Key(0, "major", 0.0)
    fits = key_fits(_mean(chroma, weights))
    best = int(fits.argmax())
    quarters = [key_fits(_mean(part, part.tonalness)) for part in _parts(chroma, 4)]
    agreement = float(np.mean([fit[best] >= fit.max() - 0.1 for fit in quarters])) if quarters else 0.0
    rivals = np.delete(fits, best)
    lead = float(fits[best] - rivals.max())
    fit = float(np.clip((fits[best] - 0.4) / 0.4, 0.0, 1.0))
    confidence = _clearness(chroma, weights) * fit * (0.35 + 0.35 * agreement + 0.3 * min(lead / 0.1, 1.0))
    return Key(best % 12, "major" if best < 12 else "minor", round(float(np.clip(confidence, 0.0, 1.0)), 4))


def _clearness(chroma: Chroma, weights: FloatArray) -> float:
    """Return 0 to 1: whether much is pitched, on the semitones, of several pitches, and for eight seconds or more."""
    shares = _mean(chroma, weights).astype(np.float64)
    shares /= max(float(shares.sum()), 1e-9)
    pitches = float(np.exp(-np.sum(shares * np.log(shares + 1e-12))))
    marks = (
        float(weights.mean()) / 0.3,
        (0.27 - chroma.glide_semitones) / 0.05,
        (pitches - 2.0) / 4.0,
        weights.size / TONAL_FPS / 8.0,
    )
    return float(np.prod(np.clip(marks, 0.0, 1.0)))


def key_fits(profile: FloatArray) -> NDArray[np.float64]:
    """Return how well pitch classes fit each key, -1 to 1, shape ``(24,)``: C to B major, then C to B minor."""
    return np.asarray(np.mean([_correlations(profile, pair) for pair in _PROFILES], axis=0))


def _correlations(profile: FloatArray, pair: tuple[tuple[float, ...], tuple[float, ...]]) -> NDArray[np.float64]:
    keys = np.array([np.roll(of_mode, tonic) for of_mode in pair for tonic in range(12)])
    keys = keys - keys.mean(axis=1, keepdims=True)
    centred = profile.astype(np.float64) - float(profile.mean())
    size = np.linalg.norm(keys, axis=1) * max(float(np.linalg.norm(centred)), 1e-9)
    return np.asarray(keys @ centred / size)


def _mean(chroma: Chroma, weights: FloatArray) -> FloatArray:
    return np.asarray(chroma.all @ weights / max(float(weights.sum()), 1e-9), dtype=np.float32)


def _parts(chroma: Chroma, count: int) -> list[Chroma]:
    """Cut into so many equal parts, leaving out those in which nothing tonal sounds."""
    edges = np.linspace(0, chroma.tonalness.size, count + 1).astype(int)
    parts = [
        replace(chroma, all=chroma.all[:, a:b], bass=chroma.bass[:, a:b], tonalness=chroma.tonalness[a:b])
        for a, b in pairwise(edges)
    ]
    return [part for part in parts if float(part.tonalness.sum()) > 1e-3]


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
