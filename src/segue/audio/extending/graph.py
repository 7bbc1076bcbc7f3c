"""Which beats of a song can follow which: the jumps that would be heard least."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.extending.material import Material
from segue.audio.extending.seams import Seam, change_at_beats, place_seam
from segue.audio.signal import FloatArray, Progress, no_progress

#: How much the beats before and after a jump count, from four before it to four after it.
_CONTEXT: Final = (0.3, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.3)
#: A jump may change no more than this share of what changes from a bar to the next, in the median of the song.
_MOST_CHANGE: Final = 0.85
#: What a seam may add, in units of what changes at the song's beats; and how dear it is below that.
_MOST_HEARD, _HEARD = 0.16, 2.0
#: So many jumps from one edge, at least a bar apart from each other.
_JUMPS_AN_EDGE: Final = 6
#: Pairs whose seams are tried, and what the second best of an edge and so on is put back by in their order.
_MOST_PAIRS, _PUT_BACK = 400, 0.08
_NEAREST_BARS: Final = 2
_OFF_DOWNBEAT, _OFF_PHRASE, _OFF_PAIR = 0.08, 0.10, 0.08
_ROWS: Final = 512


@dataclass(frozen=True, slots=True)
class Jump:
    """A way from one edge between beats to another.

    Attributes
    ----------
    leave, enter
        Edges of the `Material`: the beat that begins at the second follows instead of the one that begins at the first.
    cost
        0 (nothing changes) to about 1.5; grows with what is to be heard, and where bars or phrases don't match.
    seam
        How it is made.
    """

    leave: int
    enter: int
    cost: float
    seam: Seam


@dataclass(frozen=True, slots=True)
class Graph:
    """The jumps of a song.

    Attributes
    ----------
    jumps
        In order of their ``leave``.
    own_change
        What changes from a bar to the next in the median of the song: the unit of the jumps' distances.
    """

    jumps: tuple[Jump, ...] = field(repr=False)
    own_change: float


def find_jumps(material: Material, *, progress: Progress = no_progress) -> Graph:
    """Find the jumps that would be heard least.

    Two edges are joined where the four beats before and the four after them sound alike (timbre, harmony, level,
    tempo), at the same place of the bar, and where a seam between them, made and measured, adds no change of its own.

    Returns
    -------
    Graph
        Without jumps where nothing repeats, or where there is too little of a song. Jumps go both ways.
    """
    if material.count < 4 * len(_CONTEXT):
        return Graph((), 0.0)
    contexts = _contexts(material.features)
    own = _own_change(contexts, material)
    pairs = _candidates(contexts, material, own)
    typical = float(np.median(change_at_beats(material)))
    jumps: list[Jump] = []
    for done, (cost, leave, enter) in enumerate(pairs):
        seam = place_seam(material, leave, enter, typical)
        if seam.heard <= _MOST_HEARD:
            whole = cost + _HEARD * seam.heard
            jumps += [Jump(leave, enter, whole, seam), Jump(enter, leave, whole, seam.reversed())]
        progress((done + 1) / len(pairs))
    return Graph(tuple(sorted(jumps, key=lambda jump: (jump.leave, jump.enter))), own)


def _contexts(features: FloatArray) -> FloatArray:
    """Stack what lies around each edge, shape ``(rows * 8, beats + 1)``: distances are then of whole contexts."""
    count = features.shape[1]
    weights = np.sqrt(np.array(_CONTEXT) / np.sum(_CONTEXT)).astype(np.float32)
    edges, half = np.arange(count + 1), len(_CONTEXT) // 2
    around = [features[:, np.clip(edges + shift, 0, count - 1)] for shift in range(-half, half)]
    return np.vstack([weight * part for weight, part in zip(weights, around, strict=True)])


def _own_change(contexts: FloatArray, material: Material) -> float:
    lag = material.beats_per_bar if material.pulse else 4
    inner = contexts[:, len(_CONTEXT) // 2 : -len(_CONTEXT) // 2]
    change = np.linalg.norm(inner[:, lag:] - inner[:, :-lag], axis=0)
    return max(float(np.median(change)), 1e-6)


def _candidates(contexts: FloatArray, material: Material, own: float) -> list[tuple[float, int, int]]:
    """Return pairs of edges, the first before the second, with what they cost but for the seam, the cheapest first."""
    found: list[tuple[float, float, int, int]] = []
    square = np.square(contexts).sum(axis=0)
    half, count = len(_CONTEXT) // 2, material.count
    apart = _NEAREST_BARS * (material.beats_per_bar if material.pulse else 4)
    spacing = max(material.beats_per_bar, 2)
    for first in range(half, count - half, _ROWS):
        rows = np.arange(first, min(first + _ROWS, count - half))
        distance = square[rows, None] + square - 2.0 * contexts[:, rows].T @ contexts
        distance = np.sqrt(np.maximum(distance, 0.0))
        columns = np.arange(count + 1)
        allowed = (material.places[rows, None] == material.places) & (columns >= rows[:, None] + apart)
        allowed &= columns < count - half
        distance[~allowed] = np.inf
        for row, distances in zip(rows, distance, strict=True):
            for rank, at in enumerate(_nearest(distances, _MOST_CHANGE * own, spacing)):
                cost = float(distances[at]) / own + _misfit(material, int(row), at)
                found.append((cost + _PUT_BACK * rank, cost, int(row), at))
    return [(cost, leave, enter) for _, cost, leave, enter in sorted(found)[:_MOST_PAIRS]]


def _nearest(distances: NDArray[np.floating], most: float, spacing: int) -> list[int]:
    chosen: list[int] = []
    for at in np.argsort(distances, kind="stable"):
        if distances[at] > most or len(chosen) == _JUMPS_AN_EDGE:
            break
        if all(abs(int(at) - other) >= spacing for other in chosen):
            chosen.append(int(at))
    return chosen


def _misfit(material: Material, leave: int, enter: int) -> float:
    """Return what a jump costs for where it lies in bar and phrase."""
    if not material.pulse:
        return 0.0
    cost = _OFF_DOWNBEAT if material.places[leave] else 0.0
    bars = int(material.bars[leave] - material.bars[enter])
    return cost + (_OFF_PAIR if bars % 2 else 0.0) + (_OFF_PHRASE if bars % 4 else 0.0)
