"""Finding the recordings that a mix is made of: where in time, from where in them, and how they were changed.

The mix is asked for in windows that overlap by half. A recording that sounds in it lies, in window after window, where
it would go on to: such windows are joined to runs, and runs are followed through windows in which too little was found
by itself. What only shares peaks with a recording that explains them better is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.audio.landmark_matching import Alignment, HitArray, Match, best_matches, source_time_s, verified
from segue.audio.landmarks import BINS_PER_OCTAVE, FRAMES_PER_S, Peaks

#: Length of a window, and from one to the next, in frames.
WINDOW: Final = round(8 * FRAMES_PER_S)
STEP: Final = WINDOW // 2

_LEAST_IN_WINDOW: Final = 12.0
_LEAST_TO_GO_ON: Final = 6.0
_LEAST_IN_ALL: Final = 60.0
_CONTINUES_S: Final = 0.35
_SAME_BINS: Final = 1.2
_SAME_SPEED: Final = 0.06
_GAP_WINDOWS: Final = 3
# What a hit says for a recording and a miss against it, where it sounds with a quarter of the peaks and chance has 4 %.
_HIT_NATS: Final = float(np.log(0.25 / 0.04))
_MISS_NATS: Final = float(np.log(0.96 / 0.75))
_NEW_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of the mix in which a recording sounds.

    Attributes
    ----------
    start_s, end_s
        In the mix.
    source_start_s, source_end_s
        In the recording.
    speed
        Seconds of the recording that pass in a second of the mix.
    transposed_semitones
        By how much it sounds above the recording.
    """

    start_s: float
    end_s: float
    source_start_s: float
    source_end_s: float
    speed: float
    transposed_semitones: float


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A recording that sounds in a mix.

    Attributes
    ----------
    number
        The recording.
    stretches
        When it does, in the order of time.
    evidence
        How far above chance the coincidences are, in nats.
    """

    number: int
    stretches: tuple[Stretch, ...]
    evidence: float


def windows(peaks: Peaks) -> Iterator[Peaks]:
    """Yield the windows of a mix, in its own time."""
    end = int(peaks.times[-1]) + 1 if peaks.times.size else 0
    for start in range(0, max(end - STEP, 1), STEP):
        yield _window(peaks, start // STEP)


def matches_in(window: Peaks, alignments: list[Alignment], known: Mapping[int, Peaks]) -> list[Match]:
    """Return what may sound in a window."""
    return best_matches(window, alignments, known, least_evidence=_LEAST_IN_WINDOW)


def joined(mix: Peaks, found: Sequence[Sequence[Match]], known: Mapping[int, Peaks]) -> list[FoundSource]:
    """Join what was found in each window to the sources of the whole mix, the strongest first.

    Parameters
    ----------
    mix
        Its peaks.
    found
        For each of its `windows`, in order, what `matches_in` returned.
    known
        The peaks of the recordings in them, by number.
    """
    runs = _runs(found)
    sources: list[tuple[float, int, list[list[tuple[int, Match]]]]] = []
    for number in sorted({run[0][1].alignment.number for run in runs}):
        mine = [run for run in runs if run[0][1].alignment.number == number]
        # Windows overlap by half, so each peak was counted twice.
        strong = [run for run in mine if sum(match.evidence for _, match in run) / 2 >= _LEAST_IN_ALL and len(run) > 1]
        if strong:
            sources.append((sum(match.evidence for run in strong for _, match in run) / 2, number, strong))
    sources.sort(key=lambda source: -source[0])
    taken = np.zeros(mix.times.size, dtype=bool)
    kept = []
    for evidence, number, strong in sources:
        own = _followed(mix, strong, known[number])
        explained = _explained(mix, own)
        if np.count_nonzero(explained & ~taken) >= _NEW_SHARE * np.count_nonzero(explained):
            taken |= explained
            stretches = sorted((_stretch(mix, run) for run in own), key=lambda stretch: stretch.start_s)
            kept.append(FoundSource(number, tuple(stretches), evidence))
    return kept


def _followed(mix: Peaks, runs: list[list[tuple[int, Match]]], recording: Peaks) -> list[list[tuple[int, Match]]]:
    """Follow runs into the windows before and after them for as long as the recording is heard to go on.

    A run that begins where another one was followed to is the same run.
    """
    count = sum(1 for _ in windows(mix))
    longer: list[dict[int, Match]] = []
    for run in sorted(runs, key=lambda run: -len(run)):
        whole = dict([*_walk(mix, run[0], recording, -1, count), *run, *_walk(mix, run[-1], recording, 1, count)])
        same = next((other for other in longer if _overlap(other, whole)), None)
        if same is None:
            longer.append(whole)
        else:
            same.update({index: match for index, match in whole.items() if index not in same})
    return [sorted(run.items()) for run in longer]


def _overlap(one: Mapping[int, Match], other: Mapping[int, Match]) -> bool:
    return any(_agrees((index, one[index]), (index, other[index])) for index in one.keys() & other.keys())


def _walk(mix: Peaks, start: tuple[int, Match], recording: Peaks, step: int, count: int) -> list[tuple[int, Match]]:
    index, match = start
    path, silent = [], 0
    while 0 <= index + step < count and silent < _GAP_WINDOWS:
        index += step
        next_match = verified(_window(mix, index), match.alignment, recording)
        if next_match.evidence >= _LEAST_TO_GO_ON:
            path.append((index, next_match))
            match, silent = next_match, 0
        else:
            silent += 1
    return path


def _runs(found: Sequence[Sequence[Match]]) -> list[list[tuple[int, Match]]]:
    """Chain matches of successive windows in which the same recording goes on as it was."""
    runs: list[list[tuple[int, Match]]] = []
    for index, matches in enumerate(found):
        for match in matches:
            recent = [run for run in runs if index > run[-1][0] >= index - _GAP_WINDOWS]
            fitting = [run for run in recent if _agrees(run[-1], (index, match))]
            if fitting:
                max(fitting, key=len).append((index, match))
            else:
                runs.append([(index, match)])
    return runs


def _agrees(one: tuple[int, Match], other: tuple[int, Match]) -> bool:
    """Tell whether two windows have the same recording, changed alike, at places that follow from one another."""
    before, after = one[1].alignment, other[1].alignment
    if before.number != after.number or abs(before.raised_bins - after.raised_bins) > _SAME_BINS:
        return False
    if abs(np.log2(before.speed / after.speed)) > _SAME_SPEED:
        return False
    between_s = (one[0] + other[0] + 2) / 2 * STEP / FRAMES_PER_S
    return abs(source_time_s(before, between_s) - source_time_s(after, between_s)) <= _CONTINUES_S


def _window(mix: Peaks, index: int) -> Peaks:
    return mix.between(index * STEP, index * STEP + WINDOW)


def _span(mix: Peaks, index: int) -> slice:
    return slice(*np.searchsorted(mix.times, (index * STEP, index * STEP + WINDOW)))


def _explained(mix: Peaks, runs: list[list[tuple[int, Match]]]) -> HitArray:
    explained = np.zeros(mix.times.size, dtype=bool)
    for run in runs:
        for index, match in run:
            explained[_span(mix, index)] |= match.hits
    return explained


def _stretch(mix: Peaks, run: list[tuple[int, Match]]) -> Stretch:
    (first, opening), (last, closing) = run[0], run[-1]
    start_s = float(mix.times[_span(mix, first)][_begins(opening.hits)]) / FRAMES_PER_S
    end_s = float(mix.times[_span(mix, last)][::-1][_begins(closing.hits[::-1])]) / FRAMES_PER_S
    weights = [match.evidence for _, match in run]
    speed = float(np.average([match.alignment.speed for _, match in run], weights=weights))
    raised = float(np.average([match.alignment.raised_bins for _, match in run], weights=weights))
    return Stretch(
        start_s=start_s,
        end_s=end_s,
        source_start_s=max(0.0, source_time_s(opening.alignment, start_s)),
        source_end_s=max(0.0, source_time_s(closing.alignment, end_s)),
        speed=speed,
        transposed_semitones=-raised * 12 / BINS_PER_OCTAVE,
    )


def _begins(hits: HitArray) -> int:
    """Return from which peak of a window on there are so many hits that the recording sounds, rather than chance."""
    return int(np.argmax(np.cumsum(np.where(hits, _HIT_NATS, -_MISS_NATS)[::-1])[::-1]))
