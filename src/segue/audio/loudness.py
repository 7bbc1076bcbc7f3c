"""Loudness, loudness range and true peak, block by block in bounded memory.

After ITU-R BS.1770-5 (K-weighting, gating, true peak), EBU R 128 and EBU Tech 3342 (loudness range). The K-weighting
filters are the standard's analogue prototypes (as recovered by De Man, "Evaluation of implementations of the EBU R128
loudness measurement", AES 2018) brought to any sample rate by the bilinear transform.
"""

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from segue.audio.analysis import Loudness
from segue.audio.reading import read_blocks
from segue.audio.recursion import RecursiveFilter
from segue.audio.signal import Audio, FloatArray, Progress, no_progress

_OFFSET_LU: Final = -0.691
_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0
_RANGE_GATE_LU: Final = -20.0
_RANGE_PERCENTILES: Final = (10.0, 95.0)
_STEP_HZ: Final = 10  # energies are kept per 100 ms: a fourth of a gating block
_MOMENTARY_STEPS: Final = 4
_SHORT_TERM_STEPS: Final = 30
_BLOCK_SAMPLES: Final = 1 << 16
_TAPS: Final = 24  # per phase: flat to 0.43 of the sample rate
_ROW: Final = 32
_STRETCH: Final = 8 * _ROW
_HIGH_PASS_Q: Final = 0.5003270373238773


