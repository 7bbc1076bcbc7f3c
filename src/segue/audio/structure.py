"""The form of a song: where its parts begin, which of them are the same, and what each is likely to be called."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.ndimage import gaussian_filter

from segue.audio.analysis import Rhythm, Section, SectionLabel
from segue.audio.beatwise import average_between, standardized, unit_columns
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS, TONAL_FPS, Spectra, level_db, sounding_span
from segue.audio.tonality import Chroma

_UNIT_S = 2.0
_SHORTEST_S = 7.0
_KERNEL_S = 14.0
_CEPSTRA = 13
_CHROMA_WEIGHT = 1.6
_LEVEL_WEIGHT = 1.5
_LONGEST_UNITS = 48
#: A boundary is worth its standardized novelty and this much; what a section of so many bars costs is taken off.
_BOUNDARY = 0.5
_ODD, _EVEN, _FOURS = 1.5, 0.9, 0.3
_LAG_SHARE = 0.4
_NEAREST = 0.12
_SAME_DISTANCE = 0.55
_SILENCE_S = 1.5


def find_sections(spectra: Spectra, chroma: Chroma, rhythm: Rhythm) -> tuple[Section, ...]:
    """Part a song into sections that cover it from 0 to its end without gaps.

    Timbre, harmony and level are averaged over bars (over two seconds where there are none) and compared with each
    other. A boundary is where the sound turns into another one (novelty along the diagonal of the self-similarity:
    Foote 2000) or begins to repeat another stretch of the song (change of the time-lag matrix: Serra et al. 2012);
    of all ways to part the song, the best one is taken, in which sections rather last four, eight or sixteen bars.
    Boundaries fall on downbeats. Sections that sound alike form a group. Names are guesses from level and repetition:
    the loudest group that comes back is the chorus, others that do are verses; what comes once is a break if quiet, a
    bridge if late, else just a section.
    """
    duration = spectra.duration_s
    start, end = sounding_span(spectra)
    if spectra.silent or end <= start:
        return (Section(0.0, duration, "silence"),)
    edges, are_bars = _units(rhythm, start, end)
    features = _features(spectra, chroma, edges)
    bounds = _boundaries(features, edges, are_bars)
    levels = np.array([features[-1, a:b].mean() for a, b in pairwise(bounds)])
    labels = _labels(levels, _groups(features, bounds), np.diff(edges[bounds]))
    sections = [
        Section(float(edges[a]), float(edges[b]), label) for (a, b), label in zip(pairwise(bounds), labels, strict=True)
    ]
    return _cover(sections, duration)


def _units(rhythm: Rhythm, start: float, end: float) -> tuple[NDArray[np.float64], bool]:
    """Return the edges of the units that are compared, from the first sound to the last, and whether they are bars."""
    inner = np.array([time for time in rhythm.downbeats_s if start + 0.5 < time < end - 0.5])
    are_bars = inner.size >= 8
    if not are_bars:
        inner = np.arange(start + _UNIT_S, end - 0.5 * _UNIT_S, _UNIT_S)
    return np.concatenate([[start], inner, [end]]), are_bars


def _features(spectra: Spectra, chroma: Chroma, edges: NDArray[np.float64]) -> FloatArray:
    """Return what each unit sounds like, shape ``(rows, units)``; the last row is its level, standardized."""
    mel = average_between(spectra.log_mel, MEL_FPS, edges)
    timbre = standardized(fft.dct(mel, axis=0, norm="ortho")[1:_CEPSTRA]) / np.sqrt(_CEPSTRA - 1)
    harmony = unit_columns(average_between(chroma.all * chroma.tonalness, TONAL_FPS, edges))
    harmony = (harmony - harmony.mean(axis=1, keepdims=True)) * _CHROMA_WEIGHT
    level = standardized(average_between(np.maximum(level_db(spectra), -45.0)[None, :], MEL_FPS, edges))
    return np.vstack([timbre, harmony, level / _LEVEL_WEIGHT])


def _boundaries(features: FloatArray, edges: NDArray[np.float64], are_bars: bool) -> NDArray[np.int64]:
    """Return the indices of ``edges`` at which sections begin or end, the first and last among them."""
    units = features.shape[1]
    unit_s = float(np.median(np.diff(edges)))
    reach = int(np.clip(round(_KERNEL_S / unit_s), 2, 16))
    shortest = max(int(np.ceil(_SHORTEST_S / unit_s)), 2)
    if units < 2 * shortest:
        return np.array([0, units])
    similarity, distance = _similarity(features)
    novelty = (1.0 - _LAG_SHARE) * _standard(_novelty(similarity, reach)) + _LAG_SHARE * _standard(
        _lag_change(distance)
    )
    return _best_parts(novelty + _BOUNDARY, _length_costs(units, shortest, are_bars))


def _length_costs(units: int, shortest: int, are_bars: bool) -> NDArray[np.float64]:
    """Return what a section of so many units costs, shape ``(units + 1,)``."""
    lengths = np.arange(units + 1)
    costs = np.zeros(units + 1)
    if are_bars:
        costs = np.select([lengths % 8 == 0, lengths % 4 == 0, lengths % 2 == 0], [0.0, _FOURS, _EVEN], _ODD)
    costs[:shortest] = 1e3
    return costs


def _best_parts(worth: NDArray[np.float64], costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the boundaries whose worth, less the costs of the lengths between them, is greatest."""
    units = worth.size
    gains = np.append(worth, 0.0)
    best = np.full(units + 1, -np.inf)
    best[0] = 0.0
    came_from = np.zeros(units + 1, dtype=np.int64)
    for end in range(1, units + 1):
        starts = np.arange(max(0, end - _LONGEST_UNITS), end)
        totals = best[starts] - costs[end - starts]
        came_from[end] = starts[int(totals.argmax())]
        best[end] = float(totals.max()) + gains[end]
    bounds = [units]
    while bounds[-1] > 0:
        bounds.append(int(came_from[bounds[-1]]))
    return np.array(bounds[::-1])


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-6))


