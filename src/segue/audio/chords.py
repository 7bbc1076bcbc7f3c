"""Which chords sound, and when: a small learned model hears every beat, and a song's chords are the likeliest path.

The model is the same for all roots: it is shown the pitch classes of a beat turned so that each root in turn comes
first, and answers how well each quality on that root fits. What it learned, it learned from songs that
:mod:`segue.music` rendered (``training/tonality.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Chord, ChordQuality, Rhythm
from segue.audio.beatwise import average_between
from segue.audio.signal import FloatArray
from segue.audio.spectrum import TONAL_FPS
from segue.audio.tonality import Chroma

#: What the model tells apart on each root.
QUALITIES: Final[tuple[ChordQuality, ...]] = get_args(ChordQuality)
#: Classes of the evidence: all qualities on C, then on Db, ..., and last no chord.
CLASSES: Final = 12 * len(QUALITIES) + 1

_GRID_S = 0.5
_LONGEST_UNIT_S = 0.9
_NEIGHBOURS = (-1, 0, 1)
_LOG_CHANGE_ON_BEAT, _LOG_CHANGE_ON_BAR = -2.5, -0.6
_EVIDENCE_WEIGHT = 1.0
_FAMILIARITY = 0.7
_NO_CHORD_HANDICAP = 1.5


@dataclass(frozen=True, slots=True)
class ChordEvidence:
    """How well each chord fits each beat.

    Attributes
    ----------
    edges_s
        When the beats (or halves of slow ones) begin, and the end of the song: ascending, one more than there are.
    log_probability
        Of each class, in its order as in :data:`CLASSES`, shape ``(units, CLASSES)``.
    """

    edges_s: NDArray[np.float64]
    log_probability: FloatArray


def weigh_chords(chroma: Chroma, rhythm: Rhythm, duration_s: float) -> ChordEvidence:
    """Hear which chords fit each beat of a song.

    Parameters
    ----------
    chroma
        Of the song.
    rhythm
        Where there are no beats, half seconds take their place.
    duration_s
        Of the song.
    """
    edges = chord_units(rhythm, duration_s)
    return ChordEvidence(edges, log_probability(chord_features(chroma, edges), _model()))


def choose_chords(evidence: ChordEvidence, rhythm: Rhythm) -> tuple[Chord, ...]:
    """Return the likeliest chords, which cover the song without gaps.

    Viterbi: a chord changes rather on a downbeat than on another beat, and rather to one that the song has elsewhere.
    """
    edges = evidence.edges_s
    if edges.size < 2:
        return ()
    bars = np.array(rhythm.downbeats_s)
    on_bar = np.isin(edges[:-1].round(4), bars.round(4)) if bars.size else np.ones(edges.size - 1, dtype=np.bool_)
    classes = _best_path(evidence.log_probability, np.where(on_bar, _LOG_CHANGE_ON_BAR, _LOG_CHANGE_ON_BEAT))
    first = np.flatnonzero(np.diff(classes, prepend=-1))
    ends = np.append(first[1:], classes.size)
    return tuple(_chord(float(edges[a]), float(edges[b]), int(classes[a])) for a, b in zip(first, ends, strict=True))


def chord_units(rhythm: Rhythm, duration_s: float) -> NDArray[np.float64]:
    """Return the edges of what a chord is named for: beats, halves of slow ones, from 0 to the end of the song."""
    beats = np.array(rhythm.beats_s)
    if duration_s <= 0.0:
        return np.zeros(0)
    if beats.size < 4:
        return np.append(np.arange(0.0, max(duration_s - 0.5 * _GRID_S, 1e-9), _GRID_S), duration_s)
    beat_s = float(np.median(np.diff(beats)))
    before = np.arange(beats[0] - beat_s, 0.3 * beat_s, -beat_s)[::-1]
    after = np.arange(beats[-1] + beat_s, duration_s - 0.3 * beat_s, beat_s)
    inner = np.concatenate([before, beats[(beats > 0.0) & (beats < duration_s)], after])
    edges = np.concatenate([[0.0], inner[(inner > 0.05) & (inner < duration_s - 0.05)], [duration_s]])
    slow = np.flatnonzero(np.diff(edges) > _LONGEST_UNIT_S)
    return np.sort(np.concatenate([edges, (edges[slow] + edges[slow + 1]) / 2.0]))


def chord_features(chroma: Chroma, edges_s: NDArray[np.float64]) -> FloatArray:
    """Return what the model is shown of each unit.

    Returns
    -------
    features
        Shape ``(units, rows, 12)``: the registers of the unit before, of itself and of the one after, each scaled to
        a peak of 1; the song's mean over all registers and in the lowest two; a row of its tonalness.
    """
    if edges_s.size < 2:
        return np.zeros((0, _rows(chroma), 12), dtype=np.float32)
    registers, _, frames = chroma.registers.shape
    units = average_between(chroma.registers.reshape(registers * 12, frames), TONAL_FPS, edges_s)
    units = np.sqrt(units / np.maximum(units.max(axis=0, initial=0.0), 1e-3)).T.reshape(-1, registers, 12)
    tonalness = average_between(chroma.tonalness[None], TONAL_FPS, edges_s)[0]
    weights = tonalness / max(float(tonalness.sum()), 1e-6)
    song = np.einsum("u,urp->rp", weights, units)
    context = np.stack([song.mean(axis=0), song[:2].mean(axis=0)])
    context /= np.maximum(context.max(axis=1, keepdims=True), 1e-3)
    count = len(units)
    near = [units[np.clip(np.arange(count) + step, 0, count - 1)] for step in _NEIGHBOURS]
    everywhere = np.broadcast_to(context, (count, 2, 12))
    flat = np.broadcast_to(tonalness[:, None, None], (count, 1, 12))
    return np.concatenate([*near, everywhere, flat], axis=1).astype(np.float32)


def turned(features: FloatArray) -> FloatArray:
    """Return features with each root in turn first, shape ``(units, 12, rows * 12)``."""
    turns = (np.arange(12)[:, None] + np.arange(12)) % 12
    units, rows, _ = features.shape
    return np.ascontiguousarray(features[:, :, turns].transpose(0, 2, 1, 3)).reshape(units, 12, rows * 12)


def log_probability(features: FloatArray, model: Sequence[FloatArray]) -> FloatArray:
    """Run a model over what `chord_features` returned.

    Parameters
    ----------
    features
        ``(units, rows, 12)``.
    model
        Weights and biases, layer by layer: hidden layers of rectified units, and one output for each quality on the
        root that comes first; the last output, averaged over the roots, is for no chord.

    Returns
    -------
    array
        Natural logarithms, ``(units, CLASSES)``.
    """
    hidden = turned(features)
    for weights, bias in zip(model[:-2:2], model[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ weights + bias, 0.0)
    out = hidden @ model[-2] + model[-1]
    chords = out[:, :, :-1].reshape(len(out), CLASSES - 1)
    logits = np.concatenate([chords, out[:, :, -1].mean(axis=1, keepdims=True)], axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), dtype=np.float32)


def _rows(chroma: Chroma) -> int:
    return len(_NEIGHBOURS) * len(chroma.registers) + 3


@lru_cache(maxsize=1)
def _model() -> tuple[FloatArray, ...]:
    """Return weights and biases, layer by layer."""
    with files("segue.audio").joinpath("chords.npz").open("rb") as file, np.load(file) as arrays:
        return tuple(arrays[name].astype(np.float32) for name in sorted(arrays))


def _best_path(evidence: FloatArray, log_change: NDArray[np.float64]) -> NDArray[np.int64]:
    units = len(evidence)
    evidence = evidence.copy()
    evidence[:, -1] -= _NO_CHORD_HANDICAP
    familiar = np.log(np.exp(evidence).mean(axis=0) + 1e-3) * _FAMILIARITY
    familiar -= np.log(np.exp(familiar).sum())
    log_stay = np.log1p(-np.exp(log_change))
    gained = _EVIDENCE_WEIGHT * evidence[0] + familiar
    came_from = np.zeros((units, CLASSES), dtype=np.int64)
    stay = np.arange(CLASSES)
    for unit in range(1, units):
        leader = int(gained.argmax())
        moved = gained[leader] + log_change[unit] + familiar
        kept = gained + log_stay[unit]
        came_from[unit] = np.where(moved > kept, leader, stay)
        gained = np.maximum(moved, kept) + _EVIDENCE_WEIGHT * evidence[unit]
    path = np.zeros(units, dtype=np.int64)
    path[-1] = int(gained.argmax())
    for unit in range(units - 1, 0, -1):
        path[unit - 1] = came_from[unit, path[unit]]
    return path


def _chord(start_s: float, end_s: float, index: int) -> Chord:
    if index == CLASSES - 1:
        return Chord(round(start_s, 4), round(end_s, 4), None)
    return Chord(round(start_s, 4), round(end_s, 4), index // len(QUALITIES), QUALITIES[index % len(QUALITIES)])
