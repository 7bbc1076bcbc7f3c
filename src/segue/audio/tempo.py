"""How fast a song goes: the rate that a listener would tap, out of all the rates that are in its onsets.

Every pulse repeats at its multiples and fractions, so the question is less which periods there are than which of them
is the beat. Candidates are the peaks of an autocorrelation comb; each is judged by how strongly it repeats, how
strongly it is divided (into two or three), whether bars and phrases are whole numbers of it, and how near it is to
the tempi at which people like to tap, in a log-linear model whose weights were fitted to songs of known tempo. What
the model says of the winner against the rest is its probability.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from segue.audio.onsets import Onsets
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS

#: Slowest and fastest beat that is told, in beats a minute.
SLOWEST_BPM, FASTEST_BPM = 40.0, 230.0

_GRID_BPM = np.geomspace(SLOWEST_BPM, FASTEST_BPM, 600)
_WINDOW_S = 12.0
_LONGEST_LAG_S = 6.1
_LONG_WINDOW_S, _LONGEST_PHRASE_S = 30.0, 13.0
_LOUDEST = 6.0
_PADDING = 4
_MOST_CANDIDATES = 14
_PREFERRED_BPM = 120.0
_LEAST_PULSE = 6.0
_SAME = 0.04
_FAINTEST = 0.1
_DOUBLING, _TRIPLING = (4, 8, 16), (3, 6, 12)
#: Weights of the rows of :func:`_evidence`: a conditional logit fitted to 30 recordings and 132 renderings.
_WEIGHTS = np.array([-3.18, 1.81, 1.66, 4.23, 1.57, 3.87, 2.8, -0.84, 3.24, 3.69])


@dataclass(frozen=True, slots=True)
class Tempogram:
    """Periodicity of a song's onsets in windows of twelve seconds that overlap by half.

    Attributes
    ----------
    autocorrelation
        Shape ``(windows, lags)``, 1 at lag 0; lags in mel frames.
    spectrum
        Mean magnitude over windows of the onsets' Fourier transform, shape ``(bins,)``, RMS 1.
    bin_bpm
        Width of a bin of ``spectrum`` in beats a minute.
    frames
        Mel frames in the song, and so the number of observations.
    phrases
        Mean autocorrelation of the registers over windows of thirty seconds, shape ``(lags,)``: what repeats after
        bars and phrases.
    """

    autocorrelation: FloatArray
    spectrum: FloatArray
    bin_bpm: float
    frames: int
    phrases: FloatArray


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo in beats a minute with the probability that it is right to 4 %; 0.0 where nothing pulses."""

    bpm: float
    confidence: float


def measure_periodicity(onsets: Onsets) -> Tempogram:
    """Autocorrelate and Fourier-transform the onset strength in windows."""
    width = round(_WINDOW_S * MEL_FPS)
    strength = onsets.strength
    padded = np.pad(strength, (0, max(width - strength.size, 0)))
    windows = _windows(padded, width)
    correlation = _autocorrelate(windows, round(_LONGEST_LAG_S * MEL_FPS))
    size = _PADDING * fft.next_fast_len(width, real=True)
    magnitude = np.abs(fft.rfft(windows * np.hanning(width), size, axis=1, workers=1))
    magnitude /= np.sqrt(np.mean(magnitude**2, axis=1, keepdims=True)) + 1e-6
    return Tempogram(
        correlation.astype(np.float32),
        magnitude.mean(axis=0).astype(np.float32),
        60.0 * MEL_FPS / size,
        strength.size,
        _phrases(onsets.registers),
    )


