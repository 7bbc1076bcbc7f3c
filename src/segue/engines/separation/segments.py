"""Separation by networks that part a segment of a waveform at a time: what every such engine shares."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from segue.audio.blocks import resampled_blocks
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName
from segue.engines.separation.assembling import NAMED, assembled
from segue.kit.errors import InvalidAudio

_CHANNELS: Final = 2
_READ_SAMPLES: Final = 1 << 20
_SMALLEST: Final = 1e-8
#: A job that shows no sign of life is stopped, and on a small machine one segment may take long.
_SIGN_OF_LIFE_S: Final = 5.0

#: From a segment ``(2, length)``, level as in training, to vocals, drums and bass of it, ``(3, 2, length)``.
PartSegment = Callable[[FloatArray], FloatArray]

#: From a stream of blocks ``(parts, channels, n)`` to another, as long.
Refine = Callable[[Iterator[FloatArray]], Iterator[FloatArray]]


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How a stream is cut for a network.

    Attributes
    ----------
    rate
        The network's, in Hz.
    length
        Samples of a segment.
    overlap
        Samples that a segment shares with the next; there, one fades into the other.
    """

    rate: int
    length: int
    overlap: int

    @classmethod
    def by_quarters(cls, rate: int, length: int) -> Self:
        """Cut so that segments share a quarter, to the sample as Demucs' own program cuts."""
        return cls(rate, length, length - int(0.75 * length))


def separate_by_segments(
    mix: Audio, part: PartSegment, cut: Segmentation, *, parts: int = len(NAMED), then: Refine | None = None
) -> Iterator[dict[StemName, FloatArray]]:
    """Part a mix segment by segment; ``other`` is what vocals, drums and bass leave of it.

    The network hears the mix at zero mean and unit deviation, as Demucs' own program has it.

    Parameters
    ----------
    mix
        One or two channels at any rate; sliced, never copied whole. The network hears a mono mix on both channels.
    part
        The network.
    cut
        How to cut.
    parts, then
        Where the network gives something else than vocals, drums and bass: how many parts it gives, and what makes
        those three of blocks of them.

    Yields
    ------
    dict
        The four stems of a block, at the mix's rate; they sum to the mix to within rounding. Blocks without samples
        are signs of life of a network that takes its time.

    Raises
    ------
    InvalidAudio
        If there are more than two channels.
    """
    if mix.channels > _CHANNELS:
        raise InvalidAudio(f"Separation takes mono or stereo, not {mix.channels} channels: mix them down first.")
    mean, deviation = _level(mix)

    def levelled(segment: FloatArray) -> FloatArray:
        stereo = np.ascontiguousarray(np.broadcast_to(segment, (_CHANNELS, segment.shape[-1])))
        parted = part((stereo - mean) / deviation) * deviation
        return parted if segment.shape[0] == _CHANNELS else parted.mean(axis=1, keepdims=True)

    parted = overlapped(resampled_blocks(mix, cut.rate), levelled, cut, parts=parts)
    yield from assembled(mix, then(parted) if then else parted, rate=cut.rate)


def _level(mix: Audio) -> tuple[np.float32, np.float32]:
    """Return the mean and the standard deviation of the mono mix, read in slices."""
    total, squares = 0.0, 0.0
    for start in range(0, mix.length, _READ_SAMPLES):
        piece = mix.samples[:, start : start + _READ_SAMPLES]
        mono = np.nan_to_num(piece, posinf=0.0, neginf=0.0).mean(axis=0, dtype=np.float64)
        total += float(mono.sum())
        squares += float(np.square(mono).sum())
    mean = total / max(mix.length, 1)
    variance = max(0.0, squares / max(mix.length, 1) - mean**2)
    return np.float32(mean), np.float32(variance**0.5 + _SMALLEST)


def overlapped(
    blocks: Iterator[FloatArray], part: PartSegment, cut: Segmentation, *, parts: int
) -> Iterator[FloatArray]:
    """Part a stream segment by segment, each faded linearly into the next.

    Parameters
    ----------
    blocks
        The stream, ``(channels, n)`` each.
    part
        Called with ``(channels, cut.length)``; returns ``(parts, channels, cut.length)``. The last segment is the
        stream's last ``cut.length`` samples; a stream shorter than that is followed by silence. It runs in a thread.
    cut
        How to cut.
    parts
        How many.

    Yields
    ------
    array
        ``(parts, channels, n)``, aligned with the stream; the lengths sum to the stream's. While a segment is worked
        on, blocks without samples.
    """
    step = cut.length - cut.overlap
    ramp = (np.arange(1, cut.overlap + 1) / (cut.overlap + 1)).astype(np.float32)
    tail: FloatArray | None = None
    with ThreadPoolExecutor(1) as pool:
        for segment, wanted, last in _segments(blocks, cut.length, step):
            answer = pool.submit(part, segment)
            while not wait([answer], timeout=_SIGN_OF_LIFE_S).done:
                yield np.zeros((parts, segment.shape[0], 0), dtype=np.float32)
            parted = answer.result()[..., wanted]
            if tail is not None:
                faded = parted[..., : cut.overlap] * ramp + tail
                parted = np.concatenate([faded, parted[..., cut.overlap :]], axis=-1)
            if last:
                yield parted
                return
            yield parted[..., :step]
            tail = parted[..., step:] * ramp[::-1]


def _segments(blocks: Iterator[FloatArray], length: int, step: int) -> Iterator[tuple[FloatArray, slice, bool]]:
    """Yield segments, where in each lies what continues the stream, and whether each is the last one."""
    held: FloatArray | None = None
    start = 0
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], axis=-1)
        while held.shape[-1] - start > length:
            yield held[:, start : start + length], slice(None), False
            held, start = held[:, start:], step
    if held is None or not held.shape[-1]:
        return
    remaining = held.shape[-1] - start
    if held.shape[-1] < length:
        yield np.pad(held, ((0, 0), (0, length - held.shape[-1]))), slice(0, remaining), True
    else:
        yield held[:, -length:], slice(length - remaining, None), True
