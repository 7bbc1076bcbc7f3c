"""Matching landmarks: from the landmarks that a query shares with known recordings to where in which of them it lies.

A hash that is found is a vote for a recording, a transposition and an offset in time. Where votes agree, a line through
them gives the speed; the candidate is then held against *all* peaks of both recordings, which settles it: of the
peaks of something else only a few coincide by chance.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.landmarks import FRAMES_PER_S, IntArray, Landmarks, Peaks, Tolerance
from segue.audio.signal import FloatArray

HitArray = NDArray[np.bool_]

#: Recordings are numbered below this.
NUMBERS: Final = 1 << 24
#: So many gatherings of votes are looked at; one place in a recording has about four, which overlap.
MOST_GATHERINGS: Final = 192

_TIME_BITS: Final = 22
_PITCH_BITS: Final = 10
_LENGTH_BITS: Final = 7
_PITCH_STEPS: Final = 4  # of a bin, in which a posting keeps a pitch

_CELL_FRAMES: Final = 64
_CELL_BINS: Final = 3.0
_LEAST_VOTES: Final = 4
_SPEED_STEP_OCTAVES: Final = 0.0125
_SLOT_FRAMES: Final = 3
_NEAR_FRAMES: Final = 2
_NEAR_BINS: Final = 1
_FEWEST_TO_FIT: Final = 6
_SHORTEST_TO_FIT_FRAMES: Final = 64
_BINS: Final = 168


@dataclass(frozen=True, slots=True)
class Votes:
    """Landmarks of a query with landmarks of recordings that have the same hash, all arrays ``(votes,)``.

    Attributes
    ----------
    numbers
        Of the recordings.
    times, pitches
        Of the recordings' landmarks, in frames and bins.
    query_times
        Of the query's.
    raised_bins
        By how much the recording's lies above the query's.
    stretched_octaves
        Binary logarithm of how much longer the recording's is.
    """

    numbers: IntArray
    times: IntArray
    query_times: IntArray
    raised_bins: FloatArray
    stretched_octaves: FloatArray

    def only(self, kept: IntArray) -> "Votes":
        """Return those at some indices."""
        return Votes(
            self.numbers[kept],
            self.times[kept],
            self.query_times[kept],
            self.raised_bins[kept],
            self.stretched_octaves[kept],
        )


@dataclass(frozen=True, slots=True)
class Gatherings:
    """Where many votes agree on a recording and, roughly, on a transposition and an offset; those with the most first.

    Attributes
    ----------
    votes
        All votes.
    numbers
        The recording of each gathering, ``(gatherings,)``.
    cells
        The four neighbouring cells that each consists of, ``(gatherings, 4)``; -1 where nobody voted.
    order, starts
        Cell ``c`` has the votes ``order[starts[c] : starts[c + 1]]``.
    """

    votes: Votes
    numbers: IntArray
    cells: IntArray
    order: IntArray
    starts: IntArray


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a query lies in a recording: query frame ``t`` is at frame ``offset + speed * t`` of it.

    Attributes
    ----------
    number
        The recording.
    offset
        Frames.
    speed
        Frames of the recording that pass in a frame of the query: above 1 the query is the recording sped up.
    raised_bins
        By how much the recording lies above the query.
    votes
        Landmarks that agree on it.
    """

    number: int
    offset: float
    speed: float
    raised_bins: float
    votes: int


@dataclass(frozen=True, slots=True)
class Match:
    """An alignment that was held against all peaks.

    Attributes
    ----------
    alignment
        Fitted to the peaks that coincide.
    hits
        Which of the query's peaks the recording has too, ``bool`` ``(peaks,)``.
    compared
        How many of the query's peaks lie where the recording could have one.
    evidence
        How far above chance that many coincidences are, in nats: ``compared`` times the Kullback-Leibler divergence of
        the share of hits from the share expected by chance.
    """

    alignment: Alignment
    hits: HitArray
    compared: int
    evidence: float


def postings_of(number: int, landmarks: Landmarks) -> IntArray:
    """Return what is kept of each landmark of a recording beside its hash, one positive 63-bit number each."""
    if not 0 <= number < NUMBERS:
        raise ValueError(f"recordings are numbered from 0 to {NUMBERS - 1}, not {number}")
    packed = np.int64(number) << _TIME_BITS | landmarks.times
    packed = packed << _PITCH_BITS | np.round(landmarks.pitches * _PITCH_STEPS).astype(np.int64)
    return np.asarray(packed << _LENGTH_BITS | landmarks.lengths, dtype=np.int64)


