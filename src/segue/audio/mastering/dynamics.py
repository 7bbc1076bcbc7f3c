"""Gentle multiband compression, in four Linkwitz-Riley bands."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, lfilter, sosfilt

from segue.audio.mastering.tone import BANDS_HZ
from segue.audio.signal import FloatArray

CROSSOVERS_HZ: Final = (120.0, 900.0, 5000.0)
_KNEE_DB: Final = 8.0
_MOST_DB: Final = 6.0
_RELEASE_S: Final = 0.12

_Sections = NDArray[np.float64]


def gain_reduction_db(power: FloatArray, frame_s: float, *, ratio: float) -> FloatArray:
    """Return by how much to turn each band down over time.

    Parameters
    ----------
    power
        Mean square of each of `BANDS_HZ` over time, shape ``(third octaves, frames)``.
    frame_s
        From one frame to the next.
    ratio
        Of compression above the threshold, which is the level that a band exceeds 40 % of the time that it sounds.

    Returns
    -------
    array
        0 to 6 dB, shape ``(4, frames)``: one row a band between `CROSSOVERS_HZ`.
    """
    edges = np.searchsorted(BANDS_HZ, CROSSOVERS_HZ)
    bands = np.stack([part.sum(axis=0) for part in np.split(power, edges)])
    level_db = 10 * np.log10(bands + 1e-12)
    reduction = np.zeros_like(level_db)
    for band, levels in enumerate(level_db):
        sounding = levels[levels > max(-90.0, levels.max() - 40)]
        if len(sounding):
            threshold = float(np.percentile(sounding, 60))
            reduction[band] = _curve_db(levels - threshold, ratio)
    held = maximum_filter1d(reduction, 3, axis=1)
    pole = np.exp(-frame_s / _RELEASE_S)
    settled, _ = lfilter([1 - pole], [1, -pole], held, axis=1, zi=held[:, :1] * pole)
    return np.asarray(np.minimum(np.maximum(settled, 0), _MOST_DB), dtype=np.float32)


def _curve_db(over_db: FloatArray, ratio: float) -> FloatArray:
    """Return the reduction at levels above the threshold, with a quadratic knee (Giannoulis, Massberg & Reiss 2012)."""
    knee = np.clip(over_db + _KNEE_DB / 2, 0, _KNEE_DB) ** 2 / (2 * _KNEE_DB)
    above = np.maximum(over_db - _KNEE_DB / 2, 0)
    return np.asarray((1 - 1 / ratio) * (knee + above), dtype=np.float32)


class Crossover:
    """Four bands by fourth-order Linkwitz-Riley filters whose sum is an all-pass: flat, only its phase turns.

    Keeps its state from block to block. Linkwitz 1976; the branches get each other's all-pass, as D'Appolito 1987.

    Parameters
    ----------
    channels
        Of the blocks.
    rate
        Hz; crossovers above 0.45 of it pass everything to the band below.
    """

    def __init__(self, channels: int, rate: int) -> None:
        low, middle, high = (min(hz, 0.45 * rate) for hz in CROSSOVERS_HZ)
        self._filters: dict[str, tuple[_Sections, _Sections]] = {}
        for name, sections in {
            "middle/low": _lowpass(middle, rate),
            "middle/high": _highpass(middle, rate),
            "low/all": _allpass(high, rate),
            "low/low": _lowpass(low, rate),
            "low/high": _highpass(low, rate),
            "high/all": _allpass(low, rate),
            "high/low": _lowpass(high, rate),
            "high/high": _highpass(high, rate),
        }.items():
            self._filters[name] = sections, np.zeros((len(sections), channels, 2))

    def split(self, block: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the bands of a block, lowest first, each of its shape."""
        lower = self._run("low/all", self._run("middle/low", block.astype(np.float64)))
        upper = self._run("high/all", self._run("middle/high", block.astype(np.float64)))
        return (
            self._run("low/low", lower).astype(np.float32),
            self._run("low/high", lower).astype(np.float32),
            self._run("high/low", upper).astype(np.float32),
            self._run("high/high", upper).astype(np.float32),
        )

    def _run(self, name: str, block: NDArray[np.float64]) -> NDArray[np.float64]:
        sections, state = self._filters[name]
        filtered, state = sosfilt(sections, block, axis=1, zi=state)
        self._filters[name] = sections, state
        return np.asarray(filtered)


def _lowpass(hz: float, rate: int) -> _Sections:
    return np.tile(butter(2, hz, "lowpass", fs=rate, output="sos"), (2, 1))


def _highpass(hz: float, rate: int) -> _Sections:
    return np.tile(butter(2, hz, "highpass", fs=rate, output="sos"), (2, 1))


def _allpass(hz: float, rate: int) -> _Sections:
    """Return the second-order all-pass that the sum of a Linkwitz-Riley pair is."""
    section = butter(2, hz, "lowpass", fs=rate, output="sos")
    poles = section[0, 3:]
    return np.concatenate([poles[::-1], poles])[None, :]
