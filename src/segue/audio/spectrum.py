"""The one time-frequency front end that every descriptor of a song reads: mono, two windows, mel and tonal spectra.

The signal is mixed down, resampled once to :data:`RATE` and brought to unit loudness. A short window (46 ms, hop 12 ms)
feeds the mel bands, from which onsets and timbre are read; a long one (372 ms, hop 93 ms) resolves neighbouring
semitones down to A1 for harmony.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soxr
from scipy import fft

from segue.audio.signal import Audio, FloatArray

#: Sample rate of the analysis in Hz.
RATE = 22050
#: Window and hop of the mel spectrum, in samples.
MEL_WINDOW, MEL_HOP = 1024, 256
#: Window and hop of the tonal spectrum, in samples.
TONAL_WINDOW, TONAL_HOP = 8192, 2048
#: Frames a second of either spectrum.
MEL_FPS, TONAL_FPS = RATE / MEL_HOP, RATE / TONAL_HOP
#: Number of mel bands, from 30 Hz to 11 kHz.
MEL_BANDS = 80
#: The tonal spectrum stops at this frequency in Hz: there is little but overtones above.
TONAL_TOP_HZ = 4200.0

_READ_BLOCK = 1 << 20
_FRAMES_PER_BLOCK = 1024
_SILENT_PEAK = 1e-4
_COMPRESSION = 1000.0


@dataclass(frozen=True, slots=True)
class Spectra:
    """What all descriptors are computed from.

    Attributes
    ----------
    mono
        The signal at :data:`RATE`, shape ``(samples,)``, scaled so that its loud parts have an RMS of 1; all
        zeros when the song is silent.
    mel
        Mel power, shape ``(MEL_BANDS, frames)``; frame ``t`` is centred on ``t / MEL_FPS`` seconds.
    log_mel
        ``log10(1 + 1000 mel)``, the same shape: about 0 (inaudible) to 5.
    tonal
        Magnitude of the long window, shape ``(bins, frames)``; bin ``k`` is ``k * RATE / TONAL_WINDOW`` Hz,
        frame ``t`` is centred on ``t / TONAL_FPS`` seconds.
    duration_s
        Length of the song in seconds.
    silent
        Whether the song never exceeds -80 dBFS.
    """

    mono: FloatArray
    mel: FloatArray
    log_mel: FloatArray
    tonal: FloatArray
    duration_s: float
    silent: bool


def analyze_spectra(audio: Audio) -> Spectra:
    """Mix down, resample and transform a song, once for all that listen to it.

    Parameters
    ----------
    audio
        Any length (also none), any rate; read in blocks, so it may be memory-mapped. What is not finite counts as 0.

    Returns
    -------
    Spectra
        About 110 MB for ten minutes.
    """
    mono, silent = _level(resampled_mono(audio))
    mel = _mel_power(mono)
    log_mel = np.log10(1.0 + _COMPRESSION * mel)
    return Spectra(mono, mel, log_mel, _tonal_magnitude(mono), audio.duration_s, silent)


def resampled_mono(audio: Audio, rate: int = RATE) -> FloatArray:
    """Return the mean over channels at another rate, without its DC, shape ``(samples,)``."""
    stream = soxr.ResampleStream(audio.sample_rate, rate, 1, dtype="float32", quality="MQ")
    blocks = []
    for start in range(0, max(audio.length, 1), _READ_BLOCK):
        stop = min(start + _READ_BLOCK, audio.length)
        block = audio.samples[:, start:stop].mean(axis=0, dtype=np.float32)
        blocks.append(stream.resample_chunk(np.nan_to_num(block, posinf=0.0, neginf=0.0), last=stop == audio.length))
    mono = np.concatenate(blocks)
    if mono.size:
        mono -= mono.mean()
    return np.asarray(mono, dtype=np.float32)


def mel_frequencies() -> FloatArray:
    """Return the centre of each mel band in Hz, shape ``(MEL_BANDS,)``."""
    return _mel_edges()[1:-1].astype(np.float32)


def band_rows(low_hz: float, high_hz: float) -> slice:
    """Return the rows of the mel spectrum whose centres lie in ``[low_hz, high_hz)``."""
    low, high = np.searchsorted(mel_frequencies(), [low_hz, high_hz])
    return slice(int(low), int(high))


def level_db(spectra: Spectra) -> FloatArray:
    """Return the level of each mel frame in dB relative to the loud parts of the song, shape ``(frames,)``."""
    power = spectra.mel.sum(axis=0)
    reference = max(float(np.quantile(power, 0.9)) if power.size else 0.0, 1e-9)
    return np.asarray(10.0 * np.log10(np.maximum(power / reference, 1e-10)), dtype=np.float32)


def sounding_span(spectra: Spectra, floor_db: float = -45.0) -> tuple[float, float]:
    """Return when the song first and last exceeds a level, in seconds; ``(0.0, 0.0)`` for silence."""
    loud = np.flatnonzero(level_db(spectra) > floor_db)
    if spectra.silent or loud.size == 0:
        return 0.0, 0.0
    return float(loud[0] / MEL_FPS), min(float((loud[-1] + 1) / MEL_FPS), spectra.duration_s)


def _level(mono: FloatArray) -> tuple[FloatArray, bool]:
    """Scale so that the 90th percentile of the RMS over 46 ms is 1, and tell whether there is anything to scale."""
    if mono.size == 0 or float(np.abs(mono).max()) < _SILENT_PEAK:
        return np.zeros_like(mono), True
    whole = mono.size - mono.size % MEL_WINDOW
    blocks = mono[:whole].reshape(-1, MEL_WINDOW) if whole else mono[None, :]
    rms = np.sqrt(np.mean(blocks**2, axis=1))
    return mono / np.float32(max(float(np.quantile(rms, 0.9)), float(rms.max()) / 10.0)), False


def _magnitudes(mono: FloatArray, window: int, hop: int) -> Iterator[FloatArray]:
    """Yield magnitude spectra ``(frames, bins)`` in blocks of frames; frame ``t`` is centred on sample ``t * hop``."""
    shape = np.hanning(window + 1)[:-1].astype(np.float32)
    shape *= 2.0 / shape.sum()
    padded = np.pad(mono, (window // 2, window // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    for start in range(0, len(frames), _FRAMES_PER_BLOCK):
        yield np.abs(fft.rfft(frames[start : start + _FRAMES_PER_BLOCK] * shape, axis=1, workers=1))


def _mel_power(mono: FloatArray) -> FloatArray:
    bank = _mel_bank()
    return np.concatenate([bank @ (block**2).T for block in _magnitudes(mono, MEL_WINDOW, MEL_HOP)], axis=1)


def _tonal_magnitude(mono: FloatArray) -> FloatArray:
    top = int(TONAL_TOP_HZ * TONAL_WINDOW / RATE)
    return np.concatenate([block[:, :top].T for block in _magnitudes(mono, TONAL_WINDOW, TONAL_HOP)], axis=1)


@lru_cache(maxsize=1)
def _mel_edges() -> FloatArray:
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (30.0, RATE / 2.0))
    mels = np.linspace(low, high, MEL_BANDS + 2)
    return np.asarray(700.0 * (10.0 ** (mels / 2595.0) - 1.0), dtype=np.float32)


@lru_cache(maxsize=1)
def _mel_bank() -> FloatArray:
    """Return triangles of unit height, at least one bin wide, shape ``(MEL_BANDS, bins)``."""
    hz = np.arange(MEL_WINDOW // 2 + 1) * RATE / MEL_WINDOW
    edges = _mel_edges().astype(np.float64)
    narrowest = RATE / MEL_WINDOW
    lower = np.minimum(edges[:-2], edges[1:-1] - narrowest)[:, None]
    upper = np.maximum(edges[2:], edges[1:-1] + narrowest)[:, None]
    centre = edges[1:-1, None]
    bank = np.minimum((hz - lower) / (centre - lower), (upper - hz) / (upper - centre))
    return np.maximum(bank, 0.0).astype(np.float32)
