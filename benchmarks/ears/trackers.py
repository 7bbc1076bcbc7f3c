"""The beat trackers that are measured side by side: ours, and the peers that can be imported.

librosa is a development dependency; the others come by

    pip install --no-deps --target PEERS BeatNet==1.1.3 && pip install --target PEERS torch==2.13.0
    export PYTHONPATH=PEERS
    uv run --with essentia --with aubio-ledfx --with madmom-infer python -m benchmarks ears --only rhythm

Each gets the rate that it is made for: Essentia, aubio and BeatNet's decoder are documented at 44.1 or 22.05 kHz.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Rhythm
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio
from segue.audio.spectrum import analyze_spectra, resampled_mono
from segue.audio.tonality import measure_chroma

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a tracker heard; downbeats where it tells any."""

    tempo_bpm: float
    beats_s: Times
    downbeats_s: Times | None = None


Tracker = Callable[[Audio], Heard]


def our_rhythm(audio: Audio) -> Rhythm:
    """Hear a song's rhythm as the analysis does."""
    spectra = analyze_spectra(audio)
    return estimate_rhythm(spectra, detect_onsets(spectra), measure_chroma(spectra))


def peers() -> dict[str, Tracker]:
    """Return the peers that can be imported here, by name."""
    return {"librosa": _librosa, **dict(_importable())}


def _importable() -> Iterator[tuple[str, Tracker]]:
    for name, module, make in (
        ("Essentia", "essentia.standard", _essentia),
        ("aubio", "aubio", _aubio),
        ("BeatNet", "BeatNet.model", _beatnet),
    ):
        try:
            yield name, make(importlib.import_module(module))
        except ImportError:
            continue


def _librosa(audio: Audio) -> Heard:
    tempo, beats = librosa.beat.beat_track(y=resampled_mono(audio, 22050), sr=22050, units="time")
    return Heard(float(np.atleast_1d(tempo)[0]), np.asarray(beats, dtype=np.float64))


def _essentia(standard: Any) -> Tracker:
    def track(audio: Audio) -> Heard:
        tempo, beats, *_ = standard.RhythmExtractor2013(method="multifeature")(resampled_mono(audio, 44100))
        return Heard(float(tempo), np.asarray(beats, dtype=np.float64))

    return track


def _aubio(aubio: Any) -> Tracker:
    def track(audio: Audio) -> Heard:
        mono, hop = resampled_mono(audio, 44100), 512
        tracker = aubio.tempo("default", 2 * hop, hop, 44100)
        blocks = (np.ascontiguousarray(mono[start : start + hop]) for start in range(0, mono.size - hop, hop))
        beats = np.array([tracker.get_last_s() for block in blocks if tracker(block)])
        return Heard(_median_tempo(beats), beats)

    return track


def _beatnet(model: Any) -> Tracker:
    """BeatNet offline: its first network, and the dynamic Bayesian network that it is decoded by."""
    torch = importlib.import_module("torch")
    for name in ("processors", "audio.signal", "audio.stft", "audio.spectrogram"):
        sys.modules[f"madmom.{name}"] = importlib.import_module(f"madmom_infer.{name}")
    sys.modules["madmom"], sys.modules["madmom.audio"] = sys.modules["madmom_infer"], sys.modules["madmom_infer.audio"]
    features = importlib.import_module("BeatNet.log_spect").LOG_SPECT(
        sample_rate=22050, win_length=1411, hop_size=441, n_bands=[24], mode="offline"
    )
    decode = importlib.import_module("madmom_infer.features.downbeats").DBNDownBeatTrackingProcessor(
        beats_per_bar=[2, 3, 4], fps=50
    )
    weights = torch.load(f"{next(iter(importlib.import_module('BeatNet').__path__))}/models/model_1_weights.pt")

    def track(audio: Audio) -> Heard:
        network = model.BDA(272, 150, 2, "cpu")
        network.load_state_dict(weights, strict=False)
        network.eval()
        with torch.no_grad():
            frames = torch.from_numpy(features.process_audio(resampled_mono(audio, 22050)).T.astype(np.float32))
            activations = network.final_pred(network(frames[None])[0])[:2].numpy().T
        beats = decode(activations)
        if not len(beats):
            return Heard(0.0, np.empty(0), np.empty(0))
        return Heard(_median_tempo(beats[:, 0]), beats[:, 0], beats[beats[:, 1] == 1, 0])

    return track


def _median_tempo(beats_s: Times) -> float:
    return 60.0 / float(np.median(np.diff(beats_s))) if beats_s.size > 2 else 0.0
