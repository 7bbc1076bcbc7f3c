"""Finding a list on a screen by its layout alone: things that are aligned, and come again at the same distance.

A column of lines that begin at one edge is looked at as a row of positions; the distance at which most of them come
again is the list's pitch. An entry may have several lines (a title above an artist): they stand at fixed offsets below
the first, and the widest gap is that between entries. Columns beside it must keep the pitch, too. So headings, tabs,
status bars, players and other lists on the same screen fall out without anybody saying what they look like.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.library.screenshots.cells import Cell, height_of

#: Fewer than these are no list.
_FEWEST: Final = 3
#: Edges are the same, and so are positions, within these parts of a line's height.
_ALIGNED: Final = 0.35
_IN_STEP: Final = 0.3
#: A second line may begin this many heights further right: there are badges before it.
_INDENTED: Final = 3.5
#: Such a part of the entries must have what shall count as a line or a column of the list.
_USUAL: Final = 0.4
_COLUMN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Column:
    """A column beside the first: what stands in it, by the entry's number."""

    cells: dict[int, Cell]

    @property
    def left(self) -> float:
        """Where it begins."""
        return median(cell.box.left for cell in self.cells.values())

    @property
    def is_text(self) -> bool:
        """Whether it holds words, and not numbers, durations or dates."""
        return 2 * sum(cell.kind == "text" for cell in self.cells.values()) > len(self.cells)

    @property
    def is_clock(self) -> bool:
        """Whether it holds durations."""
        return 2 * sum(cell.kind == "clock" for cell in self.cells.values()) > len(self.cells)


