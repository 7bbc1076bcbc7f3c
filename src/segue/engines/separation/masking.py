"""Separation by spectral masks: what every such engine shares, from the mix's rate and back to it."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from segue.audio.blocks import ComplexArray, MaskFunction, Stft, StreamResampler, masked_blocks, resampled_blocks
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName
from segue.kit.errors import InvalidAudio

RATE: Final = 44_100
STFT: Final = Stft(4096)
SEGMENT_FRAMES: Final = 512
OVERLAP_FRAMES: Final = 64
FREQUENCIES_HZ: Final[FloatArray] = np.arange(STFT.size // 2 + 1, dtype=np.float32) * (RATE / STFT.size)

#: From an accompaniment's spectrum ``(channels, bins, frames)`` to masks of its drums and bass ``(2, channels, bins,
#: frames)`` whose sum is at most 1.
PartingFunction = Callable[[ComplexArray], FloatArray]

_MASKED: Final[tuple[StemName, ...]] = ("vocals", "drums", "bass")


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
    accompaniment = 1 - vocals
    return np.concatenate([vocals[np.newaxis], accompaniment * part(accompaniment * spectrum)])


def separate_by_masks(mix: Audio, masks: MaskFunction) -> Iterator[dict[StemName, FloatArray]]:
    """Part a mix with masks at 44.1 kHz; what they leave, and what lies above 22 kHz, is ``other``.

    Parameters
    ----------
    mix
        One or two channels at any rate; sliced, never copied whole.
    masks
        As `stem_masks` returns, for segments of `SEGMENT_FRAMES`.

    Yields
    ------
    dict
        The four stems of a block, at the mix's rate; they sum to the mix to within rounding.

    Raises
    ------
    InvalidAudio
        If there are more than two channels.
    """
    if mix.channels > 2:
        raise InvalidAudio(f"Separation takes mono or stereo, not {mix.channels} channels: mix them down first.")
    shape = (len(_MASKED), mix.channels)
    back = StreamResampler(len(_MASKED) * mix.channels, RATE, mix.sample_rate)
    parted = masked_blocks(resampled_blocks(mix, RATE), masks, stft=STFT, frames=SEGMENT_FRAMES, overlap=OVERLAP_FRAMES)
    position = 0
    for block, last in _marking_the_last(parted):
        stems = back.push(block.reshape(-1, block.shape[-1]), last=last)
        wanted = mix.length - position
        length = wanted if last else min(stems.shape[-1], wanted)
        stems = np.pad(stems[:, :length], ((0, 0), (0, max(0, length - stems.shape[-1]))))
        if length:
            yield _with_the_rest(mix.samples[:, position : position + length], stems.reshape(*shape, length))
        position += length


def _with_the_rest(mix: FloatArray, stems: FloatArray) -> dict[StemName, FloatArray]:
    """Name the stems and add what they leave of the mix; what is not finite in it becomes silence."""
    named = {name: np.ascontiguousarray(stem) for name, stem in zip(_MASKED, stems, strict=True)}
    other = np.nan_to_num(mix, posinf=0.0, neginf=0.0) - stems.sum(axis=0)
    return {**named, "other": other.astype(np.float32, copy=False)}


def _marking_the_last(blocks: Iterator[FloatArray]) -> Iterator[tuple[FloatArray, bool]]:
    """Yield each block, and whether it is the last one."""
    held: FloatArray | None = None
    for block in blocks:
        if held is not None:
            yield held, False
        held = block
    if held is not None:
        yield held, True