def votes_of(query: Landmarks, hashes: IntArray, postings: IntArray, tolerance: Tolerance) -> Votes:
    """Join a query with what was found for its hashes.

    Parameters
    ----------
    query
        From `queries_of`.
    hashes, postings
        The hash of each posting found, and the posting, both ``(found,)``, in any order.
    tolerance
        What the query was asked with: a vote for a greater change is none.
    """
    order = np.argsort(query.hashes, kind="stable")
    known = query.hashes[order]
    low, high = np.searchsorted(known, hashes), np.searchsorted(known, hashes, side="right")
    counts = high - low
    posting = np.repeat(postings, counts)
    mine = order[np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(posting.size)]
    lengths = posting & ((1 << _LENGTH_BITS) - 1)
    pitches = (posting >> _LENGTH_BITS) & ((1 << _PITCH_BITS) - 1)
    times = (posting >> (_LENGTH_BITS + _PITCH_BITS)) & ((1 << _TIME_BITS) - 1)
    votes = Votes(
        numbers=posting >> (_LENGTH_BITS + _PITCH_BITS + _TIME_BITS),
        times=times,
        query_times=query.times[mine],
        raised_bins=(pitches / _PITCH_STEPS - query.pitches[mine]).astype(np.float32),
        stretched_octaves=np.log2(lengths / query.lengths[mine]).astype(np.float32),
    )
    # A length is known to a frame or so at either end.
    slack = tolerance.stretch_octaves + 2.0 / query.lengths[mine]
    plausible = (np.abs(votes.raised_bins) <= tolerance.pitch_bins + 0.75) & (np.abs(votes.stretched_octaves) <= slack)
    return votes.only(np.flatnonzero(plausible))


def gathered(votes: Votes) -> Gatherings:
    """Gather votes by recording, transposition and offset, in squares of two by two cells: so none is cut apart."""
    width = 1 << 18
    row, column = _cells(votes)
    keys = (votes.numbers * 64 + row) * width + column
    order = np.argsort(keys, kind="stable")
    cells, starts, counts = np.unique(keys[order], return_index=True, return_counts=True)
    neighbours = cells[:, None] + np.array((0, 1, width, width + 1))
    places = np.minimum(np.searchsorted(cells, neighbours), max(cells.size - 1, 0))
    there = cells[places] == neighbours
    total = np.where(there, counts[places], 0).sum(axis=1)
    fullest = np.argsort(-total, kind="stable")
    fullest = fullest[total[fullest] >= _LEAST_VOTES]
    squares = np.where(there, places, -1)[fullest]
    return Gatherings(votes, cells[fullest] // (64 * width), squares, order, np.append(starts, order.size))


def candidates(
    gatherings: Gatherings,
    tolerance: Tolerance,
    *,
    among: Collection[int] | None = None,
    most: int = MOST_GATHERINGS,
) -> list[Alignment]:
    """Return the alignments that the most votes agree on, best first, at most one for each cell of pitch and offset.

    Parameters
    ----------
    among
        Recordings beside which there are none; all if there is no such limit.
    most
        So many gatherings are looked at.
    """
    votes = gatherings.votes
    squares = gatherings.cells
    if among is not None:
        squares = squares[np.isin(gatherings.numbers, np.fromiter(among, np.int64, len(among)))]
    middle = _middle(votes)
    found = [_agreed(votes.only(members), tolerance, middle) for members in _members(gatherings, squares[:most])]
    return sorted((alignment for alignment in found if alignment is not None), key=lambda alignment: -alignment.votes)


def verified(query: Peaks, alignment: Alignment, recording: Peaks) -> Match:
    """Hold an alignment against all peaks of the query and the recording, and fit it to those that coincide."""
    match, partners = _compared(query, alignment, recording)
    for _ in range(2):
        alignment = _fitted(query, match, partners, recording)
        again, partners = _compared(query, alignment, recording)
        if again.evidence < match.evidence:
            break
        match = again
    return match


def best_matches(
    query: Peaks, alignments: list[Alignment], peaks: Mapping[int, Peaks], *, least_evidence: float
) -> list[Match]:
    """Return the best match with each recording that has evidence enough, the best first."""
    best: dict[int, Match] = {}
    for alignment in alignments:
        if alignment.number in peaks:
            match = verified(query, alignment, peaks[alignment.number])
            known = best.get(alignment.number)
            if match.evidence >= least_evidence and (known is None or match.evidence > known.evidence):
                best[alignment.number] = match
    return sorted(best.values(), key=lambda match: -match.evidence)


def source_time_s(alignment: Alignment, time_s: float) -> float:
    """Return where in the recording a time of the query lies, in seconds."""
    return alignment.offset / FRAMES_PER_S + alignment.speed * time_s


def _middle(votes: Votes) -> int:
    return int(np.median(votes.query_times)) if votes.query_times.size else 0


def _cells(votes: Votes) -> tuple[IntArray, IntArray]:
    lag = votes.times - votes.query_times + _middle(votes)
    return np.floor(votes.raised_bins / _CELL_BINS).astype(np.int64) + 16, lag // _CELL_FRAMES + 64


def _members(gatherings: Gatherings, squares: IntArray) -> Iterator[IntArray]:
    """Yield the votes of some gatherings, but of those that hold only cells which earlier ones held."""
    order, starts = gatherings.order, gatherings.starts
    seen: set[int] = set()
    for square in squares.tolist():
        cells = [cell for cell in square if cell >= 0]
        if not seen.issuperset(cells):
            seen.update(cells)
            yield np.concatenate([order[starts[cell] : starts[cell + 1]] for cell in cells])


def _agreed(votes: Votes, tolerance: Tolerance, middle: int) -> Alignment | None:
    """Return the pitch, speed and offset that the most of some votes share, each triplet of the query counted once."""
    raised = _densest(votes.raised_bins)
    votes = votes.only(np.flatnonzero(np.abs(votes.raised_bins - raised) <= 1.0))
    reach = tolerance.stretch_octaves + _SPEED_STEP_OCTAVES / 2
    speeds = 2.0 ** np.arange(-reach, reach + _SPEED_STEP_OCTAVES / 2, _SPEED_STEP_OCTAVES)
    offsets = votes.times - speeds[:, None] * (votes.query_times - middle)
    slots = np.floor(offsets / _SLOT_FRAMES).astype(np.int64)
    lowest = int(slots.min())
    width = int(slots.max()) - lowest + 2
    keys = np.arange(speeds.size)[:, None] * width + slots - lowest
    counts = np.bincount(keys.ravel(), minlength=speeds.size * width).reshape(speeds.size, width)
    paired = counts[:, :-1] + counts[:, 1:]
    # Of speeds with as many votes the one that changes least.
    likelihood = paired - 1e-3 * np.abs(np.log2(speeds))[:, None]
    speed, slot = np.unravel_index(int(np.argmax(likelihood)), paired.shape)
    agreeing = np.flatnonzero((slots[speed] == slot + lowest) | (slots[speed] == slot + lowest + 1))
    count = np.unique(votes.query_times[agreeing] * (1 << 12) + votes.times[agreeing] % (1 << 12)).size
    if count < _LEAST_VOTES - 1:
        return None
    chosen = float(speeds[speed])
    offset = float(np.median(offsets[speed][agreeing])) - chosen * middle
    raised = float(np.median(votes.raised_bins[agreeing]))
    return Alignment(int(votes.numbers[0]), offset, chosen, raised, count)


def _densest(values: FloatArray) -> float:
    """Return the middle of the interval of width 1 that holds the most values."""
    ordered = np.sort(values)
    reach = np.searchsorted(ordered, ordered + np.float32(1.0), side="right") - np.arange(ordered.size)
    start = int(np.argmax(reach))
    return float(np.median(ordered[start : start + reach[start]]))


def _compared(query: Peaks, alignment: Alignment, recording: Peaks) -> tuple[Match, IntArray]:
    """Return which peaks coincide under an alignment, and the recording's partner of each."""
    times = np.round(alignment.offset + alignment.speed * query.times).astype(np.int64)
    bins = np.round(query.pitches + alignment.raised_bins).astype(np.int64)
    known = recording.times * 256 + np.round(recording.pitches).astype(np.int64)
    steps = np.add.outer(np.arange(-_NEAR_FRAMES, _NEAR_FRAMES + 1) * 256, np.arange(-_NEAR_BINS, _NEAR_BINS + 1))
    wanted = (times * 256 + bins)[:, None] + steps.ravel()
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known[order], wanted), max(known.size - 1, 0))
    same = known[order][place] == wanted
    end = int(recording.times[-1]) if recording.times.size else 0
    possible = (times >= 0) & (times <= end) & (bins >= 0) & (bins < _BINS)
    hits = same.any(axis=1) & possible
    partners = order[place[np.arange(times.size), np.argmax(same, axis=1)]]
    compared = int(possible.sum())
    evidence = _evidence(int(hits.sum()), compared, _chance(times[possible], recording))
    return Match(alignment, hits, compared, evidence), partners


