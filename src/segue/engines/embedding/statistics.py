"""Embeddings without weights: statistics of timbre, rhythm and harmony."""

from functools import lru_cache
from typing import Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.excerpts import RATE, SAMPLES, excerpts, log_mel, power_spectra
from segue.engines.embedding.projection import orthonormal, unit

_EXCERPTS: Final = 24
_TONAL_WINDOW: Final = 8192
_TONAL_HZ: Final = (110.0, 1760.0)
_PULSE_LAGS: Final = slice(12, 94)
_SMALLEST = 1e-9


class StatisticsEmbedder:
    """A song's place among songs by plain statistics: for a machine without weights; songs that sound alike lie near.

    Up to 24 excerpts of three seconds at one level are measured: of 96 log-mel bands the mean, the spread and the mean
    change (timbre); of the sum of rises the autocorrelation between 0.2 and 1.5 seconds (rhythm); of the mean chroma
    the circular autocorrelation, which no transposition changes, and its sharpness (harmony). Each kind is centred on
    what pink noise measures and scaled to a like spread, and a fixed orthogonal matrix turns the whole into 768
    dimensions: an isometry, so that nothing is lost.
    """

    name = "statistics"
    version = "1"

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding: see `Embedder.embed`."""
        measured = _measure(excerpts(audio, at_most=_EXCERPTS))
        offset: FloatArray = measured - _measured_noise()
        return unit(offset @ _rotation(len(measured)))


def _measure(cut: FloatArray) -> FloatArray:
    """Return all measurements of excerpts, scaled so that each kind weighs alike."""
    mel = log_mel(cut)
    change = np.abs(np.diff(mel, axis=1))
    kinds = [
        (mel.mean(axis=(0, 1)), 0.7),
        (mel.std(axis=(0, 1)), 0.3),
        (change.mean(axis=(0, 1)), 0.15),
        (_pulse(mel), 0.3),
        (_harmony(cut), 0.3),
    ]
    scaled = [values / (spread * np.sqrt(len(values))) for values, spread in kinds]
    return np.concatenate(scaled).astype(np.float32)


def _pulse(mel: FloatArray) -> FloatArray:
    """Return the mean autocorrelation of the onsets' strength, by lag."""
    strength = np.maximum(0, np.diff(mel, axis=1)).mean(axis=2)
    strength = strength - strength.mean(axis=1, keepdims=True)
    frames = strength.shape[1]
    power = np.square(np.abs(np.fft.rfft(strength, 2 * frames, axis=1)))
    correlation = np.fft.irfft(power, axis=1)[:, :frames]
    normal = correlation / (correlation[:, :1] + _SMALLEST)
    pulse: FloatArray = normal[:, _PULSE_LAGS].mean(axis=0).astype(np.float32)
    return pulse


def _harmony(cut: FloatArray) -> FloatArray:
    """Return the circular autocorrelation of the mean chroma at seven intervals, and the chroma sorted by strength."""
    power = power_spectra(cut, window=_TONAL_WINDOW, hop=_TONAL_WINDOW // 2)
    chroma = np.sqrt(power) @ _chroma_filters().T
    chroma = chroma / (chroma.sum(axis=-1, keepdims=True) + _SMALLEST)
    mean = chroma.mean(axis=(0, 1))
    intervals = [float(mean @ np.roll(mean, interval)) for interval in range(7)]
    return 6 * np.concatenate([intervals, np.sort(mean)]).astype(np.float32)


@lru_cache(maxsize=1)
def _chroma_filters() -> FloatArray:
    """Return which bins belong to which pitch class, ``(12, bins)``."""
    frequencies = np.maximum(np.arange(_TONAL_WINDOW // 2 + 1) * (RATE / _TONAL_WINDOW), 1)
    pitch_class = np.round(12 * np.log2(frequencies / 440) + 9) % 12
    heard = (frequencies >= _TONAL_HZ[0]) & (frequencies <= _TONAL_HZ[1])
    filters: FloatArray = ((pitch_class == np.arange(12)[:, np.newaxis]) & heard).astype(np.float32)
    return filters


@lru_cache(maxsize=1)
def _measured_noise() -> FloatArray:
    """Return what pink noise measures: the origin of the space."""
    white = np.random.Generator(np.random.PCG64(1)).standard_normal(8 * SAMPLES)
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    pink = np.fft.irfft(spectrum, 8 * SAMPLES)[np.newaxis].astype(np.float32)
    return _measure(excerpts(Audio(pink / np.abs(pink).max(), RATE), at_most=8))


@lru_cache(maxsize=1)
def _rotation(measurements: int) -> FloatArray:
    """Return the isometry from the measurements into the space."""
    return orthonormal(measurements, DIMENSIONS, name="statistics, version 1")
