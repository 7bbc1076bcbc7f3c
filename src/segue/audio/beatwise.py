"""Features averaged from one beat to the next: the time axis on which metre and form are heard."""

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray


def average_between(values: FloatArray, frames_per_s: float, times: NDArray[np.float64]) -> FloatArray:
    """Average features over the stretches between times.

    Parameters
    ----------
    values
        Shape ``(rows, frames)``; frame ``t`` stands for the time around ``t / frames_per_s``.
    times
        Ascending, in seconds, at least two.

    Returns
    -------
    averages
        Shape ``(rows, len(times) - 1)``; a stretch that begins within a frame takes its share of it.
    """
    summed = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1, dtype=np.float64)], axis=1)
    edges = np.clip(times * frames_per_s + 0.5, 0.0, values.shape[1])
    whole = np.minimum(edges.astype(np.int64), values.shape[1] - 1)
    at_edges = summed[:, whole] + (edges - whole) * values[:, whole]
    return np.asarray(np.diff(at_edges, axis=1) / np.maximum(np.diff(edges), 1e-3), dtype=np.float32)


def strongest_near(values: FloatArray, frames_per_s: float, times: NDArray[np.float64], reach: int) -> FloatArray:
    """Return the maximum within ``reach`` frames of each time, shape ``(rows, len(times))``."""
    frames = np.rint(times * frames_per_s).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    return np.asarray(values[:, np.clip(frames, 0, values.shape[1] - 1)].max(axis=2), dtype=np.float32)


def standardized(values: FloatArray) -> FloatArray:
    """Bring each row to mean 0 and deviation 1; a constant row becomes 0."""
    deviation = values.std(axis=1, keepdims=True)
    return np.asarray((values - values.mean(axis=1, keepdims=True)) / np.maximum(deviation, 1e-6), dtype=np.float32)


def unit_columns(values: FloatArray) -> FloatArray:
    """Scale each column to length 1, so that products are cosines; a column of zeros stays."""
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=0), 1e-6), dtype=np.float32)
