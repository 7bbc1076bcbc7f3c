"""What planning hears of a stem: its loudness and its pitches, ten times a second."""

from typing import Final

import numpy as np
from scipy.fft import rfft

from segue.audio.mashup.types import StemProfile
from segue.audio.mastering.levels import WeightedPower
from segue.audio.signal import Audio, FloatArray

_FRAMES_PER_S: Final = 10
_FRAMES_PER_BLOCK: Final = 50
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 2000.0
_WINDOW_S: Final = 0.19
_SILENCE: Final = 1e-7


def profile_stem(audio: Audio) -> StemProfile:
    """Measure a stem, block by block.

    Parameters
    ----------
    audio
        Any rate, any number of channels.

    Returns
    -------
    StemProfile
        Frames of 0.1 s; the last one may be short.
    """
    hop = max(1, audio.sample_rate // _FRAMES_PER_S)
    step = hop * _FRAMES_PER_BLOCK
    weigher = WeightedPower(audio.channels, audio.sample_rate, hop)
    matrix, size = _folding(audio.sample_rate)
    power, chroma = [], []
    for start in range(0, audio.length, step):
        block = np.asarray(audio.samples[:, start : start + step], dtype=np.float32)
        power.append(weigher.push(block) / hop)
        chroma.append(_chroma(block.mean(axis=0), hop, matrix, size))
    if not power:
        return StemProfile(np.zeros(0, np.float32), np.zeros((12, 0), np.float32), hop / audio.sample_rate)
    return StemProfile(np.concatenate(power), np.concatenate(chroma, axis=1), hop / audio.sample_rate)


def _folding(rate: int) -> tuple[FloatArray, int]:
    """Return the matrix from FFT bins to pitch classes, shape ``(12, bins)``, and the FFT's size."""
    size = 1 << int(np.ceil(np.log2(_WINDOW_S * rate)))
    hertz = np.arange(size // 2 + 1) * rate / size
    heard = (hertz >= _LOWEST_HZ) & (hertz <= _HIGHEST_HZ)
    semitones = 12 * np.log2(np.maximum(hertz, 1) / 440.0) + 9
    distance = (semitones[None, :] - np.arange(12)[:, None] + 6) % 12 - 6
    weights = np.exp(-0.5 * (distance / 0.4) ** 2) * heard / np.maximum(hertz, _LOWEST_HZ)
    return weights.astype(np.float32), size


def _chroma(mono: FloatArray, hop: int, matrix: FloatArray, size: int) -> FloatArray:
    frames = -(-len(mono) // hop)
    padded = np.pad(mono, (0, frames * hop + size - len(mono)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:frames]
    magnitudes = np.abs(rfft(windows * np.hanning(size).astype(np.float32), axis=1))
    folded = matrix @ (magnitudes**2).T
    total = folded.sum(axis=0)
    return np.asarray(np.where(total > _SILENCE, folded / np.maximum(total, _SILENCE), 0), dtype=np.float32)
