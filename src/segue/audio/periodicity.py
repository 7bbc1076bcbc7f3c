"""What repeats in a song's onsets, and after how long: as a whole, by register, and from one register to another."""

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from segue.audio.onsets import Onsets
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS

_WINDOW_S = 12.0
_LONGEST_LAG_S = 6.1
_LONG_WINDOW_S, _LONGEST_PHRASE_S = 30.0, 13.0
_LOUDEST = 6.0
_PADDING = 4


@dataclass(frozen=True, slots=True)
class Tempogram:
    """Periodicity of a song's onsets; lags are in mel frames.

    Attributes
    ----------
    autocorrelation
        Of the onset strength, in windows of twelve seconds that overlap by half: shape ``(windows, lags)``, 1 at
        lag 0.
    registers
        Mean over windows of each register's autocorrelation, shape ``(3, lags)``.
    alternation
        Mean over windows of the correlation of the low register with the middle one as much later or earlier, shape
        ``(lags,)``, -1 to 1: kick and snare that take turns correlate at one beat, not at two.
    spectrum
        Mean magnitude over windows of the onsets' Fourier transform, shape ``(bins,)``, RMS 1.
    bin_bpm
        Width of a bin of ``spectrum`` in beats a minute.
    frames
        Mel frames in the song.
    struck
        How many frames the onsets fill, as if all that do were equally strong (participation ratio): a dozen clicks
        fill some thirty however long the silence between them.
    phrases
        Mean autocorrelation of the registers over windows of thirty seconds, shape ``(lags,)``: what repeats after
        bars and phrases.
    """

    autocorrelation: FloatArray
    registers: FloatArray
    alternation: FloatArray
    spectrum: FloatArray
    bin_bpm: float
    frames: int
    struck: float
    phrases: FloatArray


def measure_periodicity(onsets: Onsets) -> Tempogram:
    """Autocorrelate and Fourier-transform the onsets of a song, in windows."""
    width, lags = round(_WINDOW_S * MEL_FPS), round(_LONGEST_LAG_S * MEL_FPS)
    windows = _windows(_padded(onsets.strength, width), width)
    size = _PADDING * fft.next_fast_len(width, real=True)
    magnitude = np.abs(fft.rfft(windows * np.hanning(width).astype(np.float32), size, axis=1, workers=1))
    magnitude /= np.sqrt(np.mean(magnitude**2, axis=1, keepdims=True)) + 1e-6
    registers = gaussian_filter1d(np.minimum(onsets.registers, _LOUDEST), 1.0, axis=1)
    parts = [_windows(_padded(row, width), width) for row in registers]
    return Tempogram(
        autocorrelation=_autocorrelate(windows, lags),
        registers=np.stack([_autocorrelate(part, lags).mean(axis=0) for part in parts]),
        alternation=_alternation(parts[0], parts[1], lags),
        spectrum=magnitude.mean(axis=0).astype(np.float32),
        bin_bpm=60.0 * MEL_FPS / size,
        frames=onsets.strength.size,
        struck=_participation(onsets.strength),
        phrases=_phrases(gaussian_filter1d(np.minimum(onsets.registers, _LOUDEST), 1.5, axis=1)),
    )


def pulse_clarity(tempogram: Tempogram, shortest_s: float) -> float:
    """Return how many standard deviations the strongest repetition stands out of what noise would show.

    Parameters
    ----------
    shortest_s
        Repetitions that come sooner do not count.
    """
    correlation = tempogram.autocorrelation.mean(axis=0)
    return float(correlation[round(shortest_s * MEL_FPS) :].max() * np.sqrt(tempogram.frames))


def pulse_backing(tempogram: Tempogram, shortest_s: float) -> float:
    """Return the strongest repetition in standard deviations of what as many onsets at random would show.

    Unlike `pulse_clarity`, it is not impressed by a few onsets that happen to come in pairs: what is observed is
    onsets, not frames. Noise and clicks at random stay below 2.5, speech below 4; few songs do.

    Parameters
    ----------
    shortest_s
        Repetitions that come sooner do not count.
    """
    correlation = tempogram.autocorrelation.mean(axis=0)
    return float(correlation[round(shortest_s * MEL_FPS) :].max() * np.sqrt(tempogram.struck))


def _participation(strength: FloatArray) -> float:
    power = float(np.square(strength, dtype=np.float64).sum())
    return float(strength.sum(dtype=np.float64)) ** 2 / max(power, 1e-9)


def _padded(signal: FloatArray, width: int) -> FloatArray:
    return np.pad(signal, (0, max(width - signal.size, 0)))


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


def _alternation(low: FloatArray, middle: FloatArray, lags: int) -> FloatArray:
    """Return the mean correlation of two registers at lags of either sign, shape ``(lags,)``."""
    width = low.shape[1]
    size = fft.next_fast_len(2 * width, real=True)
    cross = fft.rfft(low, size, axis=1, workers=1) * np.conj(fft.rfft(middle, size, axis=1, workers=1))
    both = fft.irfft(cross.real, size, axis=1, workers=1)[:, :lags] * (width / (width - np.arange(lags)))
    scale = np.linalg.norm(low, axis=1) * np.linalg.norm(middle, axis=1) + 1e-6
    return np.asarray((both / scale[:, None]).mean(axis=0), dtype=np.float32)


def _phrases(rows: FloatArray) -> FloatArray:
    """Autocorrelate rows over windows long enough for phrases; the mean over windows and rows, shape ``(lags,)``."""
    width = min(round(_LONG_WINDOW_S * MEL_FPS), rows.shape[1])
    lags = max(min(round(_LONGEST_PHRASE_S * MEL_FPS), 2 * width // 3), 1)
    found = [_autocorrelate(_windows(row, width), lags).mean(axis=0) for row in rows]
    return np.asarray(np.mean(found, axis=0), dtype=np.float32)
