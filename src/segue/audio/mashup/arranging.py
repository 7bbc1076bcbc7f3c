"""Which blocks of a voice to lay on which bars: the arrangement that is worth most, by dynamic programming."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.mashup.grid import BeatGrid
from segue.audio.mashup.phrases import Block
from segue.audio.mashup.timeline import Form, beat_chroma
from segue.audio.mashup.types import StemProfile

#: Lengths are weighed in bars of two seconds: a bar in double time counts half.
_WEIGHED_BAR_S: Final = 2.0
_WIDEST_GAP: Final = 16.0
_EASY_GAP: Final = 4.0
_IMPOSSIBLE: Final = -1e9
#: A block may begin so much before the form does, or end so much after it: less than one hears as an upbeat.
_SLACK_BEATS: Final = 0.25
_SKIP_PRICE: Final = 1.2
_AGAIN_PRICE: Final = 1.0
#: What singing again is worth, against the first time.
_CHORUS_AGAIN, _AGAIN = 0.75, 0.3
_EARLY_PRICE: Final = 1.5
#: Of a bar in which somebody sings already.
_TAKEN_PRICE: Final = 2.5
_LINES: Final = {"section": 0.8, "four": 0.3, "two": 0.0, "odd": -1.5}


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice's blocks in beats of the mashup.

    Attributes
    ----------
    blocks
        In the order of their song.
    onsets, releases
        Of each block, in beats of the mashup from its reference; an upbeat is negative.
    grid
        Of its track.
    octave
        Beats of the mashup to one of the track.
    semitones
        Transposition.
    profile
        Of the voice.
    """

    blocks: tuple[Block, ...]
    onsets: NDArray[np.float64]
    releases: NDArray[np.float64]
    grid: BeatGrid
    octave: float
    semitones: int
    profile: StemProfile


def count_in_beats(
    blocks: list[Block], profile: StemProfile, grid: BeatGrid, *, octave: float, semitones: int
) -> Voice:
    """Count a voice's blocks in beats of the mashup."""
    references = np.array([block.reference for block in blocks], dtype=np.float64)
    starts = grid.beat_at(np.array([block.start_s for block in blocks], dtype=np.float64))
    ends = grid.beat_at(np.array([block.end_s for block in blocks], dtype=np.float64))
    onsets, releases = (starts - references) * octave, (ends - references) * octave
    return Voice(tuple(blocks), onsets, releases, grid, octave, semitones, profile)


def arrange(voice: Voice, form: Form, metre: int, *, bar_s: float, intensity: float) -> list[tuple[int, int]]:
    """Lay a voice's blocks on bars.

    Parameters
    ----------
    voice
        What there is to lay.
    form
        What it is laid on.
    metre
        Beats in a bar of the form.
    bar_s
        Length of a bar.
    intensity
        0 (sparse) to 1 (dense).

    Returns
    -------
    list of tuple
        Block and bar (of the form) on which its reference falls, in time order. Blocks keep their order and may be left
        out. When the song is through, its blocks may come again, choruses rather than others.
    """
    count = len(voice.blocks)
    if not count or not form.labels:
        return []
    weight = bar_s / _WEIGHED_BAR_S
    singing = (0.2 + 0.3 * intensity) * np.minimum((voice.releases - voice.onsets) / metre * weight, 16)
    again = np.array([_CHORUS_AGAIN if block.label == "chorus" else _AGAIN for block in voice.blocks])
    first_time = _fit(voice, form, metre) + singing[:, None]
    worth = np.concatenate([first_time, first_time - (1 - again)[:, None] * singing[:, None] - _AGAIN_PRICE])
    apart = np.ceil((voice.releases[:, None] - voice.onsets[None, :] + 0.25) / metre).astype(int)
    path = _best_path(
        worth,
        np.tile(np.maximum(apart, 1), (2, 2)),
        step=_step_prices(count),
        gaps=_gap_prices(weight, intensity),
        openings=_opening_prices(voice, len(form.labels), metre, weight),
        ends=np.tile(_end_prices(voice, len(form.labels), metre, weight), (2, 1)),
    )
    return [(block % count, bar) for block, bar in path]


def _fit(voice: Voice, form: Form, metre: int) -> NDArray[np.float64]:
    """Return how well each block fits each bar, its length apart, shape ``(blocks, bars)``."""
    bars = len(form.labels)
    worth = np.tile(np.array([_line_worth(line) for line in form.line]), (len(voice.blocks), 1))
    for index, block in enumerate(voice.blocks):
        worth[index] += [_label_worth(block.label, label) for label in form.labels]
        worth[index] += 0.35 * _harmony(voice, index, form, metre)
        first = np.arange(bars) * metre + int(np.floor(voice.onsets[index] + _SLACK_BEATS))
        last = np.arange(bars) * metre + int(np.ceil(voice.releases[index] - _SLACK_BEATS))
        taken = np.concatenate([[0.0], np.cumsum(form.taken)])
        overlap = taken[np.clip(last, 0, len(form.taken))] - taken[np.clip(first, 0, len(form.taken))]
        worth[index] -= _TAKEN_PRICE * overlap / metre
        worth[index][(first < 0) | (last > bars * metre)] = _IMPOSSIBLE
    return worth


