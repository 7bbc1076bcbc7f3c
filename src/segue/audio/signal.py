"""The value that all of ``audio`` passes around: samples with their rate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

#: Called with the share of the work that is done, 0.0 to 1.0. May raise, to cancel.
Progress = Callable[[float], None]


def no_progress(_: float) -> None:
    """Report to nobody."""


def part_of(progress: Progress, start: float, share: float) -> Progress:
    """Return the progress of a part of some work, which begins at `start` and is a `share` of the whole."""
    return lambda done: progress(start + share * done)


@dataclass(frozen=True, slots=True)
class Audio:
    """Samples at a rate.

    Attributes
    ----------
    samples
        ``float32``, shape ``(channels, samples)``, full scale 1.0. May be a view of a file (``numpy.memmap``): slice
        it in blocks rather than copying it whole.
    sample_rate
        Hz.
    """

    samples: FloatArray
    sample_rate: int

    @property
    def channels(self) -> int:
        """How many channels."""
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        """How many samples each channel has."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.length / self.sample_rate

    def mono(self) -> FloatArray:
        """Return the mean over channels, shape ``(samples,)``."""
        if self.channels == 1:
            return np.ascontiguousarray(self.samples[0], dtype=np.float32)
        mean: FloatArray = self.samples.mean(axis=0, dtype=np.float32)
        return mean