class LoudnessMeter:
    """Measures a stream of blocks.

    Parameters
    ----------
    sample_rate
        Hz.
    channels
        How many. Each has the weight 1, as left, right and centre have in the standard.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._sample_rate = sample_rate
        self._weighting = RecursiveFilter(k_weighting(sample_rate), channels)
        self._energies: list[float] = []
        self._partial = 0.0
        self._seen = 0
        self._true_peak = TruePeakMeter(sample_rate, channels)

    def add(self, block: FloatArray) -> None:
        """Take the next samples, ``(channels, n)``, any n; what is not finite counts as silence."""
        for start in range(0, block.shape[1], _BLOCK_SAMPLES):
            part = np.nan_to_num(block[:, start : start + _BLOCK_SAMPLES], posinf=0.0, neginf=0.0)
            self._true_peak.add(part)
            self._add_energy(part)

    def _add_energy(self, part: FloatArray) -> None:
        weighted = self._weighting.filter(part)
        power = np.einsum("cn,cn->n", weighted, weighted).astype(np.float64)
        last = (self._seen + power.size) * _STEP_HZ // self._sample_rate
        ends = -(-np.arange(len(self._energies) + 1, last + 1) * self._sample_rate // _STEP_HZ) - self._seen
        sums = np.add.reduceat(np.append(power, 0.0), np.concatenate(([0], ends)))
        sums[0] += self._partial
        self._energies.extend((sums[:-1] * _STEP_HZ / self._sample_rate).tolist())
        self._partial = float(sums[-1])
        self._seen += power.size

    def momentary_lufs(self) -> NDArray[np.float64]:
        """Return the loudness of every 400 ms, each 100 ms after the one before."""
        return _lufs(self._means(_MOMENTARY_STEPS))

    def short_term_lufs(self) -> NDArray[np.float64]:
        """Return the loudness of every 3 s, each 100 ms after the one before."""
        return _lufs(self._means(_SHORT_TERM_STEPS))

    def integrated_lufs(self) -> float:
        """Return the gated loudness of all so far; of less than 400 ms, their plain loudness; -inf for silence."""
        means = self._means(_MOMENTARY_STEPS)
        if means.size == 0:
            total = sum(self._energies) * self._sample_rate / _STEP_HZ + self._partial
            return float(_lufs(np.array([total / max(1, self._seen)]))[0])
        return float(_lufs(np.array([_gated(means, _RELATIVE_GATE_LU).mean()]))[0]) if _audible(means) else -math.inf

    def range_lu(self) -> float:
        """Return the loudness range; 0 for less than 3 s or for silence."""
        means = self._means(_SHORT_TERM_STEPS)
        if not _audible(means):
            return 0.0
        low, high = np.percentile(_lufs(_gated(means, _RANGE_GATE_LU)), _RANGE_PERCENTILES)
        return float(high - low)

    def true_peak_dbtp(self) -> float:
        """Return the true peak of all so far; -inf for silence."""
        peak = self._true_peak.peak()
        return 20 * math.log10(peak) if peak > 0 else -math.inf

    def result(self) -> Loudness:
        """Return everything."""
        return Loudness(self.integrated_lufs(), self.range_lu(), self.true_peak_dbtp())

    def _means(self, steps: int) -> NDArray[np.float64]:
        if len(self._energies) < steps:
            return np.zeros(0)
        sums = np.cumsum(np.concatenate(([0.0], self._energies)))
        means: NDArray[np.float64] = np.maximum(sums[steps:] - sums[:-steps], 0.0) / steps
        return means


class TruePeakMeter:
    """Finds the highest level between the samples by oversampling (BS.1770-5, Annex 2).

    Four times below 88.2 kHz, twice below 176.4 kHz; from there on the samples themselves.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._matrix = _interpolation_matrix(4 if sample_rate < 88_200 else 2 if sample_rate < 176_400 else 1)
        self._tail: FloatArray = np.zeros((channels, _TAPS - 1), np.float32)
        self._peak = 0.0

    def add(self, block: FloatArray) -> None:
        """Take the next samples, ``(channels, n)``."""
        self._peak = max(self._peak, _highest(block))
        if self._matrix is None:
            return
        joined = np.concatenate((self._tail, block), axis=1)
        # What lies between the last samples is told by those to come: the end of a block is not silence.
        ready = max(0, joined.shape[1] - (_TAPS - 1)) // _STRETCH * _STRETCH
        if ready:
            self._peak = self._highest_between(joined[:, : ready + _TAPS - 1])
        self._tail = joined[:, ready:].copy()

    def peak(self) -> float:
        """Return the peak so far, full scale = 1.0; what follows is taken for silence."""
        return self._highest_between(np.pad(self._tail, ((0, 0), (0, _TAPS - 1))))

    def _highest_between(self, samples: FloatArray) -> float:
        """Return the highest level between samples, or the peak so far where that is higher.

        Only those stretches are computed that could reach beyond it: no point exceeds the largest sample around it
        times the sum of the magnitudes of the taps.
        """
        if self._matrix is None:
            return self._peak
        gain = float(np.abs(self._matrix).sum(axis=0).max())
        highest = self._peak
        for channel in samples:
            stretches = -(-(channel.size - _TAPS + 1) // _STRETCH)
            padded = np.zeros((stretches + 1) * _STRETCH, np.float32)
            padded[: channel.size] = channel
            crests = np.abs(padded).reshape(-1, _STRETCH).max(axis=1)
            near = np.flatnonzero(np.maximum(crests[:-1], crests[1:]) * gain > highest)
            rows = sliding_window_view(padded, _ROW + _TAPS - 1)[: stretches * _STRETCH : _ROW]
            chosen = rows.reshape(stretches, -1, rows.shape[1])[near]
            highest = max(highest, _highest(chosen @ self._matrix))
        return highest


def measure_loudness(audio: Audio, progress: Progress = no_progress) -> Loudness:
    """Measure a whole `Audio`, in blocks."""
    meter = LoudnessMeter(audio.sample_rate, audio.channels)
    done = 0
    for block in read_blocks(audio, _BLOCK_SAMPLES):
        meter.add(block)
        done += block.shape[1]
        progress(done / audio.length)
    return meter.result()


@lru_cache(maxsize=16)
def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """Return the two second-order sections of the K-weighting, ``(2, 6)``: head shelf, then high-pass.

    The bilinear transform bends the shelf near half the sample rate: a tone at 1 kHz measures within 0.006 LU of the
    standard from 44.1 kHz up, 0.03 LU low at 22.05 kHz, 0.2 LU low at 8 kHz.
    """
    shelf_k, shelf_q = math.tan(math.pi * 1681.974450955533 / sample_rate), 0.7071752369554196
    gain = 10 ** (3.999843853973347 / 20)
    band = gain**0.4996667741545416
    squared = shelf_k * shelf_k
    a0 = 1 + shelf_k / shelf_q + squared
    shelf = [
        (gain + band * shelf_k / shelf_q + squared) / a0,
        2 * (squared - gain) / a0,
        (gain - band * shelf_k / shelf_q + squared) / a0,
        1.0,
        2 * (squared - 1) / a0,
        (1 - shelf_k / shelf_q + squared) / a0,
    ]
    pass_k, a0 = _high_pass_terms(sample_rate)
    # The standard's numerator at 48 kHz is 1, -2, 1: a trifle more than unity gain, which every rate must share.
    gain = _high_pass_terms(48_000)[1] / a0
    squared = pass_k * pass_k
    high_pass = [gain, -2 * gain, gain, 1.0, 2 * (squared - 1) / a0, (a0 - 2 * pass_k / _HIGH_PASS_Q) / a0]
    return np.array([shelf, high_pass])


def _high_pass_terms(sample_rate: int) -> tuple[float, float]:
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    return k, 1 + k / _HIGH_PASS_Q + k * k


@lru_cache(maxsize=4)
def _interpolation_matrix(factor: int) -> FloatArray | None:
    """Return the points between the samples as a product with rows of samples, or None where there are none.

    A Kaiser-windowed sinc, cut at half the sample rate: it leaves the samples themselves as they are, so they are not
    computed. Each row of ``_ROW + _TAPS - 1`` samples gives ``_ROW * (factor - 1)`` points: many small inner products
    become one matrix product, which costs a fraction.
    """
    if factor == 1:
        return None
    matrix = np.zeros((_ROW + _TAPS - 1, _ROW, factor - 1))
    offsets = np.arange(_TAPS) - _TAPS / 2 + 1
    for phase in range(1, factor):
        distances = offsets - phase / factor
        window = np.i0(7.0 * np.sqrt(np.maximum(0.0, 1 - (2 * distances / _TAPS) ** 2)))
        taps = np.sinc(distances) * window
        for position in range(_ROW):
            matrix[position : position + _TAPS, position, phase - 1] = taps / taps.sum()
    return matrix.reshape(_ROW + _TAPS - 1, -1).astype(np.float32)


def _highest(samples: FloatArray) -> float:
    return max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))


def _lufs(means: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        loudness: NDArray[np.float64] = _OFFSET_LU + 10 * np.log10(means)
    return loudness


def _audible(means: NDArray[np.float64]) -> bool:
    return bool((_lufs(means) > _ABSOLUTE_GATE_LUFS).any())


def _gated(means: NDArray[np.float64], relative_lu: float) -> NDArray[np.float64]:
    """Return what is over -70 LUFS and over the mean of that and `relative_lu`."""
    audible = means[_lufs(means) > _ABSOLUTE_GATE_LUFS]
    gated: NDArray[np.float64] = audible[audible > audible.mean() * 10 ** (relative_lu / 10)]
    return gated
