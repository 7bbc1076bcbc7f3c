"""The peaks that a player draws."""

import numpy as np

from segue.audio.reading import give_back
from segue.audio.signal import Audio

_BLOCK_SAMPLES = 1 << 20


def waveform_peaks(audio: Audio, points: int = 1000) -> tuple[float, ...]:
    """Return the highest absolute sample of each of so many equal stretches.

    Parameters
    ----------
    audio
        Any number of channels: the loudest one counts. Read in blocks.
    points
        How many, at least 1.

    Returns
    -------
    tuple of float
        0.0 to 1.0 (beyond full scale counts as 1.0), rounded to four places; always `points` long. Where there are
        fewer samples than points, neighbours share a sample.
    """
    if points < 1:
        raise ValueError(f"points must be at least 1, not {points}")
    length = audio.length
    if length == 0:
        return (0.0,) * points
    starts = np.arange(points, dtype=np.int64) * length // points
    peaks = np.zeros(points, np.float32)
    per_block = max(1, points * _BLOCK_SAMPLES // length)
    for first in range(0, points, per_block):
        chosen = starts[first : first + per_block]
        end = starts[first + per_block] if first + per_block < points else length
        block = np.abs(audio.samples[:, chosen[0] : max(end, chosen[-1] + 1)]).max(axis=0)
        peaks[first : first + per_block] = np.maximum.reduceat(block, chosen - chosen[0])
        give_back(audio)
    return tuple(np.minimum(peaks, 1.0).astype(np.float64).round(4).tolist())
