"""Lists of a platform read bit by bit: each time only what is new, and on where it was left when it was cut off."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from typing import Final

from segue.library.connects.errors import AccessLapsed, PlatformRefused
from segue.library.connects.platforms.platform import Batch, Cursor
from segue.library.formats.entries import Entry

#: No list is read further, nor in more pages: some may be empty.
LONGEST_LIST: Final = 10_000
MOST_PAGES: Final = 1_000
#: Where a page begins: an offset, or a token of the platform's.
Place = int | str


@dataclass(frozen=True, slots=True)
class Dated:
    """An entry, and when it came into its list (or was played)."""

    entry: Entry
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and where the next one begins; None after the last."""

    found: Sequence[Dated]
    then: Place | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A playlist, before it is read: `version` changes with it; None where the platform has no such thing."""

    id: str
    name: str
    version: str | None


async def newest_first(cursor: Cursor, page: Callable[[Place | None], Awaitable[Page]]) -> AsyncIterator[Batch]:
    """Read a list whose newest entries come first, down to those that are known.

    Until it has been read down, the cursor holds ``done`` (what is known lies at or below), ``top`` (the newest that
    was met) and ``at`` (the next page's beginning); then ``top`` becomes ``done``. Moments are Unix times.
    """
    done, top, at = cursor.get("done"), cursor.get("top"), cursor.get("at")
    while True:
        read = await page(at)
        moments = [each.moment.timestamp() for each in read.found if each.moment is not None]
        top = max([*moments, *([top] if top is not None else [])], default=None)
        fresh = [each.entry for each in read.found if not _is_known(each, done)]
        at = read.then
        if at is None or len(fresh) < len(read.found):
            yield Batch(fresh, {"done": max(filter(None, (done, top)), default=None)})
            return
        yield Batch(fresh, {"done": done, "top": top, "at": at})


async def changed_lists(
    cursor: Cursor, lists: Sequence[Listed], entries_of: Callable[[Listed], Awaitable[list[Entry]]]
) -> AsyncIterator[Batch]:
    """Read those playlists that are new or have changed, each whole; one that is refused now is asked for next time."""
    known: dict[str, str | None] = {each.id: cursor.get("versions", {}).get(each.id) for each in lists}
    for each in distinctly_named(lists):
        version = None if each.version is None else f"{each.version} {each.name}"
        if version is not None and version == known[each.id]:
            continue
        try:
            entries = await entries_of(each)
        except AccessLapsed:
            raise
        except PlatformRefused:
            continue
        known[each.id] = version
        yield Batch(entries, {"versions": {**known}}, lists=[each.name])
    yield Batch([], {"versions": known})


def distinctly_named(lists: Sequence[Listed]) -> list[Listed]:
    """Return the lists with a number after each name that others bear before it."""
    named: dict[str, Listed] = {}
    for each in lists:
        names = chain([each.name], (f"{each.name} ({number})" for number in count(2)))
        name = next(name for name in names if name not in named)
        named[name] = Listed(each.id, name, each.version)
    return list(named.values())


async def all_of(page: Callable[[Place | None], Awaitable[tuple[Sequence[object], Place | None]]]) -> list[object]:
    """Return all rows of a list, up to `LONGEST_LIST` of them."""
    rows: list[object] = []
    at: Place | None = None
    for _ in range(MOST_PAGES):
        found, at = await page(at)
        rows += found
        if at is None or len(rows) >= LONGEST_LIST:
            break
    return rows[:LONGEST_LIST]


def _is_known(each: Dated, done: float | None) -> bool:
    return done is not None and each.moment is not None and each.moment.timestamp() <= done
