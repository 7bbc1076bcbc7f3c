"""What plain signal processing measures in each window of a song: timbre, pulse and pitch classes."""

from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from scipy import fft

from segue.audio.signal import FloatArray
from segue.engines.embedding.windows import RATE, power_spectra

#: How many cosines describe the bands' means, deviations and changes.
_COSINES: Final = (24, 12, 12)
TIMBRES: Final = sum(_COSINES)
_PULSE_LAGS: Final = slice(12, 94)
_PULSE_SPREAD: Final = 0.3
_TONAL_WINDOW: Final = 8192
_TONAL_HZ: Final = (110.0, 1760.0)
_FLAT: Final = 0.05
_SMALLEST: Final = 1e-9
_SCALES: Final = "timbre.npz"


def raw_timbre(mel: FloatArray) -> FloatArray:
    """Return `TIMBRES` cosine coefficients of each window: of its 96 bands' means, deviations and mean changes.

    Parameters
    ----------
    mel
        ``(windows, frames, bands)``, as of `log_mel`.
    """
    profiles = mel.mean(axis=1), mel.std(axis=1), np.abs(np.diff(mel, axis=1)).mean(axis=1)
    cosines = [
        fft.dct(profile, norm="ortho", axis=1)[:, :kept] for profile, kept in zip(profiles, _COSINES, strict=True)
    ]
    return np.concatenate(cosines, axis=1).astype(np.float32)


def timbre(mel: FloatArray) -> FloatArray:
    """Return timbre in units of how far it strays within a song, ``(windows, TIMBRES)``; of songs, 1 long on average.

    Mean and spread of each coefficient are those of songs that `segue.music` renders (`training/embedding.py`).
    """
    mean, spread = _timbre_scales()
    scaled: FloatArray = (raw_timbre(mel) - mean) / spread
    return scaled


@lru_cache(maxsize=1)
def _timbre_scales() -> tuple[FloatArray, FloatArray]:
    """Return the mean and the spread of each coefficient of timbre."""
    with files(__package__).joinpath(_SCALES).open("rb") as file, np.load(file, allow_pickle=False) as scales:
        return scales["mean"], scales["spread"]


def pulse(mel: FloatArray) -> FloatArray:
    """Return the autocorrelation of the onsets' strength at lags from 0.2 to 1.5 seconds, ``(windows, 82)``.

    Divided by what a song's is typically long: its rhythm and tempo, whatever the instruments.
    """
    strength = np.maximum(0, np.diff(mel, axis=1)).mean(axis=2)
    strength = strength - strength.mean(axis=1, keepdims=True)
    frames = strength.shape[1]
    power = np.square(np.abs(np.fft.rfft(strength, 2 * frames, axis=1)))
    correlation = np.fft.irfft(power, axis=1)[:, :frames]
    normal = correlation[:, _PULSE_LAGS] / (correlation[:, :1] + _SMALLEST)
    scaled: FloatArray = (normal / (_PULSE_SPREAD * np.sqrt(normal.shape[1]))).astype(np.float32)
    return scaled


def pitch_classes(windows: FloatArray) -> FloatArray:
    """Return how each window's pitch classes stand out, ``(windows, 12)``: 1 long, or less the flatter they are."""
    power = power_spectra(windows, window=_TONAL_WINDOW, hop=_TONAL_WINDOW // 2)
    chroma = (np.sqrt(power) @ _chroma_filters().T).sum(axis=1)
    chroma = chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + _SMALLEST)
    chroma = chroma - chroma.mean(axis=1, keepdims=True)
    standing: FloatArray = chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + _FLAT)
    return standing.astype(np.float32)


@lru_cache(maxsize=1)
def _chroma_filters() -> FloatArray:
    """Return which bins belong to which pitch class, ``(12, bins)``, as shares: noise has them all alike."""
    frequencies = np.maximum(np.arange(_TONAL_WINDOW // 2 + 1) * (RATE / _TONAL_WINDOW), 1)
    pitch_class = np.round(12 * np.log2(frequencies / 440) + 9) % 12
    heard = (frequencies >= _TONAL_HZ[0]) & (frequencies <= _TONAL_HZ[1])
    members = (pitch_class == np.arange(12)[:, np.newaxis]) & heard
    filters: FloatArray = (members / members.sum(axis=1, keepdims=True)).astype(np.float32)
    return filters
