"""What is no music, or too little of it: nothing may crash, and no tempo or key may be told with confidence."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from benchmarks.table import Row
from segue.audio.files import decode
from segue.audio.listening import analyze
from segue.audio.signal import Audio

_RATE = 44100
_LENGTH_S = 20.0
_CLIP_S = 2.0
_SPEECH = ("jfk.flac", "multilingual.mp3", "stereo_diarization.wav", "*.hq.ogg")
_CLIPPED = ("songs_with_lyrics/*/audio.*", "full_tracks/*.*")


def measure(data: Path) -> list[Row]:
    """Hear each kind of oddity; tell how many were heard without an error, and the largest confidences."""
    kinds = {
        "silence, constants, single samples, broken numbers": list(_nothing()),
        "noise, hum, single clicks": list(_noise()),
        "speech": [decode(path).audio for name in _SPEECH for path in sorted((data / "speech_singing").rglob(name))],
        "clips of two seconds": [
            _clip(decode(path).audio) for pattern in _CLIPPED for path in sorted(data.glob(pattern))
        ],
    }
    return [row for kind, sounds in kinds.items() if sounds for row in _rows(f"{kind} ({len(sounds)})", sounds)]


def _rows(data: str, sounds: list[Audio]) -> list[Row]:
    analyses = [analyze(sound) for sound in sounds]
    return [
        Row("analysed without an error", data, float(len(analyses)), "sounds", float(len(sounds))),
        Row("largest confidence of a tempo", data, max(a.rhythm.tempo_confidence for a in analyses), "at most", 0.5),
        Row("largest confidence of a key", data, max(a.key.confidence for a in analyses), "at most", 0.5),
    ]


def _nothing() -> Iterator[Audio]:
    for channels in (1, 2):
        for samples in (0, 1, 100, round(_LENGTH_S * _RATE)):
            yield Audio(np.zeros((channels, samples), dtype=np.float32), _RATE)
            yield Audio(np.full((channels, samples), 0.5, dtype=np.float32), _RATE)
        yield Audio(np.full((channels, _RATE), np.nan, dtype=np.float32), _RATE)
        yield Audio(np.full((channels, _RATE), np.inf, dtype=np.float32), _RATE)


def _noise() -> Iterator[Audio]:
    time = np.arange(round(_LENGTH_S * _RATE)) / _RATE
    for seed in range(4):
        rng = np.random.default_rng(seed)
        for slope in (0.0, 0.5, 1.0):  # white, pink, brown
            yield _mono(_coloured(rng, time.size, slope))
        edges = np.sort(rng.uniform(0.0, time[-1], 40))  # a constant that jumps now and then
        yield _mono(rng.uniform(-1.0, 1.0, 41)[np.searchsorted(edges, time)])
        clicks = np.zeros(time.size)
        clicks[rng.integers(0, time.size, 12)] = 1.0
        yield _mono(clicks)
    for hertz in (50.0, 60.0, 1000.0):
        yield _mono(np.sin(2.0 * np.pi * hertz * time))
    click = np.zeros(time.size)
    click[time.size // 2] = 1.0
    yield _mono(click)


def _coloured(rng: np.random.Generator, samples: int, slope: float) -> NDArray[np.float64]:
    """Return noise whose magnitude falls with a power of the frequency."""
    spectrum = fft.rfft(rng.standard_normal(samples))
    spectrum[1:] /= np.arange(1, spectrum.size) ** slope
    return np.asarray(fft.irfft(spectrum, samples))


def _mono(sound: NDArray[np.float64]) -> Audio:
    return Audio((0.3 * sound / np.abs(sound).max()).astype(np.float32)[None, :], _RATE)


def _clip(audio: Audio) -> Audio:
    """Return two seconds from the middle of a song."""
    start = audio.length // 2
    return Audio(audio.samples[:, start : start + round(_CLIP_S * audio.sample_rate)], audio.sample_rate)
