"""Levels on a fine grid of hops: K-weighted power and true peaks, from which limiting is decided."""

from typing import Final

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal import sosfilt

from segue.audio.loudness import k_weighting
from segue.audio.signal import FloatArray

_OVERSAMPLING: Final = 4
_FFT: Final = 8192
_MARGIN: Final = 512


class WeightedPower:
    """K-weighted energy of hops, from block to block.

    Parameters
    ----------
    channels, rate
        Of the blocks.
    hop
        Samples whose energy is summed.
    """

    def __init__(self, channels: int, rate: int, hop: int) -> None:
        self._sections = k_weighting(rate)
        self._state = np.zeros((len(self._sections), channels, 2))
        self._hop = hop

    def push(self, block: FloatArray) -> FloatArray:
        """Return the energy of each hop of a block, summed over channels; its last hop may be short."""
        weighted, self._state = sosfilt(self._sections, block.astype(np.float64), axis=1, zi=self._state)
        weighted *= weighted
        starts = np.arange(0, block.shape[1], self._hop)
        return np.add.reduceat(weighted.sum(axis=0), starts).astype(np.float32)


def gated_loudness(energy: FloatArray, hop_s: float, rate: int) -> float:
    """Return the integrated loudness in LUFS (ITU-R BS.1770-5) of hops' K-weighted energies; ``-inf`` for silence."""
    total = np.concatenate([[0.0], np.cumsum(energy, dtype=np.float64)])
    step = 0.1 / hop_s
    starts = np.arange(0, len(energy) - 4 * step + 0.5, step)  # rounded, none ends past the last hop
    if not len(starts):
        return float("-inf")
    first, last = np.round(starts).astype(int), np.round(starts + 4 * step).astype(int)
    blocks = (total[last] - total[first]) / ((last - first) * hop_s * rate)
    absolute = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not len(absolute):
        return float("-inf")
    relative = absolute[absolute > absolute.mean() * 0.1]
    return float(-0.691 + 10 * np.log10(relative.mean()))


def hop_peaks(samples: FloatArray, hop: int, *, floor: float) -> FloatArray:
    """Return each hop's true peak over all channels, by fourfold oversampling.

    Parameters
    ----------
    samples
        ``(channels, samples)``; read in blocks.
    hop
        Samples in a hop.
    floor
        Where samples stay below this level, only samples are looked at: it costs a third.

    Returns
    -------
    array
        Linear, one for each hop; the last hop may be short.
    """
    length = samples.shape[1]
    step = peak_stretch(hop)
    peaks = np.empty(-(-length // hop), dtype=np.float32)
    for start in range(0, length, step):
        stop = min(length, start + step)
        level = np.abs(samples[:, start:stop]).max(axis=0)
        per_hop = np.maximum.reduceat(level, np.arange(0, stop - start, hop))
        if per_hop.max() >= floor:
            between = _oversampled(samples, start, stop - start)
            per_hop = np.maximum(per_hop, np.maximum.reduceat(between, np.arange(0, len(between), hop * _OVERSAMPLING)))
        peaks[start // hop : start // hop + len(per_hop)] = per_hop
    return peaks


def peak_stretch(hop: int) -> int:
    """Return how many samples `hop_peaks` looks at together: cut at multiples of it, parts have the whole's peaks."""
    return (_FFT - 2 * _MARGIN) // hop * hop


def _oversampled(samples: FloatArray, start: int, length: int) -> FloatArray:
    """Return ``|samples|`` from `start`, the highest channel, at four times the rate (band-limited, by FFT)."""
    low, high = max(0, start - _MARGIN), min(samples.shape[1], start + length + _MARGIN)
    window = samples[:, low:high]
    before, after = _MARGIN - (start - low), start + length + _MARGIN - high
    window = np.pad(window, ((0, 0), (before, after)))
    size = window.shape[1]
    size += -size % 16
    spectrum = rfft(window, n=size, axis=1)
    spectrum[:, -1] *= 0.5
    fine = irfft(spectrum, n=size * _OVERSAMPLING, axis=1) * _OVERSAMPLING
    cut = fine[:, _MARGIN * _OVERSAMPLING : (_MARGIN + length) * _OVERSAMPLING]
    return np.asarray(np.abs(cut).max(axis=0), dtype=np.float32)