def _line_worth(bars_in: int) -> float:
    if bars_in == 0:
        return _LINES["section"]
    return _LINES["four"] if bars_in % 4 == 0 else _LINES["two"] if bars_in % 2 == 0 else _LINES["odd"]


def _label_worth(block: str, bar: str) -> float:
    if bar in {"intro", "outro", "silence"}:
        return {"intro": -1.2, "outro": -0.8, "silence": -4.0}[bar]
    if block == bar:
        return 1.6 if block == "chorus" else 0.6
    return -0.4 if "chorus" in {block, bar} else 0.0


def _harmony(voice: Voice, index: int, form: Form, metre: int) -> NDArray[np.float64]:
    """Return how well the notes of a block lie in the chords from each bar on, in deviations from its own mean."""
    block = voice.blocks[index]
    beats = np.arange(np.floor(voice.onsets[index]), np.ceil(voice.releases[index]) + 1)
    edges = voice.grid.time_of(block.reference + beats / voice.octave)
    notes = np.roll(beat_chroma([voice.profile], edges), voice.semitones, axis=0)
    total = form.chroma.shape[1]
    fit = np.zeros(len(form.labels))
    for bar in range(len(form.labels)):
        start = bar * metre + int(beats[0])
        low, high = max(0, start), min(total, start + notes.shape[1])
        if high > low:
            fit[bar] = float(np.sum(notes[:, low - start : high - start] * form.chroma[:, low:high])) / notes.shape[1]
    spread = float(fit.std())
    return np.asarray(np.clip((fit - fit.mean()) / max(spread, 1e-6), -2, 2), dtype=np.float64)


def _step_prices(count: int) -> NDArray[np.float64]:
    """Return the price of going from one block to another, shape ``(from, to)``; the second half is sung again."""
    ahead = np.arange(count)[None, :] - np.arange(count)[:, None]
    onwards = np.where(ahead > 0, _SKIP_PRICE * (ahead - 1), -_IMPOSSIBLE)
    back = np.zeros((count, count))
    among_again = np.where(ahead > 0, 0.1 * (ahead - 1), 0.5)
    return np.block([[onwards, back], [np.full((count, count), -_IMPOSSIBLE), among_again]])


def _gap_prices(weight: float, intensity: float) -> NDArray[np.float64]:
    gaps = np.arange(int(_WIDEST_GAP / weight) + 1, dtype=np.float64) * weight
    too_wide, too_narrow = np.maximum(0, gaps - _EASY_GAP), np.maximum(0, max(0.0, 4 * (0.5 - intensity)) - gaps)
    return np.asarray((0.06 + 0.12 * intensity) * too_wide + 0.4 * too_narrow)


def _opening_prices(voice: Voice, bars: int, metre: int, weight: float) -> NDArray[np.float64]:
    """Return the price of each block being the first one, on each bar: the foundation shall be heard before it."""
    count = len(voice.blocks)
    at = (np.arange(bars)[None, :] + voice.onsets[:, None] / metre) * weight
    late = _EARLY_PRICE * np.clip(4 - at, 0, 4) / 4 + 0.2 * np.maximum(0, at - 12)
    first = _SKIP_PRICE * np.arange(count)[:, None] + late
    return np.concatenate([first, np.full((count, bars), -_IMPOSSIBLE)])


def _end_prices(voice: Voice, bars: int, metre: int, weight: float) -> NDArray[np.float64]:
    """Return the price of each block being the last one, on each bar."""
    left = (bars - (np.arange(bars)[None, :] + voice.releases[:, None] / metre)) * weight
    return np.asarray(0.12 * np.maximum(0, left - 8))


def _best_path(
    worth: NDArray[np.float64],
    apart: NDArray[np.int64],
    *,
    step: NDArray[np.float64],
    gaps: NDArray[np.float64],
    openings: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> list[tuple[int, int]]:
    """Return the chain of (block, bar) of most worth; `apart` is the fewest bars between two references."""
    count, bars = worth.shape
    value = np.full((count, bars), _IMPOSSIBLE)
    came_from = np.full((count, bars, 2), -1)
    for bar in range(bars):
        opening = -openings[:, bar]
        places = bar - apart[:, :, None] - np.arange(len(gaps))[None, None, :]
        reached = np.where(places >= 0, value[np.arange(count)[:, None, None], np.maximum(places, 0)], _IMPOSSIBLE)
        reached = reached - step[:, :, None] - gaps[None, None, :]
        by_target = reached.transpose(1, 0, 2).reshape(count, -1)
        best = by_target.argmax(axis=1)
        through = by_target[np.arange(count), best]
        continues = through > opening
        value[:, bar] = worth[:, bar] + np.where(continues, through, opening)
        previous = best // len(gaps)
        came_from[continues, bar, 0] = previous[continues]
        came_from[continues, bar, 1] = places[previous, np.arange(count), best % len(gaps)][continues]
    return _walk_back(value - ends, came_from)


def _walk_back(value: NDArray[np.float64], came_from: NDArray[np.int64]) -> list[tuple[int, int]]:
    block, bar = np.unravel_index(int(value.argmax()), value.shape)
    if value[block, bar] < _IMPOSSIBLE / 2:
        return []
    path = []
    while block >= 0:
        path.append((int(block), int(bar)))
        block, bar = came_from[block, bar]
    return path[::-1]
