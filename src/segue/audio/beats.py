"""When the beats fall: a path through the onsets that keeps the tempo, straight where the song itself is straight."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from segue.audio.onsets import LATENCY_S, Onsets
from segue.audio.periodicity import Tempogram
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS

_TIGHTNESS, _TIGHT = 500.0, 4000.0
_NARROWEST, _WIDEST = 0.75, 1.35
_DRIFT = 0.08
_DRIFT_COST = 400.0
_REGISTER_WEIGHTS = (0.6, 0.5, 0.2)
_RIGID, _STEADY = 0.9, 0.8
_STRAIGHT, _NEAR_BEATS = 0.9, 0.07
_GRID_REACH, _GRID_STEPS = 0.006, 301
_PULL_FRAMES = 4
_LAST_S, _STRUCK = 0.05, 1.0
_SMOOTHING_BEATS = 9

Times = NDArray[np.float64]


def track_beats(onsets: Onsets, tempogram: Tempogram, bpm: float, *, start_s: float, end_s: float) -> Times:
    """Find the beats of a song whose tempo is known.

    Dynamic programming over onset strength (Ellis 2007), with the tempo allowed to drift from window to window,
    evaluated in blocks as long as the shortest beat, since nothing in a block depends on the rest of it. Where one
    rigid grid gathers almost as much strength, or the path only changes from a grid to its off-beats and back, the song
    was played to a click: then the grid is the answer, and does not jitter with the frames. A song that is nearly as
    steady is tracked anew, at a higher price of leaving the tempo, lest the path slip to loud or swung off-beats.
    Otherwise the path is smoothed over nine beats.

    Parameters
    ----------
    onsets, tempogram
        Of the same song.
    bpm
        Its tempo, above 0.
    start_s, end_s
        Where it sounds: beats outside are not told.

    Returns
    -------
    times
        In seconds, ascending, accurate to about 10 ms where onsets are sharp.
    """
    strength = _beat_strength(onsets)
    periods = _local_periods(tempogram, bpm, strength.size)
    frames = _best_path(strength, periods, _TIGHTNESS)
    if frames.size < 3:
        return np.empty(0)
    reached = maximum_filter1d(strength, 3)
    grid, gathered = _best_grid(reached, 60.0 / bpm * MEL_FPS)
    if _STEADY <= gathered / float(reached[frames].mean()) < _RIGID:
        frames = _best_path(strength, periods, _TIGHT)
    if gathered >= _RIGID * float(reached[frames].mean()) or _changes_sides(frames, grid):
        times = _straightened(strength, grid)
    else:
        times = _smoothed(frames + _peak_offsets(strength, frames))
    beats = _fill(times / MEL_FPS + LATENCY_S, start_s, end_s)
    fading = beats.size > 0 and beats[-1] > end_s - _LAST_S
    if fading and reached[min(round(beats[-1] * MEL_FPS), reached.size - 1)] < _STRUCK:
        return beats[:-1]
    return beats


def _beat_strength(onsets: Onsets) -> FloatArray:
    """Weigh the registers: kick and snare mark the beat, hi-hats its divisions."""
    weighted = onsets.strength + np.asarray(_REGISTER_WEIGHTS, dtype=np.float32) @ onsets.registers
    smooth = gaussian_filter1d(np.minimum(weighted, 8.0), 1.0)
    return np.asarray(smooth / (smooth.std() + 1e-6), dtype=np.float32)


def _local_periods(tempogram: Tempogram, bpm: float, frames: int) -> Times:
    """Return the beat period in frames at every frame: a smooth path through the windows, within 8 % of the tempo."""
    ratios = np.linspace(1.0 - _DRIFT, 1.0 + _DRIFT, 65)
    period = 60.0 / bpm * MEL_FPS
    lags = np.arange(tempogram.autocorrelation.shape[1])
    evidence = np.zeros((tempogram.autocorrelation.shape[0], ratios.size))
    for multiple in (1, 2, 4):
        wanted = np.minimum(period * ratios * multiple, lags[-1])
        evidence += [np.interp(wanted, lags, row) for row in tempogram.autocorrelation]
    cost = _DRIFT_COST * np.subtract.outer(ratios, ratios) ** 2
    score, choices = evidence[0] - 2.0 * np.abs(ratios - 1.0), []
    for row in evidence[1:]:
        total = score[:, None] - cost
        choices.append(total.argmax(axis=0))
        score = total.max(axis=0) + row
    path = [int(score.argmax())]
    for back in reversed(choices):
        path.append(int(back[path[-1]]))
    chosen = period * ratios[path[::-1]]
    width = 2.0 * frames / (len(chosen) + 1) if len(chosen) > 1 else frames
    centres = (np.arange(len(chosen)) + 1) * width / 2.0
    return np.interp(np.arange(frames), centres, chosen)


def _best_path(strength: FloatArray, periods: Times, tightness: float) -> NDArray[np.int64]:
    """Return the frames of the beats that gather most strength for the least change of tempo."""
    shortest = max(int(periods.min() * _NARROWEST), 1)
    longest = int(periods.max() * _WIDEST) + 1
    steps = np.arange(shortest, longest + 1)
    gathered = np.concatenate([np.zeros(longest), np.zeros(strength.size)])
    previous = np.full(strength.size, -1, dtype=np.int64)
    for start in range(0, strength.size, shortest):
        now = np.arange(start, min(start + shortest, strength.size))
        change = np.log(steps[None, :] / periods[now, None])
        totals = gathered[now[:, None] - steps[None, :] + longest] - tightness * change**2
        best = totals.argmax(axis=1)
        previous[now] = now - steps[best]
        gathered[now + longest] = strength[now] + totals[np.arange(now.size), best]
    tail = gathered[longest:][-longest:]
    beats = [strength.size - tail.size + int(tail.argmax())]
    while previous[beats[-1]] >= 0:
        beats.append(int(previous[beats[-1]]))
    return np.array(beats[::-1])


def _peak_offsets(strength: FloatArray, frames: NDArray[np.int64]) -> Times:
    """Return how far from its frame each beat's onset has its top, within half a frame."""
    padded = np.pad(strength, 1, mode="edge").astype(np.float64)
    left, middle, right = (padded[frames + shift] for shift in (0, 1, 2))
    bend = left - 2.0 * middle + right
    return np.where(bend < 0.0, np.clip(0.5 * (left - right) / np.minimum(bend, -1e-9), -0.5, 0.5), 0.0)


