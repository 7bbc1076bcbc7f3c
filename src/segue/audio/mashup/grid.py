"""A song's beats as an even count: what was missed filled in, what jittered smoothed, bars of one length."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.signal import savgol_filter

from segue.audio.analysis import Rhythm

_FEWEST_BEATS: Final = 8
_FALLBACK_BPM: Final = 120.0
#: Beats that stay so close to an even pulse are taken to be even: trackers jitter by as much.
_EVEN_WITHIN_S: Final = 0.025
_SMOOTHING_BEATS: Final = 17

_Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BeatGrid:
    """Beats counted from the first downbeat, which is beat 0; they go on evenly beyond both ends.

    Attributes
    ----------
    first
        Number of the first known beat, 0 or less.
    times_s
        Of the known beats, rising.
    beats_per_bar
        How many.
    even
        Whether one tempo holds throughout.
    """

    first: int
    times_s: _Times = field(repr=False)
    beats_per_bar: int
    even: bool

    @property
    def period_s(self) -> float:
        """Mean length of a beat."""
        return float((self.times_s[-1] - self.times_s[0]) / (len(self.times_s) - 1))

    @property
    def tempo_bpm(self) -> float:
        """Mean tempo."""
        return 60.0 / self.period_s

    @property
    def last(self) -> int:
        """Number of the last known beat."""
        return self.first + len(self.times_s) - 1

    def time_of(self, beats: float | _Times) -> _Times:
        """Return when beats sound; parts of beats, and beats beyond the ends, too."""
        number = np.asarray(beats, dtype=np.float64) - self.first
        inside = np.interp(number, np.arange(len(self.times_s)), self.times_s)
        before = np.minimum(number, 0) * self.period_s
        after = np.maximum(number - (len(self.times_s) - 1), 0) * self.period_s
        return np.asarray(inside + before + after)

    def beat_at(self, times_s: float | _Times) -> _Times:
        """Return which beat, in parts of beats, it is at times: the inverse of `time_of`."""
        times = np.asarray(times_s, dtype=np.float64)
        inside = np.interp(times, self.times_s, np.arange(len(self.times_s)))
        before = np.minimum(times - self.times_s[0], 0) / self.period_s
        after = np.maximum(times - self.times_s[-1], 0) / self.period_s
        return np.asarray(inside + before + after + self.first)


def build_grid(rhythm: Rhythm, duration_s: float) -> BeatGrid:
    """Make an even count of what a beat tracker heard.

    Parameters
    ----------
    rhythm
        Tempo, beats, downbeats, metre. With fewer than eight beats, a pulse at its tempo (or 120) from the first beat.
    duration_s
        Of the song.

    Returns
    -------
    BeatGrid
        Its bars keep the phase that most downbeats have.
    """
    beats = np.unique(np.asarray(rhythm.beats_s, dtype=np.float64))
    if len(beats) < _FEWEST_BEATS:
        period = 60.0 / (rhythm.tempo_bpm if rhythm.tempo_bpm > 20 else _FALLBACK_BPM)
        start = float(beats[0]) if len(beats) else 0.0
        count = max(_FEWEST_BEATS, int((duration_s - start) / period))
        return BeatGrid(0, start + period * np.arange(count, dtype=np.float64), rhythm.time_signature, even=True)
    numbers, kept = _number(beats)
    times, even = _smooth(numbers, kept)
    phase = _downbeat_phase(times, rhythm)
    return BeatGrid(-phase, np.asarray(times, dtype=np.float64), rhythm.time_signature, even)


def _number(beats: _Times) -> tuple[NDArray[np.int64], _Times]:
    """Count the beats, leaving numbers out where the tracker missed some, and beats where it heard too many."""
    intervals = np.diff(beats)
    period = median_filter(intervals, size=min(17, len(intervals)), mode="nearest")
    numbers, kept = [0], [float(beats[0])]
    for beat, usual in zip(beats[1:], period, strict=True):
        steps = round((beat - kept[-1]) / usual)
        if steps >= 1:
            numbers.append(numbers[-1] + steps)
            kept.append(float(beat))
    return np.asarray(numbers), np.asarray(kept)


def _smooth(numbers: NDArray[np.int64], beats: _Times) -> tuple[_Times, bool]:
    """Return the time of every number, and whether they lie on one line."""
    every = np.arange(numbers[-1] + 1)
    slope, start = np.polyfit(numbers, beats, 1)
    off = beats - (start + slope * numbers)
    for _ in range(3):
        close = np.abs(off) <= max(_EVEN_WITHIN_S, 2 * float(np.median(np.abs(off))))
        slope, start = np.polyfit(numbers[close], beats[close], 1)
        off = beats - (start + slope * numbers)
    if np.percentile(np.abs(off), 90) <= _EVEN_WITHIN_S:
        return np.asarray(start + slope * every, dtype=np.float64), True
    filled = np.interp(every, numbers, off)
    filled = median_filter(filled, size=5, mode="nearest")
    window = min(_SMOOTHING_BEATS, len(filled) - 1 + len(filled) % 2)
    smooth = savgol_filter(filled, window, 2, mode="interp")
    times = start + slope * every + smooth
    return np.asarray(np.maximum.accumulate(times + every * 1e-9), dtype=np.float64), False


def _downbeat_phase(times: _Times, rhythm: Rhythm) -> int:
    """Return the number, from the first beat, of the first one in the phase that most downbeats share."""
    if not rhythm.downbeats_s:
        return 0
    nearest = np.abs(times[None, :] - np.asarray(rhythm.downbeats_s)[:, None]).argmin(axis=1)
    return int(np.bincount(nearest % rhythm.time_signature, minlength=rhythm.time_signature).argmax())
