"""Where entries of a list stand: numbers with room between them, of which an edit changes as few as can be."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, TypeVar

#: Between two entries that come one after the other: so often can something be put between, half by half, is 32 times.
GAP: Final = 2**32
_FARTHEST: Final = 2**62

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


def placed(positions: Sequence[int | None]) -> list[int]:
    """Return positions in ascending order for a list.

    Parameters
    ----------
    positions
        What each item of the list has, in the list's order; None where it is new. No position twice.

    Returns
    -------
    list of int
        As many of them as can be stay as they are. Where no room is left between two of those, all are given anew.
    """
    stay = _longest_rising([(index, value) for index, value in enumerate(positions) if value is not None])
    found: list[int] = []
    for index, value in stay:
        room = _between(found[-1] if found else None, value, index - len(found))
        if room is None:
            return [GAP * place for place in range(len(positions))]
        found += [*room, value]
    last = found[-1] if found else -GAP
    found += [last + GAP * (step + 1) for step in range(len(positions) - len(found))]
    if found and max(abs(found[0]), abs(found[-1])) > _FARTHEST:
        return [GAP * place for place in range(len(positions))]
    return found


def moved(items: Sequence[Item], which: Callable[[Item], bool], block: Sequence[Item], position: int) -> list[Item]:
    """Return a list with a block put where, afterwards, `position` items stand before it.

    Parameters
    ----------
    which
        Tells the items that are in the block.
    block
        Those, in the order that they are to have.
    """
    rest = [item for item in items if not which(item)]
    return [*rest[:position], *block, *rest[position:]]


def matched(had: Iterable[tuple[Key, Item]], wanted: Iterable[Key]) -> list[Item | None]:
    """Return for each wanted key one of the items that has it, each once and the first ones first, or None."""
    left: dict[Key, deque[Item]] = defaultdict(deque)
    for key, item in had:
        left[key].append(item)
    return [left[key].popleft() if left[key] else None for key in wanted]


def _between(low: int | None, high: int, count: int) -> list[int] | None:
    """Return `count` positions between two, the lower of which may be absent; None where there is no room."""
    if low is None:
        return [high - GAP * step for step in range(count, 0, -1)]
    step = (high - low) // (count + 1)
    return None if step < 1 else [low + step * (number + 1) for number in range(count)]


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest of those parts of pairs, in their order, whose second values rise (patience sorting)."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, value) in enumerate(pairs):
        pile = bisect_left(tops, value)
        before.append(ends[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(value)
            ends.append(number)
        else:
            tops[pile] = value
            ends[pile] = number
    chain: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]
