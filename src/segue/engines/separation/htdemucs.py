"""Separation by HTDemucs on PyTorch, with weights that the user has."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.libraries import library, need_libraries, version_of
from segue.engines.separation import StemName
from segue.engines.separation.assembling import NAMED
from segue.engines.separation.htdemucs_weights import WeightedModel, read_bag
from segue.engines.separation.segments import Segmentation, separate_by_segments
from segue.kit.errors import Unavailable

LIBRARIES: Final = ("torch", "demucs")


class HtdemucsSeparator:
    """Four stems by HTDemucs (S. Rouard, F. Massa, A. Defossez, ICASSP 2023), one network or a bag.

    A network with more than four sources serves too: what is neither vocals nor drums nor bass is other. Without
    Demucs' random shifts, so that the same song gives the same stems.

    Parameters
    ----------
    weights
        As `read_bag` takes them.
    threads
        Threads that PyTorch may use; for the whole process.

    Raises
    ------
    Unavailable
        If the libraries or the weights are not there; the message says how to get them.
    """

    name = "htdemucs"

    def __init__(self, weights: str | None, *, threads: int) -> None:
        need_libraries(*LIBRARIES)
        if not weights:
            raise Unavailable("Name the weights of HTDemucs, a .th, .safetensors or .yaml file: SEGUE_DEMUCS_WEIGHTS.")
        self._torch = library("torch")
        self._torch.set_num_threads(threads)
        bag = read_bag(weights)
        first = bag.members[0].model
        lacking = set(NAMED) - set(first.sources)
        if lacking or any(member.model.sources != first.sources for member in bag.members):
            raise Unavailable(f"{weights} parts into {first.sources}: vocals, drums and bass are needed, in each.")
        self.version = f"{version_of('demucs')}+{bag.digest}"
        self._sources = [first.sources.index(name) for name in NAMED]
        self._members = [member for member in bag.members if any(self._shares(member))]
        length = min(int(member.model.segment * member.model.samplerate) for member in bag.members)
        self._cut = Segmentation.by_quarters(first.samplerate, length)

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        """Yield the stems block by block: see `Separator.separate`. A mix is mono or stereo."""
        return separate_by_segments(mix, self._part, self._cut)

    def _shares(self, member: WeightedModel) -> list[float]:
        """Return how much a network's word counts for vocals, drums and bass."""
        return [float(member.weights[source]) for source in self._sources]

    def _part(self, segment: FloatArray) -> FloatArray:
        """Return vocals, drums and bass of a segment: the networks' weighted mean."""
        total: FloatArray = np.zeros((len(NAMED), *segment.shape), dtype=np.float32)
        weight: FloatArray = np.zeros(len(NAMED), dtype=np.float32)
        for member in self._members:
            shares = np.array(self._shares(member), dtype=np.float32)
            total += shares[:, None, None] * self._estimate(member.model, segment)
            weight += shares
        total /= weight[:, None, None]
        return total

    def _estimate(self, model: Any, segment: FloatArray) -> FloatArray:
        """Return one network's vocals, drums and bass."""
        with self._torch.inference_mode():
            sources = model(self._torch.from_numpy(segment)[None])[0]
        estimate: FloatArray = sources[self._sources].numpy()
        return estimate