def _similarity(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how alike units are, 0 to 1, and how distant stretches of two units are, each ``(units, units)``."""
    distance = _distances(features)
    pairs = np.vstack([features, np.roll(features, -1, axis=1)])
    return np.exp(-distance / max(float(np.median(distance)), 1e-6)), _distances(pairs)


def _distances(columns: FloatArray) -> FloatArray:
    square = np.square(columns).sum(axis=0)
    return np.asarray(np.sqrt(np.maximum(square[:, None] + square - 2.0 * columns.T @ columns, 0.0)))


def _novelty(similarity: FloatArray, reach: int) -> NDArray[np.float64]:
    """Slide a tapered checkerboard along the self-similarity; shape ``(units,)``, 0 where nothing changes."""
    units = len(similarity)
    offsets = np.arange(-reach, reach) + 0.5
    taper = np.exp(-0.5 * (offsets / (0.6 * reach)) ** 2)
    kernel = np.outer(np.sign(offsets) * taper, np.sign(offsets) * taper)
    padded = np.pad(similarity, reach, mode="reflect" if units > reach else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach, 2 * reach))
    along = np.diagonal(windows, axis1=0, axis2=1)[..., :units]
    return np.asarray(np.maximum(np.einsum("abu,ab->u", along, kernel) / np.abs(kernel).sum(), 0.0))


def _lag_change(distance: FloatArray) -> NDArray[np.float64]:
    """Return how much the lags change at which a unit is repeated, shape ``(units,)``.

    Two units are the same where each is among the other's nearest; along a repeated stretch the lag stays.
    """
    units = len(distance)
    count = min(max(2, int(np.ceil(_NEAREST * units))), units - 1)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, 1 : count + 1]
    same = np.zeros((units, units))
    same[np.arange(units)[:, None], nearest] = 1.0
    same *= same.T
    time = np.arange(units)
    lags = gaussian_filter(same[(time[:, None] + time) % units, time], (0.5, 1.0), mode=("wrap", "nearest"))
    return np.concatenate([[0.0], np.linalg.norm(np.diff(lags, axis=1), axis=0)])


def _groups(features: FloatArray, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the sections so that those that sound alike share a number."""
    means = np.stack([features[:, a:b].mean(axis=1) for a, b in pairwise(bounds)])
    if len(means) < 2:
        return np.zeros(len(means), dtype=np.int64)
    typical = float(np.linalg.norm(features - features.mean(axis=1, keepdims=True), axis=0).mean())
    tree = linkage(means, method="average")
    return np.asarray(fcluster(tree, _SAME_DISTANCE * max(typical, 1e-6), criterion="distance") - 1, dtype=np.int64)


def _labels(levels: FloatArray, groups: NDArray[np.int64], lengths: NDArray[np.float64]) -> list[SectionLabel]:
    """Guess the names of sections from how loud they are and whether they come back."""
    count = groups.size
    if count < 3:
        return ["section"] * count
    labels: list[SectionLabel] = ["section"] * count
    repeated = [group for group in np.unique(groups) if np.sum(groups == group) > 1]
    loudness = {group: np.average(levels[groups == group], weights=lengths[groups == group]) for group in repeated}
    chorus = max(loudness, key=lambda group: float(loudness[group]), default=-1)
    first_chorus = int(np.argmax(groups == chorus)) if repeated else 0
    quiet = float(np.mean(levels) - 0.8 * np.std(levels))
    for index in range(count):
        if groups[index] == chorus:
            labels[index] = "chorus"
        elif groups[index] in repeated or index < first_chorus:
            labels[index] = "verse"
        elif levels[index] < quiet:
            labels[index] = "break"
        elif repeated and index > count / 2:
            labels[index] = "bridge"
    if levels[0] <= np.median(levels) or np.sum(groups == groups[0]) == 1:
        labels[0] = "intro"
    if levels[-1] <= np.median(levels) or np.sum(groups == groups[-1]) == 1:
        labels[-1] = "outro"
    return labels


def _cover(sections: list[Section], duration: float) -> tuple[Section, ...]:
    """Stretch the first and last section to the ends of the song, or put silence there where there is much of it."""
    first = sections[0]
    before: list[Section] = []
    after: list[Section] = []
    if first.start_s > _SILENCE_S:
        before = [Section(0.0, first.start_s, "silence")]
    else:
        sections[0] = Section(0.0, first.end_s, first.label)
    last = sections[-1]
    if duration - last.end_s > _SILENCE_S:
        after = [Section(last.end_s, duration, "silence")]
    else:
        sections[-1] = Section(last.start_s, duration, last.label)
    return (*before, *sections, *after)
