"""The windows of a song that an embedder hears: where they lie, how loud they are made, and their spectra."""

from functools import lru_cache
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft

from segue.audio.signal import Audio, FloatArray

RATE: Final = 16_000
WINDOW: Final = 512
HOP: Final = 256
BANDS: Final = 96
FRAMES: Final = 187
SAMPLES: Final = WINDOW + (FRAMES - 1) * HOP
LEVEL_DBFS: Final = -14.0
#: What is so much below the loudest window is not raised to its level, but by as much as this.
_RAISED_DB: Final = 30.0
_SILENCE: Final = 1e-7


def spread(audio: Audio, *, rate: int, samples: int, at_most: int, overlapping: bool = False) -> FloatArray:
    """Return windows of a song, spread evenly, mixed down and resampled.

    Parameters
    ----------
    audio
        Any rate, any length: only the windows are read. What is not finite counts as silence.
    rate, samples
        The windows' sample rate and length.
    at_most
        How many windows; fewer where they would overlap. What is shorter than one is repeated to fill it.
    overlapping
        Let them overlap by half, so that a short piece of a song has more of them.

    Returns
    -------
    array
        ``(windows, samples)``.
    """
    length = -(-samples * audio.sample_rate // rate)
    room = max(0, audio.length - length)
    count = min(at_most, 1 + room // (length // 2 if overlapping else length))
    starts = ((np.arange(count) + 0.5) / count * room).astype(int)
    return np.stack([_window(audio, start, length, rate, samples) for start in starts])


def _window(audio: Audio, start: int, length: int, rate: int, samples: int) -> FloatArray:
    """Read, mix down and resample one window."""
    block = np.nan_to_num(audio.samples[:, start : start + length].mean(axis=0, dtype=np.float32), posinf=0, neginf=0)
    mono: FloatArray = soxr.resample(block, audio.sample_rate, rate, quality="HQ")
    return np.resize(mono, samples).astype(np.float32)


def at_one_level(windows: FloatArray) -> FloatArray:
    """Return windows with an RMS of `LEVEL_DBFS` each: a quiet part heard alone sounds as it does within its song.

    Silence stays silent, and what is more than 30 dB below the loudest window stays below the others.
    """
    level = np.sqrt(np.square(windows, dtype=np.float64).mean(axis=1, keepdims=True))
    reference = np.maximum(level, level.max() * 10 ** (-_RAISED_DB / 20))
    gain = np.where(reference > _SILENCE, 10 ** (LEVEL_DBFS / 20) / np.maximum(reference, _SILENCE), 0.0)
    return (windows * gain).astype(np.float32)


def power_spectra(windows: FloatArray, *, window: int, hop: int) -> FloatArray:
    """Return power spectra ``(windows, frames, bins)``, through a periodic Hann window."""
    shape = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(windows, window, axis=-1)[:, ::hop]
    power: FloatArray = np.square(np.abs(fft.rfft(frames * shape, axis=-1)))
    return power


def log_mel(windows: FloatArray) -> FloatArray:
    """Return ``log10(10000 x + 1)`` of the mel power, ``(windows, FRAMES, BANDS)``, as MusiCNN was trained on.

    In 32 bits throughout: MusiCNN's own code went through 16, which overflow on loud music.
    """
    mel = power_spectra(windows, window=WINDOW, hop=HOP) @ mel_filters().T
    compressed: FloatArray = np.log10(10_000 * mel + 1)
    return compressed


@lru_cache(maxsize=1)
def mel_filters() -> FloatArray:
    """Return triangular filters ``(BANDS, bins)`` of unit area on Slaney's mel scale, 0 to 8 kHz.

    M. Slaney, "Auditory Toolbox", Interval Research 1998-010: linear to 1 kHz, logarithmic above.
    """
    edges = _mel_to_hz(np.linspace(0, _TOP_MEL, BANDS + 2))
    frequencies = np.arange(WINDOW // 2 + 1) * (RATE / WINDOW)
    rising = (frequencies - edges[:-2, np.newaxis]) / np.diff(edges)[:-1, np.newaxis]
    falling = (edges[2:, np.newaxis] - frequencies) / np.diff(edges)[1:, np.newaxis]
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: FloatArray = (triangles * (2 / (edges[2:] - edges[:-2]))[:, np.newaxis]).astype(np.float32)
    return filters


_HZ_PER_MEL = 200 / 3
_LOG_STEP = np.log(6.4) / 27
_TOP_MEL = 15 + np.log(RATE / 2 / 1000) / _LOG_STEP


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return frequencies on Slaney's scale, where 1 kHz is 15 mel."""
    return np.where(mel < 15, mel * _HZ_PER_MEL, 1000 * np.exp(_LOG_STEP * (np.maximum(mel, 15) - 15)))
