"""What may be heard at a seam, by means that the extending engine does not use itself."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import stft

from segue.audio.signal import Audio, FloatArray

#: Flux is looked for so near a moment, in seconds.
_NEAR_S: Final = 0.05
_WINDOW_S, _HOP_S = 0.023, 0.0058
_AROUND_S: Final = 0.6
_CLICK_AROUND_S: Final = 0.25


def flux_at(audio: Audio, times_s: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the greatest spectral flux within 50 ms of each time.

    The half-wave rectified difference of the log magnitudes of a linear spectrum (windows of 23 ms, four a window),
    mean over all bins: after S. Dixon, "Onset detection revisited", DAFx 2006.
    """
    return np.array([_flux(_part(audio, time_s, _AROUND_S / 2), audio.sample_rate) for time_s in times_s])


def percentiles(values: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what share of its own values each value reaches or exceeds."""
    return np.searchsorted(np.sort(own), values, side="right") / max(own.size, 1)


def click_at(audio: Audio, time_s: float, within_s: float) -> float:
    """Return the greatest step between neighbouring samples near a moment over the greatest one around it.

    The step is of second order, so that waves don't count, in the channel where it is worst; over 1 is a step like
    none within a quarter of a second.
    """
    near, around = _CLICK_AROUND_S, round(within_s * audio.sample_rate / 2) + 2
    part = _part(audio, time_s, near)
    steps = np.abs(np.diff(part, 2, axis=1))
    middle = steps.shape[1] // 2
    inside = steps[:, middle - around : middle + around].max(axis=1)
    outside = np.maximum(steps[:, : middle - around].max(axis=1), steps[:, middle + around :].max(axis=1))
    return float((inside / np.maximum(outside, 1e-5)).max())


def _part(audio: Audio, time_s: float, reach_s: float) -> FloatArray:
    start, stop = (round((time_s + side) * audio.sample_rate) for side in (-reach_s, reach_s))
    part = audio.samples[:, max(start, 0) : max(stop, 0)]
    return np.pad(part, ((0, 0), (max(-start, 0), stop - start - max(-start, 0) - part.shape[1])))


def _flux(part: FloatArray, rate: int) -> float:
    size, hop = 1 << round(np.log2(_WINDOW_S * rate)), round(_HOP_S * rate)
    _, times, spectrum = stft(part.mean(axis=0), rate, "hann", size, size - hop, boundary=None, padded=False)
    level = np.log1p(1000.0 * np.abs(spectrum))
    flux = np.maximum(np.diff(level, axis=1), 0.0).mean(axis=0)
    near = np.abs(times[1:] - part.shape[1] / rate / 2) <= _NEAR_S
    return float(flux[near].max(initial=0.0))
