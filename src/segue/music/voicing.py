"""Voice leading: the pitches that hold a chord, with the least motion from those before."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from segue.music.harmony import pitch_classes
from segue.music.score import ChordName

#: Two voices that keep a fifth or an octave while both move sound as one.
_PARALLEL = 5.0
_CENTRE, _CROSSED = 0.3, 0.25


def voicing(chord: ChordName, near: Sequence[int], low: int, high: int) -> tuple[int, ...]:
    """Return the pitches that hold a chord with the least motion from those before.

    Common tones are held, fifths and octaves are not moved in parallel where that can be helped, and the register is
    kept. Chords stand close, or with their second voice from the top an octave down.

    Parameters
    ----------
    chord
        The chord.
    near
        The voicing before; where there is none, the middle of the range attracts.
    low, high
        MIDI numbers that the pitches keep to; at least an octave and a half apart.

    Returns
    -------
    tuple
        Pitches, ascending, one a chord tone.
    """
    return _voicing(chord, tuple(near), low, high)


@lru_cache(maxsize=4096)
def _voicing(chord: ChordName, near: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    middle = (low + high) / 2
    before = near or (round(middle),)
    return min(
        _shapes(pitch_classes(chord), low, high),
        key=lambda shape: (
            _motion(before, shape)
            + _CENTRE * abs(sum(shape) / len(shape) - middle)
            + _PARALLEL * parallels(before, shape)
            + _CROSSED * max(0, shape[-1] - shape[0] - 14)
        ),
    )


def _shapes(classes: Sequence[int], low: int, high: int) -> Iterator[tuple[int, ...]]:
    """Yield every close and opened voicing in a range."""
    ordered = sorted(classes)
    for inversion in range(len(ordered)):
        shape = _close(ordered[inversion:] + ordered[:inversion], low + (ordered[inversion] - low) % 12)
        while shape[-1] <= high:
            yield shape
            opened = (shape[-2] - 12, *shape[:-2], shape[-1]) if len(shape) > 2 else shape
            if opened[0] >= low:
                yield tuple(sorted(opened))
            shape = tuple(pitch + 12 for pitch in shape)


def _motion(before: Sequence[int], after: Sequence[int]) -> float:
    """Return how many semitones voices move; of chords with unlike numbers of voices, each from its nearest."""
    if len(before) == len(after):
        return float(sum(abs(one - other) for one, other in zip(before, after, strict=True)))
    return float(sum(min(abs(pitch - other) for other in before) for pitch in after))


def parallels(before: Sequence[int], after: Sequence[int]) -> int:
    """Return how many pairs of voices keep a fifth or an octave while both move the same way."""
    if len(before) != len(after) or len(before) < 2:
        return 0
    moves = [other - one for one, other in zip(before, after, strict=True)]
    return sum(
        (before[upper] - before[lower]) % 12 in (0, 7)
        and (before[upper] - before[lower]) % 12 == (after[upper] - after[lower]) % 12
        and moves[upper] == moves[lower] != 0
        for lower, upper in combinations(range(len(before)), 2)
    )


def _close(classes: Sequence[int], base: int) -> tuple[int, ...]:
    """Stack pitch classes upwards from a pitch, each as near as can be over the one before."""
    pitches = [base]
    for pitch_class in classes[1:]:
        pitches.append(pitches[-1] + (pitch_class - pitches[-1] - 1) % 12 + 1)
    return tuple(pitches)
