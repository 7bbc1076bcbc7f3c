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

from segue.audio.blocks import ComplexArray
from segue.audio.reading import read_blocks
from segue.audio.signal import Audio, FloatArray, Progress, no_progress

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

_READ_BLOCK = 1 << 16
_FRAMES_PER_BLOCK = 256
_SLACK = 64
_SILENT_PEAK = 1e-4
_COMPRESSION = 1000.0


@dataclass(frozen=True, slots=True)
class Spectra:
    """What all descriptors are computed from.

    Attributes
    ----------
    mel
        Mel power of the signal at :data:`RATE`, scaled so that its loud parts have an RMS of 1, shape ``(MEL_BANDS,
        frames)``; frame ``t`` is centred on ``t / MEL_FPS`` seconds. All zeros when the song is silent.
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

    mel: FloatArray
    log_mel: FloatArray
    tonal: FloatArray
    duration_s: float
    silent: bool


def analyze_spectra(audio: Audio, *, progress: Progress = no_progress) -> Spectra:
    """Mix down, resample and transform a song, once for all that listen to it.

    Parameters
    ----------
    audio
        Any length (also none), any rate; read in blocks, so it may be memory-mapped. What is not finite counts as 0.
    progress
        Called with 0.0 to 1.0; may raise, to cancel.

    Returns
    -------
    Spectra
        73 MB for ten minutes; making them takes 53 MB more.
    """
    mono, silent = levelled_mono(audio, progress=lambda done: progress(0.3 * done))
    tonal = _tonal_magnitude(mono, lambda done: progress(0.3 + 0.2 * done))
    mel = _mel_power(mono, lambda done: progress(0.5 + 0.5 * done))
    del mono
    return Spectra(mel, _compressed(mel), tonal, audio.duration_s, silent)


def levelled_mono(audio: Audio, *, progress: Progress = no_progress) -> tuple[FloatArray, bool]:
    """Return what the spectra are of, shape ``(samples,)`` at :data:`RATE`, and whether it is silent.

    The mean over channels, scaled so that its loud parts have an RMS of 1; all zeros where it is silent.
    """
    mono = resampled_mono(audio, progress=progress)
    silent = _level(mono)
    return mono, silent


def log_mel_of(mono: FloatArray) -> FloatArray:
    """Return the `Spectra.log_mel` of a stretch of `levelled_mono`, shape ``(MEL_BANDS, frames)``.

    Frame ``t`` is centred on sample ``t * MEL_HOP``; what lies beyond the stretch counts as silence.
    """
    return _compressed(_mel_power(mono, no_progress))


def resampled_mono(audio: Audio, rate: int = RATE, *, progress: Progress = no_progress) -> FloatArray:
    """Return the mean over channels at another rate, without its DC, shape ``(samples,)``."""
    stream = soxr.ResampleStream(audio.sample_rate, rate, 1, dtype="float32", quality="MQ")
    mono = np.empty(-(-audio.length * rate // audio.sample_rate) + _SLACK, dtype=np.float32)
    done = filled = 0
    for block in read_blocks(audio, _READ_BLOCK):
        done += block.shape[1]
        mean = np.nan_to_num(block.mean(axis=0, dtype=np.float32), posinf=0.0, neginf=0.0)
        part = stream.resample_chunk(mean, last=done == audio.length)
        mono[filled : filled + part.size] = part
        filled += part.size
        progress(done / audio.length)
    mono = mono[:filled]
    if filled:
        mono -= mono.mean()
    return mono


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


def _level(mono: FloatArray) -> bool:
    """Scale, in place, so that the 90th percentile of the RMS over 46 ms is 1; return whether it is silent instead."""
    if max(mono.max(initial=0.0), -mono.min(initial=0.0)) < _SILENT_PEAK:
        mono[:] = 0.0
        return True
    whole = mono.size - mono.size % MEL_WINDOW
    blocks = mono[:whole].reshape(-1, MEL_WINDOW) if whole else mono[None, :]
    rms = np.sqrt(np.einsum("bs,bs->b", blocks, blocks) / blocks.shape[1])
    mono /= np.float32(max(float(np.quantile(rms, 0.9)), float(rms.max()) / 10.0))
    return False


def _spectra_of(mono: FloatArray, window: int, hop: int) -> Iterator[ComplexArray]:
    """Yield spectra ``(frames, bins)`` in blocks of frames; frame ``t`` is centred on sample ``t * hop``."""
    shape = np.hanning(window + 1)[:-1].astype(np.float32)
    shape *= 2.0 / shape.sum()
    for first in range(0, mono.size // hop + 1, _FRAMES_PER_BLOCK):
        count = min(_FRAMES_PER_BLOCK, mono.size // hop + 1 - first)
        start = first * hop - window // 2
        stop = start + (count - 1) * hop + window
        part = np.pad(mono[max(start, 0) : stop], (max(-start, 0), max(stop - mono.size, 0)))
        frames = np.lib.stride_tricks.sliding_window_view(part, window)[::hop]
        yield fft.rfft(frames * shape, axis=1, workers=1)


def _compressed(mel: FloatArray) -> FloatArray:
    log_mel = mel * np.float32(_COMPRESSION)
    log_mel += 1.0
    np.log10(log_mel, out=log_mel)
    return log_mel


def _mel_power(mono: FloatArray, progress: Progress) -> FloatArray:
    bank, frame = _mel_bank(), 0
    mel = np.empty((MEL_BANDS, mono.size // MEL_HOP + 1), dtype=np.float32)
    for block in _spectra_of(mono, MEL_WINDOW, MEL_HOP):
        power = np.square(block.real)
        power += np.square(block.imag)
        np.matmul(bank, power.T, out=mel[:, frame : frame + len(block)])
        frame += len(block)
        progress(frame / mel.shape[1])
    return mel


def _tonal_magnitude(mono: FloatArray, progress: Progress) -> FloatArray:
    frame = 0
    tonal = np.empty((int(TONAL_TOP_HZ * TONAL_WINDOW / RATE), mono.size // TONAL_HOP + 1), dtype=np.float32)
    for block in _spectra_of(mono, TONAL_WINDOW, TONAL_HOP):
        tonal[:, frame : frame + len(block)] = np.abs(block[:, : len(tonal)]).T
        frame += len(block)
        progress(frame / tonal.shape[1])
    return tonal


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
