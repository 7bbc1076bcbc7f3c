"""Planning how a song goes on: which of its stretches follow each other, until it ends with its own end."""

import heapq
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.extending.graph import Graph, Jump
from segue.audio.extending.material import Material
from segue.audio.signal import FloatArray

#: A stretch is at least so long, in bars and in seconds, and better at least so long.
_LEAST_BARS, _LEAST_S = 4, 8.0
_GOOD_BARS, _GOOD_S = 12, 24.0
_SHORT: Final = 1.2
#: What is heard again sooner than this share of the song's length ago is too soon; a share of it costs so much.
_SOON, _REPEAT = 0.75, 8.0
#: The same jump within so many seconds, and one nearby.
_SAME_JUMP_S, _SAME_JUMP, _NEAR_JUMP = 420.0, 2.5, 0.8
_NEAR_BARS: Final = 2
#: How much is lost where the end of the song is left out at first: for all of it.
_LEFT_OUT: Final = 12.0
_BRIDGE, _NEXT_BRIDGE_S, _SOON_AGAIN = 2.5, 240.0, 6.0
#: What a bar costs by which the length is missed, and beyond the first one.
_OFF_LENGTH, _FAR_OFF = 0.7, 50.0
_CHANCE: Final = 0.25
#: Of each moment, so many walks are followed up, each in so many ways.
_WALKS, _WAYS = 48, 12
_BUCKET_BARS, _BUCKET_S = 4, 8.0
#: Walks are told apart by where they are, to so many beats.
_ABOUT_BEATS: Final = 16
#: Where no way leads back over so much of the song, a walk is trapped: in bars, and as a share of the song from and to.
_ROOM_BARS, _ROOM, _MOST_ROOM = 24, 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Bridge:
    """New music between two stretches.

    Attributes
    ----------
    leave, enter
        Edges of the `Material` between which it lies: both begin bars.
    bars
        How long it is.
    """

    leave: int
    enter: int
    bars: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Beats of the song in their own order.

    Attributes
    ----------
    start, end
        Edges of the `Material`.
    start_s
        When it begins in what is made, to within a beat.
    after
        How it is come to; ``None`` for the first.
    """

    start: int
    end: int
    start_s: float
    after: Jump | Bridge | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """What is played one after the other: first the song from its beginning, in the end the song to its end.

    Attributes
    ----------
    stretches
        At least one.
    duration_s
        How long all of it is.
    """

    stretches: tuple[Stretch, ...] = field(repr=False)
    duration_s: float

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """The jumps that are taken, in order."""
        return tuple(stretch.after for stretch in self.stretches if isinstance(stretch.after, Jump))

    @property
    def bridges(self) -> tuple[Bridge, ...]:
        """The bridges that are crossed, in order."""
        return tuple(stretch.after for stretch in self.stretches if isinstance(stretch.after, Bridge))


@dataclass(slots=True, eq=False)
class _Path:
    """A walk up to where it enters its newest stretch."""

    time_s: float
    enter: int
    cost: float
    parent: "_Path | None" = None
    by: int = -1
    last_s: FloatArray | None = None


def walk(material: Material, graph: Graph, duration_s: float, *, seed: int, bridges: tuple[Bridge, ...] = ()) -> Walk:
    """Plan a song of another length.

    The first stretch leads from the beginning as far as there is a way back, the last one to the song's own end.
    Between them a beam search over jumps weighs what each costs, how long the stretches are, how long ago each beat was
    last heard, and which jumps were taken lately.

    Parameters
    ----------
    material, graph
        The song and its jumps.
    duration_s
        How long it shall be; longer than the song.
    seed
        The same seed gives the same walk; another one, most likely, another.
    bridges
        New music that may be crossed: dear, so that it is where jumps fail, or repeat.

    Returns
    -------
    Walk
        The nearest to the wanted length where no walk has it: the song itself where there is no jump.
    """
    return _Search(material, graph, duration_s, seed, bridges).best()


class _Search:
    """A beam search, in the order of time."""

    def __init__(
        self, material: Material, graph: Graph, duration_s: float, seed: int, bridges: tuple[Bridge, ...]
    ) -> None:
        self._ways: list[Jump | Bridge] = sorted([*graph.jumps, *bridges], key=lambda way: (way.leave, way.enter))
        self._edges = material.edges_s
        self._wanted_s = duration_s
        self._song_s = material.duration_s
        self._bar_s = material.bar_s
        self._rng = np.random.default_rng(abs(seed))
        self._leaves = np.array([way.leave for way in self._ways], dtype=np.int64)
        self._enters = np.array([way.enter for way in self._ways], dtype=np.int64)
        self._between_s = np.array([way.bars * self._bar_s if isinstance(way, Bridge) else 0.0 for way in self._ways])
        self._costs = np.array([_BRIDGE if isinstance(way, Bridge) else way.cost for way in self._ways])
        self._new = np.array([isinstance(way, Bridge) for way in self._ways], dtype=np.bool_)
        self._beats = np.diff(self._edges)
        self._least_s = max((_LEAST_BARS - 0.1) * self._bar_s, _LEAST_S)
        self._good_s = max(_GOOD_BARS * self._bar_s, _GOOD_S)
        self._near_s = _NEAR_BARS * self._bar_s
        self._soon_s = _SOON * float(self._edges[-1] - self._edges[0])
        self._outro = _outro(material)
        self._trapped = self._traps()

    def best(self) -> Walk:
        """Return the cheapest walk of the wanted length."""
        first = _Path(float(self._edges[0]), 0, 0.0, last_s=np.full(self._beats.size, -np.inf, dtype=np.float32))
        best, least = first, np.inf
        buckets: dict[int, list[_Path]] = {0: [first]}
        order = [0]
        width = max(_BUCKET_BARS * self._bar_s, _BUCKET_S)
        while order:
            for path in self._kept(buckets.pop(heapq.heappop(order))):
                self._remember(path)
                total = path.cost + self._ending_cost(path)
                if total < least:
                    best, least = path, total
                for child in self._followed(path):
                    bucket = int(child.time_s // width)
                    if bucket not in buckets:
                        buckets[bucket] = []
                        heapq.heappush(order, bucket)
                    buckets[bucket].append(child)
        return self._told(best)

    def _traps(self) -> NDArray[np.bool_]:
        """Tell of each way whether it leads to where only little of the song can be reached."""
        usable = self._leaves <= self._outro
        earliest = np.searchsorted(self._edges, self._edges[self._enters] + self._least_s)
        firsts = np.searchsorted(self._leaves, earliest)
        reached = self._enters.copy()
        while True:
            # The least edge that may be reached by any way from each on, which are in order of their leaves.
            onwards = np.minimum.accumulate(np.where(usable, reached, self._edges.size - 1)[::-1])[::-1]
            farther = np.minimum(reached, np.append(onwards, self._edges.size - 1)[firsts])
            if (farther == reached).all():
                break
            reached = farther
        room_s = self._edges[self._outro] - self._edges[reached]
        least_s = min(max(_ROOM_BARS * self._bar_s, _ROOM * self._song_s), _MOST_ROOM * self._song_s)
        return np.asarray(room_s < least_s)

    def _kept(self, paths: list[_Path]) -> list[_Path]:
        """Return the cheapest paths of a moment, one for each place in the song and bar of what is made."""
        kept: dict[tuple[int, int], _Path] = {}
        for path in sorted(paths, key=lambda path: path.cost):
            kept.setdefault((path.enter // _ABOUT_BEATS, round(path.time_s / self._bar_s)), path)
        return list(kept.values())[:_WALKS]

    def _remember(self, path: _Path) -> None:
        """Note when each beat was last played before a path's newest stretch."""
        if path.parent is None or path.parent.last_s is None:
            return
        start, leave = path.parent.enter, int(self._leaves[path.by])
        path.last_s = path.parent.last_s.copy()
        path.last_s[start:leave] = path.parent.time_s + self._edges[start:leave] - self._edges[start]

    def _repeats(self, path: _Path, end: int) -> NDArray[np.float64]:
        """Return what repetition costs from a path's entry up to each edge until one, ``(end - enter + 1,)``."""
        assert path.last_s is not None  # noqa: S101 - `_remember` comes first
        span = slice(path.enter, end)
        ago = path.time_s + self._edges[span] - self._edges[path.enter] - path.last_s[span]
        soon = np.square(np.maximum(0.0, 1.0 - ago / self._soon_s)) * self._beats[span] / self._soon_s
        return np.concatenate([[0.0], _REPEAT * np.cumsum(soon)])

    def _ending_cost(self, path: _Path) -> float:
        """Return what it costs to play on to the end from here."""
        off_bars = abs(self._end_s(path.time_s, path.enter) - self._wanted_s) / self._bar_s
        short = max(0.0, 1.0 - (self._song_s - float(self._edges[path.enter])) / self._good_s)
        cost = _OFF_LENGTH * off_bars + _FAR_OFF * max(0.0, off_bars - 1.0) + _SHORT * short
        return cost + float(self._repeats(path, max(path.enter, self._outro))[-1])

    def _end_s(self, time_s: float, enter: int) -> float:
        """Return when a walk ends that plays on to the end from an edge at a time."""
        return time_s + self._song_s - float(self._edges[enter])

    def _followed(self, path: _Path) -> list[_Path]:
        """Return the most promising ways on."""
        earliest = np.searchsorted(self._edges, self._edges[path.enter] + self._least_s)
        ways = np.arange(int(np.searchsorted(self._leaves, earliest)), len(self._ways))
        leaves, enters = self._leaves[ways], self._enters[ways]
        times = path.time_s + self._edges[leaves] - self._edges[path.enter]
        ends_s = times + self._between_s[ways] + self._song_s - self._edges[enters]
        last = np.abs(ends_s - self._wanted_s) <= self._bar_s
        possible = (leaves <= self._outro) & (enters < self._outro) & (last | ~self._trapped[ways])
        possible &= times + self._least_s < self._wanted_s
        ways, times = ways[possible], times[possible]
        if not ways.size:
            return []
        costs = self._step_costs(path, ways, times) + _CHANCE * self._rng.random(ways.size)
        chosen = self._various(ways, costs)
        return [
            _Path(
                float(times[at] + self._between_s[ways[at]]),
                int(self._enters[ways[at]]),
                path.cost + float(costs[at]),
                path,
                int(ways[at]),
            )
            for at in chosen
        ]

    def _step_costs(self, path: _Path, ways: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        leaves = self._leaves[ways]
        lasts_s = self._edges[leaves] - self._edges[path.enter]
        costs = self._costs[ways] + _SHORT * np.maximum(0.0, 1.0 - lasts_s / self._good_s)
        costs += self._repeats(path, int(leaves.max()))[leaves - path.enter]
        if path.parent is None:
            costs += _LEFT_OUT * (self._edges[-1] - self._edges[leaves]) / (self._edges[-1] - self._edges[0])
        else:
            costs += self._habit(path, ways, times)
        # The stretch that would follow was heard just now, or is to be heard soon: both are told by its first bars.
        return np.asarray(costs + self._ahead(path, ways, times))

    def _ahead(self, path: _Path, ways: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what it costs that the bars which follow a jump were heard lately."""
        assert path.last_s is not None  # noqa: S101 - `_remember` comes first
        enters, leaves = self._enters[ways], self._leaves[ways]
        ahead = np.searchsorted(self._edges, self._edges[enters] + self._least_s)
        middle = np.minimum((enters + ahead) // 2, self._beats.size - 1)
        last = path.last_s[middle].astype(np.float64)
        just = (middle >= path.enter) & (middle < leaves)
        last = np.where(just, path.time_s + self._edges[middle] - self._edges[path.enter], last)
        return np.asarray(np.square(np.maximum(0.0, 1.0 - (times - last) / self._soon_s)))

    def _habit(self, path: _Path, ways: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what it costs that jumps of the same kind were taken not long ago."""
        costs = np.zeros(ways.size)
        at: _Path | None = path
        leaves, enters = self._edges[self._leaves[ways]], self._edges[self._enters[ways]]
        while at is not None and at.parent is not None and path.time_s - at.time_s < _SAME_JUMP_S:
            ago = times - at.time_s
            fresh = np.maximum(0.0, 1.0 - ago / _SAME_JUMP_S)
            near_leave = np.abs(leaves - self._edges[self._leaves[at.by]]) < self._near_s
            near_enter = np.abs(enters - self._edges[self._enters[at.by]]) < self._near_s
            costs += fresh * (_SAME_JUMP * (near_leave & near_enter) + _NEAR_JUMP * (near_leave ^ near_enter))
            if self._new[at.by]:
                costs += _SOON_AGAIN * self._new[ways] * np.maximum(0.0, 1.0 - ago / _NEXT_BRIDGE_S)
            at = at.parent
        return costs

    def _various(self, ways: NDArray[np.int64], costs: NDArray[np.float64]) -> list[int]:
        """Return the cheapest ways on, few of which leave at the same edge or enter at it."""
        chosen: list[int] = []
        leaves: dict[int, int] = {}
        enters: dict[int, int] = {}
        for at in np.argsort(costs, kind="stable"):
            leave, enter = int(self._leaves[ways[at]]), int(self._enters[ways[at]])
            if leaves.get(leave, 0) < 2 and enters.get(enter, 0) < 2:
                chosen.append(int(at))
                leaves[leave] = leaves.get(leave, 0) + 1
                enters[enter] = enters.get(enter, 0) + 1
            if len(chosen) == _WAYS:
                break
        return chosen

    def _told(self, path: _Path) -> Walk:
        """Return the walk that a path is, played to the end."""
        paths = [path]
        while paths[-1].parent is not None:
            paths.append(paths[-1].parent)
        paths.reverse()
        ends = [int(self._leaves[later.by]) for later in paths[1:]] + [self._beats.size]
        stretches = tuple(
            Stretch(one.enter, end, one.time_s, self._ways[one.by] if one.by >= 0 else None)
            for one, end in zip(paths, ends, strict=True)
        )
        return Walk(stretches, path.time_s + self._song_s - float(self._edges[path.enter]))


def _outro(material: Material) -> int:
    """Return the edge from which on the song ends: its last section if that is an outro or silence."""
    at = material.count
    for label in ("silence", "outro"):
        while at > material.count // 2 and material.labels[at - 1] == label:
            at -= 1
    return at