@dataclass(frozen=True, slots=True)
class Grid:
    """A list.

    Attributes
    ----------
    left
        Where its first column of words begins.
    height
        Of a line.
    pitch
        From entry to entry.
    entries
        For each entry's number its lines in the first column, from the first on; each some cells beside each other,
        or none.
    columns
        Those beside the first, from left to right.
    """

    left: float
    height: float
    pitch: float
    entries: dict[int, list[list[Cell]]]
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """Positions that come again: ``base + number * pitch``."""

    base: float
    pitch: float

    def place(self, position: float) -> tuple[int, float]:
        """Return the number of the entry that begins at a position or before it, and how far before."""
        number = int((position - self.base) // self.pitch)
        return number, position - self.base - number * self.pitch


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a list's entries begin, how far below that their lines stand, and where the first column begins."""

    rhythm: _Rhythm
    steps: tuple[float, ...]
    left: float
    height: float


def find_grids(cells: Sequence[Cell]) -> Iterator[Grid]:
    """Give every list that may be seen in some cells, each column of words as the first of one."""
    for aligned in _groups(cells, lambda cell: cell.box.left, _ALIGNED):
        if len(aligned) >= _FEWEST and sum(cell.kind == "text" for cell in aligned) * 2 > len(aligned):
            grid = _grid(aligned, cells)
            if grid is not None:
                yield grid


def _grid(aligned: Sequence[Cell], cells: Sequence[Cell]) -> Grid | None:
    height = height_of(aligned)
    found = _rhythm(aligned, height)
    if found is None:
        return None
    rhythm, sought = found
    left = median(cell.box.left for cell in sought)
    zone = [cell for cell in cells if -_ALIGNED * height <= cell.box.left - left <= _INDENTED * height]
    # Beyond the list's ends there are other things, in step by chance.
    first, last = sought[0].box.middle - rhythm.pitch, sought[-1].box.middle + rhythm.pitch
    zone = [cell for cell in zone if first < cell.box.middle < last]
    offsets = _offsets(zone, rhythm, height, len(sought))
    if not offsets:
        return None
    # A little before the first line, so that lines do not fall before the border by a pixel.
    before = _IN_STEP * height
    steps = tuple(offset - offsets[0] + before for offset in offsets)
    frame = _Frame(_Rhythm(rhythm.base + offsets[0] - before, rhythm.pitch), steps, left, height)
    starts = _starts(zone, frame)
    if len(starts) < _FEWEST:
        return None
    columns = _columns(cells, starts, frame)
    right = min((column.left for column in columns), default=float("inf"))
    entries = {number: [_whole(line, cells, right, height) for line in lines] for number, lines in starts.items()}
    return Grid(left, height, rhythm.pitch, entries, columns)


def _groups(cells: Sequence[Cell], edge: Callable[[Cell], float], share: float) -> Iterator[list[Cell]]:
    """Give the cells in groups of which each has about the same edge, and of which each is ordered from the top."""
    group: list[Cell] = []
    for cell in sorted(cells, key=edge):
        if group and edge(cell) - edge(group[0]) > 2 * share * height_of(group):
            yield sorted(group, key=lambda one: one.box.middle)
            group = []
        group.append(cell)
    if group:
        yield sorted(group, key=lambda one: one.box.middle)


def _rhythm(aligned: Sequence[Cell], height: float) -> tuple[_Rhythm, list[Cell]] | None:
    """Return the rhythm in which most of some aligned cells come again, and the longest chain of those that do."""
    positions = [cell.box.middle for cell in aligned]
    near = _IN_STEP * height
    steps = [
        other - one
        for n, one in enumerate(positions)
        for other in positions[n + 1 : n + 5]
        if other - one > 0.8 * height
    ]
    sought = np.array(positions)
    support = {step: _partners(sought, step, near) for step in dict.fromkeys(steps)}
    most = max(support.values(), default=0)
    if most < _FEWEST - 1:
        return None
    pitch = min(step for step, count in support.items() if count >= 0.85 * most)
    chain = max(_chains(aligned, pitch, near), key=len)
    if len(chain) < _FEWEST:
        return None
    return _fitted([cell.box.middle for cell in chain], pitch), chain


def _partners(positions: NDArray[np.float64], step: float, near: float) -> int:
    """Return of how many ascending positions another is a step away."""
    first = np.searchsorted(positions, positions + (step - near), side="left")
    beyond = np.searchsorted(positions, positions + (step + near), side="right")
    return int(np.count_nonzero(beyond > first))


def _chains(aligned: Sequence[Cell], pitch: float, near: float) -> Iterator[list[Cell]]:
    """Give the cells in chains in which each follows the one before by a pitch, or two where one was not read."""
    left = list(aligned)
    while left:
        chain = [left.pop(0)]
        while (following := _following(chain[-1], left, pitch, near)) is not None:
            chain.append(left.pop(following))
        yield chain


def _following(cell: Cell, others: Sequence[Cell], pitch: float, near: float) -> int | None:
    """Return the place of what follows a cell among others, which are ordered from the top."""
    for step in (pitch, 2 * pitch):
        expected = _middle(cell) + step
        first = bisect_left(others, expected - near, key=_middle)
        close = range(first, bisect_right(others, expected + near, key=_middle))
        if close:
            return min(close, key=lambda place: abs(_middle(others[place]) - expected))
    return None


def _middle(cell: Cell) -> float:
    return cell.box.middle


def _fitted(positions: Sequence[float], pitch: float) -> _Rhythm:
    """Return the rhythm that fits some positions best (least squares)."""
    numbers = [round((position - positions[0]) / pitch) for position in positions]
    mean_number, mean_position = sum(numbers) / len(numbers), sum(positions) / len(positions)
    spread = sum((number - mean_number) ** 2 for number in numbers)
    joint = sum((n - mean_number) * (p - mean_position) for n, p in zip(numbers, positions, strict=True))
    fitted = joint / spread if spread else pitch
    return _Rhythm(mean_position - fitted * mean_number, fitted)


def _offsets(zone: Sequence[Cell], rhythm: _Rhythm, height: float, count: int) -> list[float]:
    """Return how far below the rhythm's positions an entry's lines stand, from its first line on."""
    # Half a step back, so that what is in step falls together and not on both sides of a border.
    turned = _Rhythm(rhythm.base - rhythm.pitch / 2, rhythm.pitch)
    placed = sorted(
        (turned.place(cell.box.middle)[1] - rhythm.pitch / 2, turned.place(cell.box.middle)[0]) for cell in zone
    )
    clusters: list[list[tuple[float, int]]] = []
    for offset, number in placed:
        if clusters and offset - clusters[-1][0][0] <= 2 * _IN_STEP * height:
            clusters[-1].append((offset, number))
        else:
            clusters.append([(offset, number)])
    usual = [cluster for cluster in clusters if len({number for _, number in cluster}) >= max(2, _USUAL * count)]
    offsets = [median(offset for offset, _ in cluster) for cluster in usual]
    if len(offsets) < 2:
        return offsets
    gaps = [later - earlier for earlier, later in pairwise(offsets)] + [offsets[0] + rhythm.pitch - offsets[-1]]
    first = (gaps.index(max(gaps)) + 1) % len(offsets)
    return offsets[first:] + [offset + rhythm.pitch for offset in offsets[:first]]


def _starts(zone: Sequence[Cell], frame: _Frame) -> dict[int, list[list[Cell]]]:
    """Return the cells of each line of each entry that has a first line; what is not in step is none of it."""
    lines: dict[int, list[list[Cell]]] = {}
    steps = frame.steps
    for cell in zone:
        number, offset = frame.rhythm.place(cell.box.middle)
        nearest = min(range(len(steps)), key=lambda line: abs(steps[line] - offset))
        if abs(steps[nearest] - offset) <= 2 * _IN_STEP * frame.height:
            lines.setdefault(number, [[] for _ in steps])[nearest].append(cell)
    entries = {number: found for number, found in sorted(lines.items()) if found[0]}
    return _trimmed(entries, frame)


def _trimmed(entries: dict[int, list[list[Cell]]], frame: _Frame) -> dict[int, list[list[Cell]]]:
    """Return the entries without what is in step with them by chance, above the first or below the last."""
    kept = dict(entries)
    usually_whole = 2 * sum(map(all, kept.values())) > len(kept)
    for inwards in (1, -1):
        while kept:
            end, *others = sorted(kept, reverse=inwards < 0)
            indented = min(cell.box.left for cell in kept[end][0]) - frame.left > _ALIGNED * frame.height
            whole = all(kept[end]) or not usually_whole
            alone = not others or (others[0] - end != inwards and not whole)
            # What scrolls out at the top loses its first line first: one that has only that is a heading.
            heads = inwards > 0 and not whole
            if not (indented or alone or heads):
                break
            del kept[end]
    return kept


def _columns(cells: Sequence[Cell], entries: dict[int, list[list[Cell]]], frame: _Frame) -> list[Column]:
    """Return the columns beside the first: aligned at either edge or in the middle, and in step."""
    rhythm, steps, height = frame.rhythm, frame.steps, frame.height
    # An entry reaches as far above its first line as below its last.
    band = _Rhythm(rhythm.base + (steps[0] + steps[-1] - rhythm.pitch) / 2, rhythm.pitch)
    beside = [
        cell
        for cell in cells
        if cell.box.left > frame.left + _INDENTED * height and band.place(cell.box.middle)[0] in entries
    ]
    wanted = max(2, _COLUMN * len(entries))
    columns: list[Column] = []
    edges: tuple[Callable[[Cell], float], ...] = (
        lambda cell: cell.box.left,
        lambda cell: cell.box.right,
        lambda cell: (cell.box.left + cell.box.right) / 2,
    )
    for edge in edges:
        for group in _groups(beside, edge, _ALIGNED):
            in_step = _in_step(group, band, height)
            if len(in_step) >= wanted:
                columns.append(Column(in_step))
        taken = {id(cell) for column in columns for cell in column.cells.values()}
        beside = [cell for cell in beside if id(cell) not in taken]
    return sorted(columns, key=lambda column: column.left)


def _in_step(group: Sequence[Cell], band: _Rhythm, height: float) -> dict[int, Cell]:
    """Return those of a group that stand where most of them stand in their entries, by the entry's number."""
    placed = [(*band.place(cell.box.middle), cell) for cell in group]
    usual = median(offset for _, offset, _ in placed)
    return {number: cell for number, offset, cell in placed if abs(offset - usual) <= 2 * _IN_STEP * height}


def _whole(line: Sequence[Cell], cells: Sequence[Cell], right: float, height: float) -> list[Cell]:
    """Return a line with what goes on beside it, up to where the next column begins."""
    whole = sorted(line, key=lambda cell: cell.box.left)
    if not whole:
        return whole
    level = [cell for cell in cells if abs(cell.box.middle - whole[0].box.middle) <= _IN_STEP * height]
    for cell in sorted(level, key=lambda cell: cell.box.left):
        beyond = cell.box.left > whole[-1].box.left and cell not in whole
        if beyond and cell.box.left - whole[-1].box.right <= 1.5 * height and cell.box.left < right - 0.5 * height:
            whole.append(cell)
    return whole
