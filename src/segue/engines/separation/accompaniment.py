"""Parting an accompaniment into drums, bass and the rest by a small network of our own, which ships with Segue."""

from importlib.resources import as_file, files
from typing import Final

import numpy as np

from segue.audio.blocks import ComplexArray
from segue.audio.signal import FloatArray
from segue.engines.models.runtime import OnnxModel
from segue.engines.separation.evidence import evidence, spread

#: Rises with the weights: separations are kept under the version of the engine that made them.
VERSION: Final = "accompaniment.2"
_WEIGHTS: Final = files("segue.engines.separation") / "weights" / "accompaniment.onnx"


class AccompanimentNetwork:
    """Tells drums from bass from everything else.

    A U-Net over bands and frames, taught on songs that `segue.music` composed and rendered: `training/README.md`.

    Parameters
    ----------
    threads
        Threads that it may use.
    """

    def __init__(self, *, threads: int) -> None:
        with as_file(_WEIGHTS) as path:
            self._network = OnnxModel(path, threads=threads, keep_memory=True)

    def masks(self, spectrum: ComplexArray) -> FloatArray:
        """Return which share of an accompaniment is drums, and which is bass.

        Parameters
        ----------
        spectrum
            The accompaniment's, ``(channels, bins, frames)``, one or two channels, `SEGMENT_FRAMES` frames of the
            transform in `segue.engines.separation.masking`.

        Returns
        -------
        array
            Masks 0 to 1, ``(2, channels, bins, frames)``; their sum is at most 1, and what they leave is other.
        """
        stereo = np.broadcast_to(spectrum, (2, *spectrum.shape[1:]))
        (masks,) = self._network.run(["masks"], evidence=evidence(stereo)[None])
        drums_and_bass = masks[:2].transpose(0, 1, 3, 2)
        if spectrum.shape[0] == 1:
            drums_and_bass = drums_and_bass.mean(axis=1, keepdims=True)
        return spread(drums_and_bass)
