"""Separation without weights from elsewhere, for a machine that has none."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from segue.audio.blocks import ComplexArray
from segue.audio.harmonic_percussive import percussive_mask
from segue.audio.repetition import repeating_magnitude
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName, accompaniment
from segue.engines.separation.accompaniment import AccompanimentNetwork
from segue.engines.separation.masking import FREQUENCIES_HZ, separate_by_masks, stem_masks

_NEIGHBOURS: Final = 40
_DISTANCE_FRAMES: Final = 43
#: A repetition counts so much less than what stands out from it.
_REPETITION_WEIGHT: Final = 0.8
_VOICE_FROM_HZ: Final = (90.0, 180.0)
_VOICE_TO_HZ: Final = (8_000.0, 16_000.0)
_SMALLEST = np.float32(1e-20)


class ClassicalSeparator:
    """Vocals as what does not repeat, does not strike and stands in the middle; the rest by our own network.

    A rough engine: over ten real excerpts its vocals have a signal-to-distortion ratio of 0.4 to 6.5 dB, where those of
    Spleeter have 5 to 16, and it takes solo instruments for voices. It is here so that a machine without Spleeter's
    weights works.

    Parameters
    ----------
    threads
        Segments that are worked on at once, each in a thread of its own.
    """

    name = "classical"
    version = f"2+{accompaniment.VERSION}"

    def __init__(self, *, threads: int = 1) -> None:
        self._accompaniment = AccompanimentNetwork(threads=1)
        self._threads = threads

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        """Yield the stems block by block: see `Separator.separate`. A mix is mono or stereo."""
        return separate_by_masks(mix, self._masks, threads=self._threads)

    def _masks(self, spectrum: ComplexArray) -> FloatArray:
        """Return the masks of vocals, drums and bass for one segment."""
        return stem_masks(spectrum, _vocal_mask(spectrum), self._accompaniment.masks)


def _vocal_mask(spectrum: ComplexArray) -> FloatArray:
    """Return the vocals' mask for one segment, ``(channels, bins, frames)``."""
    magnitude = np.sqrt(np.square(np.abs(spectrum)).mean(axis=0))
    repeating = repeating_magnitude(magnitude, neighbours=_NEIGHBOURS, distance=_DISTANCE_FRAMES)
    unique = np.square(magnitude - repeating)
    mask = unique / (unique + np.square(_REPETITION_WEIGHT * repeating) + _SMALLEST)
    mask *= np.sqrt(1 - percussive_mask(magnitude, frames=23, bins=31))
    mask *= (1 - _fade_out(FREQUENCIES_HZ, *_VOICE_FROM_HZ)) * _fade_out(FREQUENCIES_HZ, *_VOICE_TO_HZ)
    if spectrum.shape[0] == 2:
        mask *= _centredness(spectrum)
    return np.broadcast_to(mask.astype(np.float32), spectrum.shape)


def _fade_out(frequencies_hz: FloatArray, from_hz: float, to_hz: float) -> FloatArray:
    """Return 1 up to ``from_hz`` and 0 beyond ``to_hz``, a raised cosine over log frequency in between; a column."""
    octaves = np.log2(np.maximum(frequencies_hz, 1) / from_hz) / np.log2(to_hz / from_hz)
    column: FloatArray = (0.5 + 0.5 * np.cos(np.pi * np.clip(octaves, 0, 1)))[:, np.newaxis].astype(np.float32)
    return column


def _centredness(spectrum: ComplexArray) -> FloatArray:
    """Return how alike the two channels are in each bin, 0 to 1."""
    common = 2 * (spectrum[0] * spectrum[1].conj()).real
    likeness: FloatArray = np.clip(common / (np.square(np.abs(spectrum)).sum(axis=0) + _SMALLEST), 0, 1)
    return likeness
