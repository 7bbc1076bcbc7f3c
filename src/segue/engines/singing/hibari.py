"""Singing by a small network that learned to speak: told how long each phoneme lasts and at which pitch, it sings."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import soxr
from numpy.typing import NDArray
from onnx import TensorProto, helper
from scipy.ndimage import zoom

from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.libraries import library, need_libraries, version_of
from segue.engines.models.runtime import OnnxModel
from segue.engines.singing import SungLine, SungNote
from segue.engines.singing.phrasing import Phrase, count_syllables, phrase
from segue.kit.errors import Unavailable

LIBRARIES: Final = ("hibari",)
_OURS: Final = "1"
#: Within the network: frames that each phoneme lasts, and the pitch of each half frame.
_DURATIONS, _PITCH = "/Clip_output_0", "f0"
#: What it gives: how strong each band of the voice is and how it is turned, of the breath, and of what is neither.
_SPECTRA: Final = ("lh", "theta", "ln", "lr", "phi")
_SPOKEN_AT: Final = 1.0
_RATE: Final = 24_000
_HOP: Final = 300
#: The voice's own middle; what lies elsewhere is sung whole octaves away.
_MIDDLE_HZ: Final = 250.0
_LEVEL: Final = 0.12


class HibariSinger:
    """A voice of hibari-tts (Apache-2.0; distilled from Kokoro-82M), made to sing.

    Its network foretells how long each phoneme lasts and a pitch curve, and from both a spectrum for each 12.5 ms. Here
    the notes say both, and the network the rest, so that the sound of vowels fits their pitch.

    Parameters
    ----------
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If the library is missing, or another version's network cannot be told what to sing.
    """

    name = "hibari"

    def __init__(self, *, threads: int = 1) -> None:
        need_libraries(*LIBRARIES)
        self._threads = threads
        self.version = f"{version_of('hibari-tts')}+{_OURS}"

    def syllables(self, text: str) -> int:
        """Return how many syllables a line has."""
        return count_syllables(self._symbols(text))

    def sing(
        self,
        lines: Sequence[SungLine],
        *,
        length: int,
        sample_rate: int,
        seed: int,
        progress: Progress = no_progress,
    ) -> FloatArray:
        """Sing lines: see `segue.engines.singing.Singer`."""
        made = np.zeros(length, np.float32)
        moved = _in_range(lines)
        for number, line in enumerate(lines):
            symbols = self._symbols(line.text)
            if line.notes and count_syllables(symbols):
                rng = np.random.default_rng([seed, number])
                sung = phrase(symbols, self._spoken(symbols), [_at(note, moved) for note in line.notes], rng)
                _add(made, self._sounded(symbols, sung, rng), sung.starts_s, sample_rate)
            progress((number + 1) / len(lines))
        return made

    def _symbols(self, text: str) -> list[str]:
        """Return a line's phonemes, with what goes before and follows."""
        spoken = " ".join(self._voice.phonemize(text))
        return ["^", *(symbol for symbol in spoken if symbol in self._voice.vocab), "$"]

    def _inputs(self, symbols: Sequence[str]) -> dict[str, NDArray[Any]]:
        ids = [0, *(self._voice.vocab[symbol] for symbol in symbols[1:-1]), 0]
        return {"ids": np.array([ids], np.int64), "speed": np.array([_SPOKEN_AT], np.float32)}

    def _spoken(self, symbols: Sequence[str]) -> FloatArray:
        """Return how many frames each phoneme lasts when it is spoken."""
        durations: FloatArray = self._speaking.run([_DURATIONS], **self._inputs(symbols))[0].reshape(-1)
        return durations

    def _sounded(self, symbols: Sequence[str], sung: Phrase, rng: np.random.Generator) -> FloatArray:
        """Return a phrase in sound, ``(samples,)`` at the voice's rate."""
        told = {_DURATIONS: sung.durations, _PITCH: sung.pitch_hz[None]}
        spectra = [spectrum[0] for spectrum in self._singing.run(list(_SPECTRA), **self._inputs(symbols), **told)]
        sound: FloatArray = library("hibari.dsp").synth(*spectra, sung.pitch_hz, rng)
        loud = zoom(sung.loud, _HOP, order=1, grid_mode=True, mode="nearest")[: sound.size]
        return np.asarray(sound * loud * _LEVEL / max(1e-6, _level_of(sound)), dtype=np.float32)

    @cached_property
    def _voice(self) -> Any:
        return library("hibari").Hibari(threads=self._threads)

    @cached_property
    def _speaking(self) -> OnnxModel:
        """The network, which tells its durations, too."""
        model = onnx.load(Path(self._voice.model_path))
        model.graph.output.append(helper.make_tensor_value_info(_DURATIONS, TensorProto.FLOAT, None))
        return OnnxModel(model.SerializeToString(), threads=self._threads)

    @cached_property
    def _singing(self) -> OnnxModel:
        """The network, which is told its durations and its pitch."""
        model = onnx.load(Path(self._voice.model_path))
        graph = model.graph
        made = {output: node for node in graph.node for output in node.output}
        if not {_DURATIONS, _PITCH} <= made.keys():
            raise Unavailable("This version of hibari-tts cannot be made to sing: run `pip install hibari-tts==0.2.1`.")
        shapes: dict[str, list[str | int | None]] = {_DURATIONS: ["symbols"], _PITCH: [1, "halves"]}
        for name, shape in shapes.items():
            graph.node.remove(made[name])
            graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        outputs = [output for output in graph.output if output.name != _PITCH]
        del graph.output[:]
        graph.output.extend(outputs)
        return OnnxModel(model.SerializeToString(), threads=self._threads)


def _in_range(lines: Sequence[SungLine]) -> float:
    """Return by how many octaves lines are moved so that the voice has them."""
    pitches = [note.hz for line in lines for note in line.notes]
    return float(round(np.log2(_MIDDLE_HZ / np.median(pitches)))) if pitches else 0.0


def _at(note: SungNote, octaves: float) -> SungNote:
    return replace(note, hz=note.hz * 2**octaves)


def _level_of(sound: FloatArray) -> float:
    """Return the effective value of what sounds."""
    power = np.square(sound, dtype=np.float64)
    loud = power > 0.01 * power.max(initial=0.0)
    return float(np.sqrt(power[loud].mean())) if loud.any() else 0.0


def _add(made: FloatArray, sound: FloatArray, starts_s: float, sample_rate: int) -> None:
    """Add a phrase to what is made, in place."""
    resampled = np.asarray(soxr.resample(sound, _RATE, sample_rate), dtype=np.float32)
    at = round(starts_s * sample_rate)
    cut = max(0, -at)
    part = resampled[cut : cut + max(0, made.size - max(0, at))]
    made[max(0, at) : max(0, at) + part.size] += part
