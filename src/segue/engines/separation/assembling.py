"""From what an engine hears at its own rate to four stems that sum to the mix."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from segue.audio.blocks import StreamResampler
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import STEM_NAMES, StemName

#: What an engine names; `other` is the rest.
NAMED: Final[tuple[StemName, ...]] = tuple(name for name in STEM_NAMES if name != "other")


def assembled(mix: Audio, parted: Iterator[FloatArray], *, rate: int) -> Iterator[dict[StemName, FloatArray]]:
    """Bring vocals, drums and bass to the mix's rate and length; what they leave of the mix is ``other``.

    So the four sum to the mix to within rounding, and nothing is lost that the engine could not hear: what lies above
    its rate, what it left out. Against a network's own ``other`` that costs nothing: see ``docs/separation.md``.

    Parameters
    ----------
    mix
        One or two channels.
    parted
        Blocks ``(3, channels, n)`` of `NAMED`, aligned with the mix; their lengths sum to the mix's at ``rate``.
    rate
        Of ``parted``, in Hz.

    Yields
    ------
    dict
        The four stems of a block, which may have no samples; what is not finite in the mix becomes silence.
    """
    lanes = len(NAMED) * mix.channels
    back = StreamResampler(lanes, rate, mix.sample_rate)
    position = 0
    for block, last in _marking_the_last(parted):
        stems = back.push(np.ascontiguousarray(block).reshape(lanes, block.shape[-1]), last=last)
        wanted = mix.length - position
        length = wanted if last else min(stems.shape[-1], wanted)
        stems = np.pad(stems[:, :length], ((0, 0), (0, max(0, length - stems.shape[-1]))))
        yield with_the_rest(
            mix.samples[:, position : position + length], stems.reshape(len(NAMED), mix.channels, length)
        )
        position += length


def with_the_rest(mix: FloatArray, stems: FloatArray) -> dict[StemName, FloatArray]:
    """Name the stems ``(3, channels, n)`` and add what they leave of the mix ``(channels, n)``."""
    named = {name: np.ascontiguousarray(stem) for name, stem in zip(NAMED, stems, strict=True)}
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