def _phrases(registers: FloatArray) -> FloatArray:
    """Autocorrelate each register over windows long enough for phrases; clipped, so that no one hit decides."""
    width = min(round(_LONG_WINDOW_S * MEL_FPS), registers.shape[1])
    lags = min(round(_LONGEST_PHRASE_S * MEL_FPS), 2 * width // 3)
    smooth = gaussian_filter1d(np.minimum(registers, _LOUDEST), 1.5, axis=1)
    rows = [_autocorrelate(_windows(row, width), lags).mean(axis=0) for row in smooth]
    return np.asarray(np.mean(rows, axis=0), dtype=np.float32)


def _windows(signal: FloatArray, width: int) -> FloatArray:
    """Return overlapping windows without their means, shape ``(windows, width)``."""
    windows = np.lib.stride_tricks.sliding_window_view(signal, width)[:: max(width // 2, 1)]
    return np.asarray(windows - windows.mean(axis=1, keepdims=True), dtype=np.float32)


def _autocorrelate(windows: FloatArray, lags: int) -> FloatArray:
    """Return the unbiased autocorrelation of each window, 1 at lag 0, shape ``(windows, lags)``."""
    width = windows.shape[1]
    size = fft.next_fast_len(2 * width, real=True)
    power = np.abs(fft.rfft(windows, size, axis=1, workers=1)) ** 2
    correlation = fft.irfft(power, size, axis=1, workers=1)[:, :lags]
    correlation *= width / (width - np.arange(lags))
    correlation /= correlation[:, :1] + 1e-6
    return np.asarray(correlation, dtype=np.float32)


def estimate_tempo(tempogram: Tempogram) -> Tempo:
    """Choose the beat among the pulses.

    Prior: a log-normal around 120 BPM (Parncutt 1994; McKinney and Moelants 2006). Autocorrelation favours slow
    pulses and the Fourier transform fast ones, so that both together point at the beat (Peeters 2007).
    """
    correlation = tempogram.autocorrelation.mean(axis=0)
    if pulse_clarity(tempogram) < _LEAST_PULSE:
        return Tempo(0.0, 0.0)
    evidence, comb = _evidence(tempogram)
    peaks = np.flatnonzero((comb[1:-1] >= comb[:-2]) & (comb[1:-1] > comb[2:])) + 1
    if peaks.size == 0:
        return Tempo(0.0, 0.0)
    candidates = peaks[np.argsort(-comb[peaks], kind="stable")][:_MOST_CANDIDATES]
    scores = _WEIGHTS @ evidence[:, candidates]
    odds = np.exp(scores - scores.max())
    best = int(candidates[np.argmax(scores)])
    agreeing = np.abs(_GRID_BPM[candidates] / _GRID_BPM[best] - 1.0) < _SAME
    probability = float(odds[agreeing].sum() / odds.sum())
    bpm = _refine(correlation, float(_GRID_BPM[best]))
    return Tempo(bpm, probability * _steadiness(tempogram, bpm))


def pulse_clarity(tempogram: Tempogram) -> float:
    """Return how many standard deviations the strongest repetition stands out of what noise would show."""
    correlation = tempogram.autocorrelation.mean(axis=0)
    first = round(60.0 / FASTEST_BPM * MEL_FPS)
    return float(correlation[first:].max() * np.sqrt(tempogram.frames))


def _evidence(tempogram: Tempogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what speaks for each tempo of the grid, shape ``(10, grid)``, and the comb whose peaks are candidates."""
    widened = maximum_filter1d(tempogram.autocorrelation.mean(axis=0), 3)
    bins = maximum_filter1d(tempogram.spectrum, 5)
    lags = 60.0 / _GRID_BPM * MEL_FPS

    def repeats(periods: float) -> NDArray[np.float64]:
        return np.interp(lags * periods, np.arange(widened.size), widened, right=0.0)

    def sounds(multiple: float) -> NDArray[np.float64]:
        return np.interp(_GRID_BPM * multiple / tempogram.bin_bpm, np.arange(bins.size), bins)

    strongest = float(widened[round(0.25 * MEL_FPS) : round(3.0 * MEL_FPS)].max()) + 1e-6
    loudest = max(float(sounds(multiple).max()) for multiple in (1, 2, 3, 4)) + 1e-6
    octaves, whole = np.log2(_GRID_BPM / _PREFERRED_BPM), _bars(tempogram.phrases)
    evidence = np.stack(
        [
            octaves**2,
            np.maximum(octaves, 0.0) ** 2,
            repeats(1) / strongest,
            repeats(2) / strongest,
            np.maximum(repeats(1 / 2), repeats(1 / 3)) / strongest,
            np.log(np.maximum(sounds(1) / loudest, _FAINTEST)),
            np.log(np.maximum(np.maximum(sounds(2), sounds(3)) / loudest, _FAINTEST)),
            np.log(np.maximum(sounds(1 / 2) / loudest, _FAINTEST)),
            whole**2,
            np.log(np.maximum(whole, _FAINTEST)),
        ]
    )
    return evidence, repeats(1) + 0.5 * repeats(2) + 0.25 * repeats(3) + 0.25 * repeats(4)


def _bars(phrases: FloatArray) -> NDArray[np.float64]:
    """Return how nearly what repeats most, after bars and phrases, repeats after 4, 8, 16 or 3, 6, 12 beats, 0 to 1.

    A figure of three against the beat (3 + 3 + 2) repeats within its bar as strongly as the beat does, but bars are
    no whole number of its threes.
    """
    shortest = round(1.2 * MEL_FPS)
    if phrases.size <= shortest:
        return np.zeros(_GRID_BPM.size)
    widened = maximum_filter1d(phrases, 5)
    lags = 60.0 / _GRID_BPM * MEL_FPS
    strongest = float(widened[shortest:].max()) + 1e-6

    def repeats(beats: tuple[int, ...]) -> NDArray[np.float64]:
        wanted = np.multiply.outer(np.array(beats, dtype=float), lags)
        within = wanted < widened.size
        found = np.interp(wanted, np.arange(widened.size), widened) * within
        return np.asarray(found.sum(axis=0) / np.maximum(within.sum(axis=0), 1))

    return np.clip(np.maximum(repeats(_DOUBLING), repeats(_TRIPLING)) / strongest, 0.0, 1.0)


def _refine(correlation: FloatArray, bpm: float) -> float:
    """Sharpen a tempo by the latest multiple of its period that still stands near where it should."""
    period = 60.0 / bpm * MEL_FPS
    for multiple in (1, 2, 4, 8):
        centre, reach = period * multiple, max(2, round(0.012 * period * multiple), 2)
        low, high = int(centre) - reach, int(centre) + reach + 2
        if high + 1 >= correlation.size:
            break
        peak = low + int(np.argmax(correlation[low:high]))
        if correlation[peak] > 0.0 and low < peak < high - 1:
            period = (peak + _vertex(correlation[peak - 1 : peak + 2])) / multiple
    return 60.0 * MEL_FPS / period


def _vertex(three: FloatArray) -> float:
    """Return where the parabola through three samples has its top, relative to the middle one."""
    left, middle, right = (float(value) for value in three)
    bend = left - 2.0 * middle + right
    return 0.0 if bend >= 0.0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))


def _steadiness(tempogram: Tempogram, bpm: float) -> float:
    """Return 0 to 1: how much of the song repeats at this tempo, and how far that is beyond chance."""
    lag = 60.0 / bpm * MEL_FPS
    low, high = int(lag * (1 - _SAME)), int(lag * (1 + _SAME)) + 2
    repeating = tempogram.autocorrelation[:, low:high].max(axis=1)
    share = float(np.mean(repeating > 0.05))
    beyond_chance = 1.0 - np.exp(-max(pulse_clarity(tempogram) - 5.0, 0.0) / 8.0)
    return float(np.sqrt(share) * beyond_chance)
