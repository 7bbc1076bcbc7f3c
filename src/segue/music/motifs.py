"""Motifs, and what is made of them: repetition, sequence, inversion, augmentation, fragmentation, ornament."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from segue.music.chance import pick
from segue.music.metre import Metre

_STEPS: Final = (-4, -3, -2, -1, 0, 1, 2, 3, 4)
_STEP_WEIGHTS: Final = (0.1, 0.25, 1.1, 5.0, 1.8, 5.0, 1.1, 0.35, 0.15)
_WIDEST: Final = 5

Operation = Literal["same", "inverted", "augmented", "fragment", "ornamented", "thinned", "answered"]


@dataclass(frozen=True, slots=True)
class Motif:
    """An idea of one bar, or two in fast music.

    Attributes
    ----------
    starts, lengths
        When notes begin and how long they last, in beats.
    offsets
        Where each lies on the scale, in steps from the first.
    beats
        How long it is.
    """

    starts: tuple[float, ...]
    lengths: tuple[float, ...]
    offsets: tuple[int, ...]
    beats: float


def invent(
    rng: np.random.Generator,
    metre: Metre,
    density: float,
    *,
    fine: bool = False,
    bars: int = 1,
    upward: float = 0.0,
) -> Motif:
    """Return a motif.

    Parameters
    ----------
    rng
        Chance.
    metre
        Its bar.
    density
        0 to 1: how many of the places hold a note.
    fine
        Whether notes may be half as short.
    bars
        How many bars it lasts.
    upward
        -1 (it falls) to 1 (it rises).
    """
    unit = metre.unit / 2 if fine else metre.unit
    beats = float(bars * metre.beats)
    places = np.arange(round(beats / unit)) * unit
    held = 0.5 if bars > 1 else 1.0  # in fast music a place comes sooner
    odds = np.array([0.2 + 0.8 * metre.weight(place) for place in places]) * (0.3 + 1.0 * density) * held
    chosen = rng.random(places.size) < odds
    room = rng.random()
    if room < 0.6:  # a rest at the end, to breathe and to be answered
        chosen[places >= beats - metre.beats * (0.5 if bars == 1 else 1.0)] &= rng.random() < 0.35
    starts = places[chosen]
    if starts.size < 2:
        starts = places[[0, len(places) // 2]] if len(places) > 1 else places[:1]
    if starts[0] >= metre.beats:  # nothing in the first of two bars
        starts = np.append(0.0, starts)
    gaps = np.diff(np.append(starts, beats))
    lengths = np.minimum(gaps * float(rng.choice((0.6, 0.85, 0.95))), 2.0 + metre.unit)
    weights = np.array(_STEP_WEIGHTS) * np.exp(0.25 * upward * np.sign(_STEPS))
    offsets = [0]
    for _ in starts[1:]:
        step = pick(rng, _STEPS, weights.tolist())
        offsets.append(offsets[-1] + (step if abs(offsets[-1] + step) <= _WIDEST else -step))
    return Motif(tuple(map(float, starts)), tuple(map(float, lengths)), tuple(offsets), beats)


def developed(rng: np.random.Generator, motif: Motif, operation: Operation, unit: float) -> Motif:
    """Return what an operation makes of a motif.

    Parameters
    ----------
    rng
        Chance.
    motif
        The motif.
    operation
        ``inverted`` turns its steps around; ``augmented`` plays its first half twice as slowly; ``fragment`` says its
        first half twice, the second time a step higher; ``ornamented`` breaks up long notes by neighbours; ``thinned``
        keeps every other note; ``answered`` ends it the other way.
    unit
        The short note, in beats.
    """
    return {
        "same": lambda: motif,
        "inverted": lambda: replace(motif, offsets=tuple(-offset for offset in motif.offsets)),
        "augmented": lambda: _augmented(motif),
        "fragment": lambda: _fragmented(motif),
        "ornamented": lambda: _ornamented(rng, motif, unit),
        "thinned": lambda: _chosen(motif, [index for index in range(len(motif.starts)) if index % 2 == 0]),
        "answered": lambda: _answered(motif),
    }[operation]()


def _chosen(motif: Motif, kept: list[int]) -> Motif:
    """Keep some notes, held until the next one."""
    starts = [motif.starts[index] for index in kept]
    ends = [*starts[1:], motif.beats]
    lengths = [min(end - start, 2.5) * 0.9 for start, end in zip(starts, ends, strict=True)]
    return replace(
        motif, starts=tuple(starts), lengths=tuple(lengths), offsets=tuple(motif.offsets[index] for index in kept)
    )


def _augmented(motif: Motif) -> Motif:
    kept = [index for index, start in enumerate(motif.starts) if start * 2 < motif.beats]
    if not kept:
        return motif
    slow = _chosen(motif, kept)
    starts = tuple(start * 2 for start in slow.starts)
    ends = (*starts[1:], motif.beats)
    lengths = tuple((end - start) * 0.92 for start, end in zip(starts, ends, strict=True))
    return replace(slow, starts=starts, lengths=lengths)


def _fragmented(motif: Motif) -> Motif:
    half = motif.beats / 2
    kept = [index for index, start in enumerate(motif.starts) if start < half]
    if not kept:
        return motif
    head = _chosen(motif, kept)
    lengths = tuple(min(length, half - start) for start, length in zip(head.starts, head.lengths, strict=True))
    return Motif(
        (*head.starts, *(start + half for start in head.starts)),
        lengths * 2,
        (*head.offsets, *(offset + 1 for offset in head.offsets)),
        motif.beats,
    )


def _ornamented(rng: np.random.Generator, motif: Motif, unit: float) -> Motif:
    starts: list[float] = []
    lengths: list[float] = []
    offsets: list[int] = []
    ends = (*motif.starts[1:], motif.beats)
    for start, length, offset, end in zip(motif.starts, motif.lengths, motif.offsets, ends, strict=True):
        if end - start >= 2 * unit and rng.random() < 0.55:
            turn = pick(rng, (1, -1, 1))
            starts += [start, start + (end - start) / 2]
            lengths += [(end - start) / 2 * 0.9] * 2
            offsets += [offset, offset + turn]
        else:
            starts.append(start)
            lengths.append(length)
            offsets.append(offset)
    return Motif(tuple(starts), tuple(lengths), tuple(offsets), motif.beats)


def _answered(motif: Motif) -> Motif:
    if len(motif.offsets) < 3:
        return replace(motif, offsets=tuple(-offset for offset in motif.offsets))
    turned = len(motif.offsets) // 2
    pivot = motif.offsets[turned]
    later = (2 * pivot - offset for offset in motif.offsets[turned + 1 :])
    return replace(motif, offsets=(*motif.offsets[: turned + 1], *later))
