"""Parting an accompaniment by medians and pitch alone: what Segue did before it had a network for it."""

import numpy as np

from segue.audio.harmonic_percussive import onset_mask, percussive_mask
from segue.audio.signal import FloatArray

_RING_FRAMES = 23
_LOW_RING_FRAMES = 21
_STRIKE_BINS = 31
_LOW_DRUMS_HZ = (128.0, 256.0)
_BASS_HZ = (200.0, 600.0)


def drums_and_bass_masks(magnitude: FloatArray, frequencies_hz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return which share of an accompaniment is drums, and which is bass.

    Drums strike: wide in frequency (D. Fitzgerald, DAFx 2010) or, in the lowest octaves, shorter than a note. Bass is
    what rings low.

    Parameters
    ----------
    magnitude
        ``(bins, frames)``; frames 23 ms apart, bins 11 Hz apart.
    frequencies_hz
        The bins' centres, ``(bins,)``.
    """
    low = _fade_out(frequencies_hz, *_LOW_DRUMS_HZ)
    drums = percussive_mask(magnitude, frames=_RING_FRAMES, bins=_STRIKE_BINS)
    drums += low * (onset_mask(magnitude, frames=_LOW_RING_FRAMES) - drums)
    return drums, (1 - drums) * _fade_out(frequencies_hz, *_BASS_HZ)


def _fade_out(frequencies_hz: FloatArray, from_hz: float, to_hz: float) -> FloatArray:
    octaves = np.log2(np.maximum(frequencies_hz, 1) / from_hz) / np.log2(to_hz / from_hz)
    column: FloatArray = (0.5 + 0.5 * np.cos(np.pi * np.clip(octaves, 0, 1)))[:, np.newaxis].astype(np.float32)
    return column
