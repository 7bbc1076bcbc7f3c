"""Separation by spectral masks: what every such engine shares, from the mix's rate and back to it."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from segue.audio.blocks import ComplexArray, MaskFunction, Stft, masked_blocks, resampled_blocks
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName
from segue.engines.separation.assembling import assembled
from segue.kit.errors import InvalidAudio

RATE: Final = 44_100
STFT: Final = Stft(4096)
SEGMENT_FRAMES: Final = 512
OVERLAP_FRAMES: Final = 32
FREQUENCIES_HZ: Final[FloatArray] = np.arange(STFT.size // 2 + 1, dtype=np.float32) * (RATE / STFT.size)

#: From an accompaniment's spectrum ``(channels, bins, frames)`` to masks of its drums and bass ``(2, channels, bins,
#: frames)`` whose sum is at most 1.
PartingFunction = Callable[[ComplexArray], FloatArray]


def stem_masks(spectrum: ComplexArray, vocals: FloatArray, part: PartingFunction) -> FloatArray:
    """Return the masks of vocals, drums and bass, given the vocals' and what parts the accompaniment.

    Parameters
    ----------
    spectrum
        The mix's, ``(channels, bins, frames)``.
    vocals
        Their mask, same shape.
    part
        Called with the spectrum that the vocals leave.

    Returns
    -------
    array
        ``(3, channels, bins, frames)``; their sum is at most 1.
    """
    masks = np.empty((3, *spectrum.shape), dtype=np.float32)
    masks[0] = vocals
    accompaniment = 1 - masks[0]
    np.multiply(accompaniment, part(accompaniment * spectrum), out=masks[1:])
    return masks


def separate_by_masks(mix: Audio, masks: MaskFunction, *, threads: int = 1) -> Iterator[dict[StemName, FloatArray]]:
    """Part a mix with masks at 44.1 kHz; what they leave, and what lies above 22 kHz, is ``other``.

    Parameters
    ----------
    mix
        One or two channels at any rate; sliced, never copied whole.
    masks
        As `stem_masks` returns, for segments of `SEGMENT_FRAMES`.
    threads
        Segments that are worked on at once; ``masks`` is called from as many threads.

    Returns
    -------
    iterator
        As `assembled` yields.

    Raises
    ------
    InvalidAudio
        If there are more than two channels.
    """
    if mix.channels > 2:
        raise InvalidAudio(f"Separation takes mono or stereo, not {mix.channels} channels: mix them down first.")
    resampled = resampled_blocks(mix, RATE)
    parted = masked_blocks(resampled, masks, stft=STFT, frames=SEGMENT_FRAMES, overlap=OVERLAP_FRAMES, threads=threads)
    return assembled(mix, parted, rate=RATE)
