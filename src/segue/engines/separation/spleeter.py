"""Separation by Spleeter's two-stem networks, the accompaniment parted further by our own."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from segue.audio.blocks import ComplexArray
from segue.audio.signal import Audio, FloatArray
from segue.engines.models.install import installed_file
from segue.engines.models.registry import SPLEETER_2STEMS
from segue.engines.models.runtime import OnnxModel
from segue.engines.models.spleeter_graph import BINS, FILE
from segue.engines.separation import StemName, accompaniment
from segue.engines.separation.accompaniment import AccompanimentNetwork
from segue.engines.separation.masking import separate_by_masks, stem_masks

#: Above 11 kHz the networks are deaf: there, the mask is its mean over the bins below that limit, so many of them.
_EXTENSION_BINS: Final = 128


class SpleeterSeparator:
    """Vocals by Spleeter (R. Hennequin et al., JOSS 2020); drums, bass and the rest by our own network.

    Parameters
    ----------
    models_dir
        Where ``spleeter-2stems`` is installed.
    threads
        Segments that are worked on at once, each in a thread of its own.

    Raises
    ------
    Unavailable
        If the weights are not installed, or damaged.
    """

    name = "spleeter"
    version = f"{SPLEETER_2STEMS.version}+{accompaniment.VERSION}"

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        self._networks = OnnxModel(installed_file(models_dir, SPLEETER_2STEMS, FILE), threads=1, keep_memory=True)
        self._accompaniment = AccompanimentNetwork(threads=1)
        self._threads = threads
        self._networks_turn = Lock()

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        """Yield the stems block by block: see `Separator.separate`. A mix is mono or stereo."""
        return separate_by_masks(mix, self._masks, threads=self._threads)

    def _masks(self, spectrum: ComplexArray) -> FloatArray:
        """Return the masks of vocals, drums and bass for one segment."""
        return stem_masks(spectrum, self.vocal_mask(spectrum), self._accompaniment.masks)

    def vocal_mask(self, spectrum: ComplexArray) -> FloatArray:
        """Return the vocals' mask for one segment, ``(channels, bins, frames)``."""
        magnitude = np.abs(spectrum[:, :BINS]).transpose(0, 2, 1)
        stereo = np.broadcast_to(magnitude, (2, *magnitude.shape[1:]))
        # They take half of the time and most of the memory: one segment at a time is as fast on two cores.
        with self._networks_turn:
            (mask,) = self._networks.run(["vocal_mask"], magnitude=stereo[None])
        heard = mask[0].transpose(0, 2, 1)
        if spectrum.shape[0] == 1:
            heard = heard.mean(axis=0, keepdims=True)
        whole = np.empty(spectrum.shape, dtype=np.float32)
        whole[:, :BINS] = heard
        whole[:, BINS:] = heard[:, -_EXTENSION_BINS:].mean(axis=1, keepdims=True)
        return whole
