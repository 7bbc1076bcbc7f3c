"""Parting an accompaniment into drums, bass and the rest by how their sounds are shaped, without weights.

The widths below lie on a plateau: halve or double one of them, and the signal-to-distortion ratio changes by a few
tenths of a decibel.
"""

from typing import Final

import numpy as np

from segue.audio.harmonic_percussive import onset_mask, percussive_mask
from segue.audio.signal import FloatArray

_RING_FRAMES: Final = 23
_LOW_RING_FRAMES: Final = 21
_STRIKE_BINS: Final = 31
#: Below these, drums are told from the bass by shortness alone, and the bass from other notes by pitch (Hz).
_LOW_DRUMS_HZ: Final = (128.0, 256.0)
_BASS_HZ: Final = (200.0, 600.0)


def fade_out(frequencies_hz: FloatArray, from_hz: float, to_hz: float) -> FloatArray:
    """Return 1 up to ``from_hz`` and 0 beyond ``to_hz``, a raised cosine over log frequency in between; a column."""
    octaves = np.log2(np.maximum(frequencies_hz, 1) / from_hz) / np.log2(to_hz / from_hz)
    column: FloatArray = (0.5 + 0.5 * np.cos(np.pi * np.clip(octaves, 0, 1)))[:, np.newaxis].astype(np.float32)
    return column


def drums_and_bass_masks(magnitude: FloatArray, frequencies_hz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return which share of the accompaniment is drums, and which is bass.

    Drums strike: wide in frequency (D. Fitzgerald, DAFx 2010) or, in the lowest octaves, shorter than a note. Bass is
    what rings low.

    Parameters
    ----------
    magnitude
        The accompaniment's, ``(bins, frames)``; frames 23 ms apart, bins 11 Hz apart.
    frequencies_hz
        The bins' centres, ``(bins,)``.

    Returns
    -------
    drums, bass
        Masks 0 to 1 of the shape of ``magnitude``; their sum is at most 1, and what is left is other.
    """
    low = fade_out(frequencies_hz, *_LOW_DRUMS_HZ)
    drums = percussive_mask(magnitude, frames=_RING_FRAMES, bins=_STRIKE_BINS)
    drums += low * (onset_mask(magnitude, frames=_LOW_RING_FRAMES) - drums)
    return drums, (1 - drums) * fade_out(frequencies_hz, *_BASS_HZ)