def _chance(times: IntArray, recording: Peaks) -> float:
    """Return the share of peaks that would coincide if the recording's were scattered at random."""
    if times.size == 0:
        return 1.0
    low, high = int(times.min()), int(times.max()) + 1
    around = np.searchsorted(recording.times, (low, high))
    area = (2 * _NEAR_FRAMES + 1) * (2 * _NEAR_BINS + 1)
    return min(0.5, max(0.01, float(around[1] - around[0]) * area / ((high - low) * _BINS)))


def _evidence(hits: int, compared: int, chance: float) -> float:
    if compared == 0 or hits <= chance * compared:
        return 0.0
    share = hits / compared
    rest = (1.0 - share) * np.log((1.0 - share) / (1.0 - chance)) if share < 1.0 else 0.0
    return float(compared * (share * np.log(share / chance) + rest))


def _fitted(query: Peaks, match: Match, partners: IntArray, recording: Peaks) -> Alignment:
    """Return an alignment moved, and where the peaks tell, turned, to where the coincident peaks lie."""
    alignment = match.alignment
    mine, theirs = np.flatnonzero(match.hits), partners[match.hits]
    if mine.size < _FEWEST_TO_FIT:
        return alignment
    times, places = query.times[mine].astype(np.float64), recording.times[theirs].astype(np.float64)
    speed = alignment.speed
    spread = times - times.mean()
    if np.ptp(times) >= _SHORTEST_TO_FIT_FRAMES:
        speed = float(spread @ (places - places.mean()) / (spread @ spread))
    offset = float(np.mean(places - speed * times))
    raised = float(np.median(recording.pitches[theirs] - query.pitches[mine]))
    return replace(alignment, offset=offset, speed=speed, raised_bins=raised)
