"""A look-ahead true-peak limiter whose gain is decided on hops, and the gain before it that meets a loudness."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.ndimage import convolve1d, maximum_filter1d

from segue.audio.mastering.levels import gated_loudness
from segue.audio.signal import FloatArray

_LOOK_AHEAD_S: Final = 0.004
#: Slow releases first: they leave the waves whole. Faster ones follow where the loudness asks for it.
_RELEASES_DB_PER_S: Final = (60.0, 200.0, 800.0)
#: The most gain beyond what an unlimited sound would need: more only raises the noise.
_MOST_EXTRA_DB: Final = 24.0


@dataclass(frozen=True, slots=True)
class Limiting:
    """What the limiter does.

    Attributes
    ----------
    drive_db
        Gain before it.
    reduction_db
        How far it turns down at the middle of each hop, 0 or more.
    loudness_lufs
        Of the result, as estimated on hops.
    """

    drive_db: float
    reduction_db: FloatArray = field(repr=False)
    loudness_lufs: float

    def gains(self, start: int, length: int, hop: int) -> FloatArray:
        """Return the gain of each sample from `start` on: drive and reduction together."""
        centres = (np.arange(len(self.reduction_db)) + 0.5) * hop
        reduction = np.interp(np.arange(start, start + length), centres, self.reduction_db)
        return np.asarray(10 ** ((self.drive_db - reduction) / 20), dtype=np.float32)


def reduction_db(peaks: FloatArray, *, drive_db: float, ceiling: float, hop_s: float, release: float) -> FloatArray:
    """Return the reduction of each hop that keeps every peak below a ceiling.

    Parameters
    ----------
    peaks
        True peak of each hop.
    drive_db
        Gain before the limiter.
    ceiling
        Linear.
    hop_s
        Length of a hop.
    release
        dB per second, at which the reduction falls back.

    Returns
    -------
    array
        dB. Each peak's own need is held over the look-ahead on both sides, released evenly, and then smoothed over
        no more than what was held: the smoothing never falls short of the need.
    """
    need = np.maximum(0, 20 * np.log10(np.maximum(peaks, 1e-9) / ceiling) + drive_db)
    reach = max(1, round(_LOOK_AHEAD_S / hop_s))
    held = maximum_filter1d(need.astype(np.float64), 2 * reach + 3)
    falling = release * hop_s * np.arange(len(held))
    released = np.maximum.accumulate(held + falling) - falling
    kernel = np.hanning(2 * reach + 3)[1:-1]
    return np.asarray(convolve1d(released, kernel / kernel.sum(), mode="nearest"), dtype=np.float32)


def limit_to_loudness(
    peaks: FloatArray, energy: FloatArray, *, target_lufs: float, ceiling_dbtp: float, hop: int, rate: int
) -> Limiting:
    """Find the drive with which the limited sound has a loudness.

    Parameters
    ----------
    peaks, energy
        True peak and K-weighted energy of each hop.
    target_lufs, ceiling_dbtp
        What to reach, and not to exceed.
    hop, rate
        Samples in a hop, Hz.

    Returns
    -------
    Limiting
        With the slowest release that reaches the target, or the loudest possible where none does.
    """
    best: Limiting | None = None
    for release in _RELEASES_DB_PER_S:
        found = _bisect(peaks, energy, target_lufs, ceiling_dbtp, (hop, rate, release))
        if best is None or found.loudness_lufs > best.loudness_lufs + 0.05:
            best = found
        if abs(found.loudness_lufs - target_lufs) < 0.05:
            return found
    assert best is not None  # noqa: S101 - there are releases
    return best


def _bisect(
    peaks: FloatArray, energy: FloatArray, target_lufs: float, ceiling_dbtp: float, grid: tuple[int, int, float]
) -> Limiting:
    hop, rate, release = grid

    def limited(drive_db: float) -> Limiting:
        ceiling = 10 ** (ceiling_dbtp / 20)
        reduction = reduction_db(peaks, drive_db=drive_db, ceiling=ceiling, hop_s=hop / rate, release=release)
        gain = np.asarray(10 ** ((drive_db - reduction) / 10), dtype=np.float32)
        return Limiting(drive_db, reduction, gated_loudness(energy * gain, hop / rate, rate))

    unlimited = gated_loudness(energy, hop / rate, rate)
    low = target_lufs - unlimited
    found = limited(low)
    step, high = 1.0, low
    while found.loudness_lufs < target_lufs - 0.02 and high - low < _MOST_EXTRA_DB:
        high, step = high + step, step * 1.6
        found = limited(high)
    for _ in range(12):
        if abs(found.loudness_lufs - target_lufs) < 0.01 or high == low:
            break
        middle = (low + high) / 2
        found = limited(middle)
        low, high = (middle, high) if found.loudness_lufs < target_lufs else (low, middle)
    return found
