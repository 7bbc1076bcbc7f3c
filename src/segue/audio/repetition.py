"""Finding in a spectrogram what comes back again: an accompaniment repeats itself, a voice seldom does.

Z. Rafii, B. Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012 (REPET-SIM).
"""

from typing import Final

import numpy as np

from segue.audio.signal import FloatArray

_BINS_AT_A_TIME: Final = 128
_SMALLEST = np.float32(1e-20)


def repeating_magnitude(magnitude: FloatArray, *, neighbours: int, distance: int) -> FloatArray:
    """Return the part of each frame that similar frames share.

    Parameters
    ----------
    magnitude
        ``(bins, frames)``, frames more than ``neighbours``.
    neighbours
        How many of the most similar frames the median is taken over.
    distance
        Frames nearer than this do not count: they are alike without any repetition.

    Returns
    -------
    array
        Same shape, nowhere more than ``magnitude``.
    """
    directions = magnitude / (np.linalg.norm(magnitude, axis=0, keepdims=True) + _SMALLEST)
    similarity = directions.T @ directions
    order = np.arange(len(similarity))
    similarity[np.abs(order[:, np.newaxis] - order) < distance] = -1
    nearest = np.argpartition(-similarity, neighbours, axis=1)[:, :neighbours]
    shared = np.empty_like(magnitude)
    for start in range(0, len(magnitude), _BINS_AT_A_TIME):
        rows = magnitude[start : start + _BINS_AT_A_TIME]
        shared[start : start + _BINS_AT_A_TIME] = np.median(rows[:, nearest], axis=2)
    return np.minimum(shared, magnitude)
