"""Going through audio from end to end without holding it; imports little, for each guarded decoder pays for it."""

import mmap
from collections.abc import Iterator

import numpy as np

from segue.audio.signal import Audio, FloatArray


def read_blocks(audio: Audio, samples: int) -> Iterator[FloatArray]:
    """Yield ``audio`` in blocks of so many samples, ``(channels, n)`` each, all views.

    What was read is given back: see `give_back`.
    """
    for start in range(0, audio.length, samples):
        yield audio.samples[:, start : start + samples]
        give_back(audio)


def give_back(audio: Audio) -> None:
    """Let go of the memory that reading a mapped file took; what is read again comes from the system's cache.

    Without this a process that reads a file from end to end grows by its size.
    """
    owner: object = audio.samples
    mode = None
    while isinstance(owner, np.ndarray):
        mode = getattr(owner, "mode", mode)
        owner = owner.base
    # A private mapping would lose what was written to it.
    if isinstance(owner, mmap.mmap) and mode == "r" and hasattr(owner, "madvise"):
        owner.madvise(mmap.MADV_DONTNEED)
