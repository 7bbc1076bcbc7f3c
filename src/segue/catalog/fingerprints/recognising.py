"""Recognising recordings, wherever their landmarks are kept: what an excerpt is, what a mix is made of."""

import asyncio
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from segue.audio.landmark_index import MemoryIndex
from segue.audio.landmark_matching import (
    MOST_GATHERINGS,
    Alignment,
    Match,
    best_matches,
    candidates,
    gathered,
    source_time_s,
    votes_of,
)
from segue.audio.landmark_sources import FoundSource, joined, matches_in, windows
from segue.audio.landmarks import (
    AS_RECORDED,
    BINS_PER_OCTAVE,
    FRAMES_PER_S,
    REWORKED,
    IntArray,
    Peaks,
    Tolerance,
    queries_of,
)

#: Of a longer excerpt, so much is used: from its middle.
LONGEST_EXCERPT_S: Final = 15.0
#: The same, where any change of key and tempo is allowed.
LONGEST_REWORKED_S: Final = 8.0

#: Less evidence than this, in nats, says nothing. What is looked for under any change of key and tempo is more often
#: like something by chance. Of rendered songs that are not there, at most three in ten thousand have as much in either
#: search: benchmarks/ears/thresholds.py extrapolates it.
LEAST_EVIDENCE: Final = 55.0
LEAST_EVIDENCE_REWORKED: Final = 80.0
# Of such songs the best match among 5,000 others has more evidence than `e` with a chance of at most exp((10 - e) / 9):
# where that is most frequent, one in ten has 27, one in a hundred 45.
_USUAL_EVIDENCE: Final = 10.0
_EVIDENCE_SCALE: Final = 9.0


class Recordings(Protocol):
    """Recordings whose landmarks can be asked for."""

    async def lookup(self, hashes: IntArray) -> tuple[IntArray, IntArray]:
        """Return the hash of each landmark that has one of these hashes, and its posting, both ``(found,)``."""

    async def told_of(self, numbers: Collection[int]) -> Collection[int]:
        """Return those of these recordings that may be told of."""

    async def peaks(self, numbers: Collection[int]) -> Mapping[int, Peaks]:
        """Return the peaks of these recordings."""


class InMemory:
    """Recordings of which the peaks are at hand.

    Parameters
    ----------
    peaks
        Of each recording, by its number.
    """

    def __init__(self, peaks: Mapping[int, Peaks]) -> None:
        self._index = MemoryIndex(peaks)

    async def lookup(self, hashes: IntArray) -> tuple[IntArray, IntArray]:
        """Return the hash of each landmark that has one of these hashes, and its posting."""
        return self._index.lookup(hashes)

    async def told_of(self, numbers: Collection[int]) -> Collection[int]:
        """Return these recordings: all may be told of."""
        return numbers

    async def peaks(self, numbers: Collection[int]) -> Mapping[int, Peaks]:
        """Return the peaks of these recordings."""
        return {number: self._index.peaks[number] for number in numbers}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A recording of which an excerpt is a part.

    Attributes
    ----------
    number
        The recording.
    source_start_s, source_end_s
        Where in it the excerpt begins and ends.
    speed
        Seconds of the recording that pass in a second of the excerpt.
    transposed_semitones
        By how much the excerpt sounds above the recording.
    confidence
        0 to 1: one minus the chance that music which is not there looks so much like this recording.
    """

    number: int
    source_start_s: float
    source_end_s: float
    speed: float
    transposed_semitones: float
    confidence: float


async def identify(recordings: Recordings, excerpt: Peaks, duration_s: float) -> list[Recognised]:
    """Find the recordings that an excerpt is of, best first; none if nothing is like it.

    Parameters
    ----------
    excerpt
        Its peaks: of five seconds for certainty under noise, and of `LONGEST_EXCERPT_S` at most.
    duration_s
        Its length.

    Notes
    -----
    It is first taken as recorded, perhaps at a slightly different speed; only if nothing is found, as reworked in key
    or tempo, which asks for four times as much.
    """
    matches = await _matches(recordings, middle_of(excerpt, LONGEST_EXCERPT_S), AS_RECORDED, LEAST_EVIDENCE)
    if not matches:
        matches = await _matches(recordings, middle_of(excerpt, LONGEST_REWORKED_S), REWORKED, LEAST_EVIDENCE_REWORKED)
    return [_recognised(match, duration_s) for match in matches]


async def find_sources(recordings: Recordings, mix: Peaks) -> list[FoundSource]:
    """Find the recordings that a mix is made of, the most heard first.

    Each may be transposed by up to three semitones, stretched by up to a fifth, and reduced to its vocals or to what
    accompanies them.
    """
    found: list[list[Match]] = []
    known: dict[int, Peaks] = {}
    for window in windows(mix):
        alignments = await _alignments(recordings, window, REWORKED)
        known.update(await recordings.peaks({alignment.number for alignment in alignments} - known.keys()))
        found.append(await asyncio.to_thread(matches_in, window, alignments, known))
    return await asyncio.to_thread(joined, mix, found, known)


async def _matches(recordings: Recordings, excerpt: Peaks, tolerance: Tolerance, least_evidence: float) -> list[Match]:
    alignments = await _alignments(recordings, excerpt, tolerance)
    known = await recordings.peaks({alignment.number for alignment in alignments})
    return await asyncio.to_thread(best_matches, excerpt, alignments, known, least_evidence=least_evidence)


async def _alignments(recordings: Recordings, query: Peaks, tolerance: Tolerance) -> list[Alignment]:
    asked = await asyncio.to_thread(queries_of, query, tolerance)
    hashes, postings = await recordings.lookup(asked.hashes)
    votes = await asyncio.to_thread(votes_of, asked, hashes, postings, tolerance)
    gatherings = await asyncio.to_thread(gathered, votes)
    among = await _told_of(recordings, gatherings.numbers)
    return await asyncio.to_thread(candidates, gatherings, tolerance, among=among)


async def _told_of(recordings: Recordings, numbers: IntArray) -> set[int]:
    """Return those that may be told of, of so many recordings that they have all the gatherings which are looked at.

    Parameters
    ----------
    numbers
        The recording of each gathering, the fullest first. Mostly the first of them are enough; where others' copies
        of the excerpt crowd there, more are asked for until what may be told of is found.
    """
    told: set[int] = set()
    asked, portion = 0, MOST_GATHERINGS
    while asked < numbers.size and np.isin(numbers[:asked], sorted(told)).sum() < MOST_GATHERINGS:
        told.update(await recordings.told_of(np.unique(numbers[asked : asked + portion]).tolist()))
        asked, portion = asked + portion, 4 * portion
    return told


def middle_of(excerpt: Peaks, longest_s: float) -> Peaks:
    """Return the peaks of so many seconds in the middle of an excerpt; all if it is shorter."""
    if excerpt.times.size == 0:
        return excerpt
    length = round(longest_s * FRAMES_PER_S)
    start = max(0, (int(excerpt.times[-1]) + 1 - length) // 2)
    return excerpt.between(start, start + length)


def _recognised(match: Match, duration_s: float) -> Recognised:
    alignment = match.alignment
    return Recognised(
        number=alignment.number,
        source_start_s=max(0.0, source_time_s(alignment, 0.0)),
        source_end_s=source_time_s(alignment, duration_s),
        speed=alignment.speed,
        transposed_semitones=-alignment.raised_bins * 12 / BINS_PER_OCTAVE,
        confidence=1.0 - math.exp((_USUAL_EVIDENCE - match.evidence) / _EVIDENCE_SCALE),
    )