def _best_grid(reached: FloatArray, period: float) -> tuple[Times, float]:
    """Return the evenly spaced beats, in frames, that gather most strength on average, and how much that is."""
    best, most = np.empty(0), -1.0
    for spacing in period * np.linspace(1.0 - _GRID_REACH, 1.0 + _GRID_REACH, _GRID_STEPS):
        grid = np.arange(0.0, max(reached.size - spacing - 1.0, 1.0), spacing)
        phases = np.arange(int(spacing) + 1)
        totals = reached[np.minimum(np.rint(grid).astype(np.int64) + phases[:, None], reached.size - 1)].mean(axis=1)
        if totals.max() > most:
            best, most = grid + int(totals.argmax()), float(totals.max())
    return best, most


def _changes_sides(frames: NDArray[np.int64], grid: Times) -> bool:
    """Tell whether a path keeps to a grid, but now on its beats and now between them."""
    if grid.size < 2:
        return False
    places = (frames - grid[0]) / (grid[1] - grid[0])
    on_it = np.abs(places - np.rint(places)) < _NEAR_BEATS
    between = np.abs(places - np.floor(places) - 0.5) < _NEAR_BEATS
    return bool(on_it.mean() < _STRAIGHT <= (on_it | between).mean())


def _straightened(strength: FloatArray, grid: Times) -> Times:
    """Fit a line through the onsets nearest to a grid, thrice, each time without those that lie far off it."""
    reach = np.arange(-_PULL_FRAMES, _PULL_FRAMES + 1)
    around = np.clip(np.rint(grid).astype(np.int64)[:, None] + reach, 0, strength.size - 1)
    frames = around[np.arange(grid.size), strength[around].argmax(axis=1)]
    weights = strength[frames].astype(np.float64) + 1e-3
    positions, counts = frames + _peak_offsets(strength, frames), np.arange(grid.size)
    for limit in (_PULL_FRAMES, 3.0, 2.0):
        near = np.abs(positions - grid) <= limit
        if near.sum() < 3:
            break
        slope, start = np.polyfit(counts[near], positions[near], 1, w=weights[near])
        grid = start + slope * counts
    return grid


def _smoothed(positions: Times) -> Times:
    """Replace each beat by what a line through its nine neighbours says, after the worst slips are gone."""
    if positions.size < _SMOOTHING_BEATS:
        return positions
    reach = _SMOOTHING_BEATS // 2
    intervals = median_filter(np.diff(positions), _SMOOTHING_BEATS, mode="nearest")
    trend = np.concatenate([[0.0], np.cumsum(intervals)])
    residual = np.pad(median_filter(positions - trend, 3, mode="nearest"), reach, mode="edge")
    return trend + np.convolve(residual, np.full(_SMOOTHING_BEATS, 1.0 / _SMOOTHING_BEATS), mode="valid")


def _fill(times: Times, start_s: float, end_s: float) -> Times:
    """Carry the beat on at both ends for as long as the song sounds, and drop what lies outside."""
    first, last = times[min(4, times.size - 1)], times[-min(5, times.size)]
    steps = min(4, times.size - 1)
    before, after = (first - times[0]) / steps, (times[-1] - last) / steps
    lead = np.arange(times[0] - before, start_s - 0.03, -before)[::-1]
    tail = np.arange(times[-1] + after, end_s, after)
    whole = np.concatenate([lead, times, tail])
    return whole[(whole >= max(start_s - 0.03, 0.0)) & (whole <= end_s)]
