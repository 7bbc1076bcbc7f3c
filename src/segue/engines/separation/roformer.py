"""Separation by a RoFormer on PyTorch, with a checkpoint that the user has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.libraries import library, need_libraries, version_of
from segue.engines.separation import StemName, accompaniment
from segue.engines.separation.assembling import NAMED
from segue.engines.separation.masking import RATE
from segue.engines.separation.roformer_weights import read_roformer
from segue.engines.separation.segments import Segmentation, separate_by_segments
from segue.engines.separation.vocals_first import separate_vocals_first
from segue.kit.errors import Unavailable

LIBRARIES: Final = ("torch", "bs_roformer")
_VOCALS: Final = "vocals"


class RoformerSeparator:
    """Stems by a band-split RoFormer (W.-T. Lu et al., ICASSP 2024), or one with bands along the mel scale.

    A network that knows vocals, drums and bass gives four stems. One that knows vocals only gives those, and the rest
    is parted further by our own network.

    Parameters
    ----------
    checkpoint, configuration
        As `read_roformer` takes them.
    threads
        Threads that PyTorch may use; for the whole process.

    Raises
    ------
    Unavailable
        If the libraries or the files are not there, or do not fit one another.
    """

    name = "roformer"

    def __init__(self, checkpoint: Path | None, configuration: Path | None, *, threads: int) -> None:
        need_libraries(*LIBRARIES)
        if not checkpoint or not configuration:
            raise Unavailable("Name a RoFormer's files: SEGUE_ROFORMER_CHECKPOINT and SEGUE_ROFORMER_CONFIG (YAML).")
        self._torch = library("torch")
        self._torch.set_num_threads(threads)
        self._roformer = read_roformer(checkpoint, configuration)
        stems = self._roformer.stems
        self._parts_all = set(NAMED) <= set(stems)
        if not self._parts_all and (_VOCALS not in stems or self._roformer.rate != RATE):
            raise Unavailable(
                f"{checkpoint} parts into {', '.join(stems)} at {self._roformer.rate} Hz. Wanted: vocals, drums and "
                f"bass; or vocals at {RATE} Hz."
            )
        self._outputs = [stems.index(name) for name in (NAMED if self._parts_all else (_VOCALS,))]
        self._cut = Segmentation.by_quarters(self._roformer.rate, self._roformer.length)
        self.version = f"{version_of('bs-roformer')}+{self._roformer.digest}" + (
            "" if self._parts_all else f"+{accompaniment.VERSION}"
        )

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        """Yield the stems block by block: see `Separator.separate`. A mix is mono or stereo."""
        run = separate_by_segments if self._parts_all else separate_vocals_first
        return run(mix, self._part, self._cut)

    def _part(self, segment: FloatArray) -> FloatArray:
        """Return vocals, and drums and bass where the network knows them, of a segment."""
        with self._torch.inference_mode():
            estimate = self._roformer.network(self._torch.from_numpy(segment)[None])[0].numpy()
        sources: FloatArray = estimate.reshape(len(self._roformer.stems), *segment.shape)
        return np.ascontiguousarray(sources[self._outputs])
