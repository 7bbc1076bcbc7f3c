"""Separation by a network that knows vocals only: what it leaves is parted by our own."""

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from segue.audio.blocks import masked_blocks
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName
from segue.engines.separation.accompaniment import AccompanimentNetwork
from segue.engines.separation.masking import OVERLAP_FRAMES, SEGMENT_FRAMES, STFT, PartingFunction
from segue.engines.separation.segments import PartSegment, Segmentation, separate_by_segments

_VOCALS: Final = 0


def separate_vocals_first(
    mix: Audio, part: PartSegment, cut: Segmentation, *, threads: int = 1
) -> Iterator[dict[StemName, FloatArray]]:
    """Part a mix as `separate_by_segments` does, with a network that gives vocals ``(1, 2, length)``, at 44.1 kHz."""
    parting = AccompanimentNetwork(threads=threads).masks

    def in_two(segment: FloatArray) -> FloatArray:
        vocals = part(segment)[_VOCALS]
        return np.stack([vocals, segment - vocals])

    return separate_by_segments(mix, in_two, cut, parts=2, then=partial(_with_the_rest_parted, parting=parting))


def _with_the_rest_parted(blocks: Iterator[FloatArray], parting: PartingFunction) -> Iterator[FloatArray]:
    """Turn blocks of vocals and accompaniment into blocks of vocals, drums and bass, ``(3, channels, n)``."""
    waiting: deque[FloatArray] = deque()

    def accompaniment() -> Iterator[FloatArray]:
        for vocals, rest in blocks:
            waiting.append(vocals)
            yield rest

    parted = masked_blocks(accompaniment(), parting, stft=STFT, frames=SEGMENT_FRAMES, overlap=OVERLAP_FRAMES)
    for drums_and_bass in parted:
        yield np.concatenate([_taken(waiting, drums_and_bass.shape[-1])[None], drums_and_bass])


def _taken(waiting: deque[FloatArray], length: int) -> FloatArray:
    """Take so many samples from the front of what waits."""
    taken = []
    while length:
        block = waiting.popleft()
        taken.append(block[:, :length])
        if block.shape[-1] > length:
            waiting.appendleft(block[:, length:])
        length -= taken[-1].shape[-1]
    return np.concatenate(taken, axis=-1)
