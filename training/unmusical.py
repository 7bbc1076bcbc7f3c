"""Sounds that are no music, and what is heard in them: `uv run python -m training.unmusical`.

Coloured noise, levels that jump, clicks and bursts at random, and speech as far as its rhythm and its gliding pitch go.
Two measures keep confidence low where nothing pulses or is held: `segue.audio.periodicity.pulse_backing`, and the
held pitches in `segue.audio.keys`. They were scaled between these sounds and rendered songs; recordings were looked at.
"""

import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import butter, lfilter

from segue.audio.listening import analyze
from segue.audio.signal import Audio

#: The benchmark's noises have seeds below.
FIRST_SEED, SEEDS = 500, 12
_RATE = 22050
_LENGTH_S = (8.0, 30.0)

Samples = NDArray[np.float64]


def unmusical(seed: int) -> Iterator[tuple[str, Audio]]:
    """Return five sounds of a seed, with the names of their kinds."""
    rng = np.random.default_rng(seed)
    count = int(_RATE * rng.uniform(*_LENGTH_S))
    yield "noise", _mono(_noise(rng, count))
    yield "jumping level", _mono(_jumps(rng, count))
    yield "clicks", _mono(_clicks(rng, count))
    yield "bursts", _mono(_bursts(rng, count))
    yield "speech", _mono(_speech(rng, count))


def _noise(rng: np.random.Generator, count: int) -> Samples:
    spectrum = fft.rfft(rng.standard_normal(count))
    spectrum[1:] /= np.arange(1, spectrum.size) ** rng.uniform(0.0, 1.0)
    return np.asarray(fft.irfft(spectrum, count))


def _jumps(rng: np.random.Generator, count: int) -> Samples:
    edges = np.sort(rng.integers(0, count, rng.integers(10, 80)))
    levels = rng.uniform(-1.0, 1.0, edges.size + 1)
    return np.asarray(levels[np.searchsorted(edges, np.arange(count))])


def _clicks(rng: np.random.Generator, count: int) -> Samples:
    clicks = np.zeros(count)
    clicks[rng.integers(0, count, rng.integers(3, 60))] = 1.0
    return clicks


def _bursts(rng: np.random.Generator, count: int) -> Samples:
    length, bursts = 4000, np.zeros(count)
    for start in rng.integers(0, count - length, rng.integers(6, 80)):
        fading = np.exp(-np.arange(length) / rng.uniform(200.0, 1500.0))
        bursts[start : start + length] += rng.uniform(0.2, 1.0) * fading * rng.standard_normal(length)
    return bursts


def _speech(rng: np.random.Generator, count: int) -> Samples:
    """Return syllables of uneven length, voiced or hissed, with pauses between some."""
    spoken, at, hertz = 1e-3 * rng.standard_normal(count), 0, rng.uniform(90.0, 230.0)
    while True:
        if rng.random() < 0.12:
            at += int(_RATE * rng.uniform(0.15, 0.7))
        length = max(int(_RATE * rng.gamma(6.0, 0.03)), 500)
        if at + length > count:
            return spoken
        time = np.arange(length) / _RATE
        envelope = np.clip(np.minimum(time / 0.02, (time[-1] - time) / 0.04), 0.0, 1.0)
        sound = _hissed(rng, length) if rng.random() < 0.3 else _voiced(rng, length, hertz)
        spoken[at : at + length] += rng.uniform(0.4, 1.0) * envelope * sound
        at += length


def _hissed(rng: np.random.Generator, length: int) -> Samples:
    edges = np.array([rng.uniform(1500.0, 3000.0), rng.uniform(5000.0, 9000.0)]) / (_RATE / 2.0)
    return np.asarray(0.15 * lfilter(*butter(2, edges, "band"), rng.standard_normal(length)))


def _voiced(rng: np.random.Generator, length: int, hertz: float) -> Samples:
    """Return a buzz whose pitch glides, through three formants."""
    octaves = rng.normal(0.0, 0.15) + rng.normal(0.0, 0.35) * np.linspace(0.0, 1.0, length)
    buzz = 2.0 * (np.cumsum(hertz * 2.0**octaves) / _RATE % 1.0) - 1.0
    sound = np.zeros(length)
    for low, high, width in ((300.0, 800.0, 80.0), (900.0, 2300.0, 120.0), (2300.0, 3200.0, 160.0)):
        radius, angle = np.exp(-np.pi * width / _RATE), 2.0 * np.pi * rng.uniform(low, high) / _RATE
        sound += lfilter([1.0 - radius], [1.0, -2.0 * radius * np.cos(angle), radius**2], buzz)
    return np.asarray(sound / (np.abs(sound).max() + 1e-9))


def _mono(sound: Samples) -> Audio:
    return Audio((0.3 * sound / np.abs(sound).max()).astype(np.float32)[None, :], _RATE)


def main() -> None:
    """Print the largest confidences of each kind of sound."""
    told: dict[str, list[tuple[float, float]]] = {}
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        for kind, audio in unmusical(seed):
            heard = analyze(audio)
            told.setdefault(kind, []).append((heard.rhythm.tempo_confidence, heard.key.confidence))
    for kind, confidences in told.items():
        tempo, key = np.max(confidences, axis=0)
        sys.stdout.write(f"{kind}: a tempo with {tempo:.3f} at most, a key with {key:.3f}\n")


if __name__ == "__main__":
    main()
