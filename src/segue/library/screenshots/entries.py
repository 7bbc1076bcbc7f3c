"""From a list on a screen to its rows: what each may say, as title and artist, in the order of what is likelier."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Final, Literal

from segue.engines.ocr import Box, TextLine
from segue.library.screenshots.cells import Cell, cells_of, clock_ms, kind_of
from segue.library.screenshots.grids import Grid, find_grids

Order = Literal["title first", "artist first"]
Role = Literal["title", "artist", "album", "other"]

_SEPARATOR: Final = re.compile(r"\s*[•·∙|]\s*|\s+[-–—.~]\s+")  # noqa: RUF001 - as they are printed
_DASH: Final = re.compile(r"\s+[-–—]\s+")  # noqa: RUF001 - as they are printed
_BY: Final = re.compile(r"\s+by\s+", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(\d{1,4})[.)]?\s+(?=\S)")
_TIMED: Final = re.compile(r"(.*\S)\s+(\d{1,2}:\d{2})")
_CUT: Final = re.compile(r"\s*(?:…|\.{2,})$")
_BADGE_BEFORE: Final = re.compile(r"\S\s+(?=\S)")
_BADGE_AFTER: Final = re.compile(r"(?<=\S)\s+(?:E|\[E\]|\(E\))$")
_HAS_LATIN: Final = re.compile(r"[A-Za-z]")
#: What an icon is read as: a sign, or a character of a script that the rest is not of.
_ICON_BEFORE: Final = re.compile(r"(?:[^\w\s(\[\"'“‘¿¡#$&+@*.…-]|[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef])+\s*")  # noqa: RUF001 - signs that look like others
#: What stands beside an artist and is none: the kind of thing that the row is.
_KINDS_OF_ROW: Final = (
    "song, songs, track, single, ep, album, e, explicit, clean, audio, video, music video, official video, lyrics"
    ", lyric video, live, playlist, radio, mix, podcast, episode, lied, titel, titre, morceau, canción, tema, brano,"
    " música, vídeo, vidéo, clip"
)
_WORDS_OF_KIND: Final = frozenset(_KINDS_OF_ROW.split(", "))
_HEADINGS: Final[Mapping[str, Role]] = {
    **dict.fromkeys(
        ("title", "track", "song", "name", "titel", "titre", "título", "titolo", "canción", "nom"), "title"
    ),
    **dict.fromkeys(("artist", "artists", "artiste", "artista", "künstler", "interpret", "performer", "by"), "artist"),
    **dict.fromkeys(("album", "álbum", "release"), "album"),
    **dict.fromkeys(
        ("genre", "date added", "plays", "added", "rel. date", "year", "time", "duration", "length"), "other"
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row may say; `artist` is empty where it names none."""

    title: str
    artist: str
    album: str | None = None
    order: Order = "title first"
    title_is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a list on a screen.

    Attributes
    ----------
    box
        Around all that it says.
    text
        What was read, a line for each line, columns parted by tabs.
    confidence
        0 to 1: of what was read worst.
    readings
        What it may say, the likeliest by its layout first; never empty.
    is_partial
        It lacks what the list's other rows have: it may be cut off.
    """

    box: Box
    text: str
    confidence: float
    readings: tuple[Reading, ...]
    duration_ms: int | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a screenshot shows: a list's rows, from the top, and the list's name where it has one."""

    entries: tuple[Entry, ...] = ()
    name: str | None = None


def sheet_of(lines: Sequence[TextLine]) -> Sheet:
    """Return the list that an image shows, by the layout of what was read in it; an empty one where there is none."""
    cells = cells_of(lines)
    best = max(((_richness(grid), grid) for grid in find_grids(cells)), key=lambda pair: pair[0], default=None)
    if best is None:
        return Sheet()
    grid = _without_headings(best[1])
    roles = _roles(grid, cells)
    partial = set(_partial(grid))
    firsts = _first_lines(grid)
    entries = [_entry(grid, number, first, roles, is_partial=number in partial) for number, first in firsts.items()]
    # What has no readings names nothing: a number before a title of which nothing is left but "…".
    return Sheet(tuple(entry for entry in entries if entry.readings), _name(grid, cells))


def _without_headings(grid: Grid) -> Grid:
    """Return a list without the columns' headings, which may be in step with it."""
    first = min(grid.entries)
    if _heading(_joined(grid.entries[first][0])) is None:
        return grid
    return replace(grid, entries={number: lines for number, lines in grid.entries.items() if number != first})


def _heading(text: str) -> Role | None:
    return _HEADINGS.get(text.lower().rstrip(" ^▲▼↑↓"))


def _richness(grid: Grid) -> float:
    """Return how much a list tells: lists of songs tell more than menus do."""
    clocks = [column for column in grid.columns if column.is_clock]
    total = 0.0
    for number, lines in grid.entries.items():
        names = any(lines[1:]) or any(column.is_text and number in column.cells for column in grid.columns)
        names = names or bool(_DASH.search(_joined(lines[0])))
        total += (1.0 if names else 0.3) + 0.5 * any(number in column.cells for column in clocks)
        total += 0.1 * sum(column.is_text and number in column.cells for column in grid.columns)
    return total


def _first_lines(grid: Grid) -> dict[int, str]:
    """Return what stands in each entry's first line, without the numbers before it if they count the entries."""
    firsts = {number: _joined(lines[0]) for number, lines in grid.entries.items()}
    counted = [int(found[1]) if (found := _NUMBERED.match(first)) else None for first in firsts.values()]
    steps = sum(one is not None and other == one + 1 for one, other in pairwise(counted))
    if steps < 0.6 * (len(firsts) - 1):
        return firsts
    return {number: _NUMBERED.sub("", first, count=1) for number, first in firsts.items()}


def _roles(grid: Grid, cells: Sequence[Cell]) -> dict[int, Role]:
    """Return what columns hold, as the headings above them say; -1 is the first column."""
    top = min(line[0].box.top for lines in grid.entries.values() for line in lines if line)
    headings = [
        (cell, role)
        for cell in cells
        if (role := _heading(cell.text)) and top - 3 * grid.pitch < cell.box.bottom <= top + 1
    ]
    edges = {-1: grid.left} | {number: column.left for number, column in enumerate(grid.columns)}
    roles: dict[int, Role] = {}
    for cell, role in headings:
        roles[min(edges, key=lambda number: abs(edges[number] - cell.box.left))] = role
    return roles


def _entry(grid: Grid, number: int, first: str, roles: Mapping[int, Role], *, is_partial: bool) -> Entry:
    lines = grid.entries[number]
    columns = {place: column.cells[number] for place, column in enumerate(grid.columns) if number in column.cells}
    used = [cell for line in lines for cell in line] + list(columns.values())
    box = used[0].box
    for cell in used[1:]:
        box = box.joined(cell.box)
    title, timed_ms = _untimed(first)
    below = [_joined(line) for line in lines[1:]]
    clocks = [clock_ms(cell.text) for cell in columns.values() if cell.kind == "clock"]
    parts = [part for text in below for part in _SEPARATOR.split(text)]
    durations = [*clocks, timed_ms, *map(clock_ms, parts)]
    texts = {place: cell.text for place, cell in columns.items() if grid.columns[place].is_text}
    told = [cell.confidence for line in lines for cell in line if cell.kind == "text"]
    return Entry(
        box=box,
        text="\n".join(["\t".join([_joined(lines[0]), *(cell.text for cell in columns.values())]), *below]),
        confidence=min(told, default=lines[0][0].confidence),
        readings=tuple(_readings(title, below, texts, roles)),
        duration_ms=next((found for found in durations if found), None),
        is_partial=is_partial,
    )


def _partial(grid: Grid) -> Iterator[int]:
    """Give the last entries that lack what stands below most titles: the screen, or something on it, ends there."""
    lacking = {number: len(lines) > 1 and not any(lines[1:]) for number, lines in grid.entries.items()}
    if 2 * sum(lacking.values()) < len(lacking):
        yield from takewhile(lacking.__getitem__, sorted(lacking, reverse=True))


def _joined(line: Sequence[Cell]) -> str:
    """Return a line's words, without the badges before them."""
    words = [cell.text for cell in line]
    while len(words) > 1 and len(words[0]) == 1:
        words.pop(0)
    text = " ".join(words)
    bare = _ICON_BEFORE.sub("", text, count=1) if _ICON_BEFORE.match(text) else text
    return bare if _HAS_LATIN.search(bare) else text


def _untimed(text: str) -> tuple[str, int | None]:
    found = _TIMED.fullmatch(text)
    return (found[1], clock_ms(found[2])) if found else (text, None)


def _readings(
    title: str, below: Sequence[str], columns: Mapping[int, str], roles: Mapping[int, Role]
) -> Iterator[Reading]:
    """Give what a row may say, the likeliest first."""
    album = next((text for place, text in columns.items() if roles.get(place) == "album"), None)
    beside = [text for place, text in columns.items() if roles.get(place) not in ("album", "other")]
    named = next((text for place, text in columns.items() if roles.get(place) == "artist"), None)
    names = [part for text in below for part in _names_in(text)]
    if named is not None:
        first = next((text for place, text in columns.items() if roles.get(place) == "title"), title)
        yield from _variants(first, named, album)
    elif names:
        album = album or next(iter(beside), None) or (names[1] if len(names) > 1 else None)
        yield from _variants(title, names[0], album)
        yield from _either(names[0], title, album, "artist first")
        if len(names) > 1:
            yield from _either(f"{title} {names[0]}", names[1], None, "title first")
    elif beside and roles.get(-1) == "artist":
        yield from _variants(beside[0], title, album)
    elif beside:
        album = album or (beside[1] if len(beside) > 1 else None)
        yield from _variants(title, beside[0], album)
        yield from _either(beside[0], title, album, "artist first")
    else:
        yield from _parted(title, album)


def _names_in(line: str) -> list[str]:
    """Return the parts of a line that may be names: not durations, counts, dates, nor what kind of thing it is."""
    parts = [part.strip() for part in _SEPARATOR.split(line)]
    return [
        part for part in parts if part and part.lower() not in _WORDS_OF_KIND and (kind_of(part) in ("text", "number"))
    ] or ([line] if len(parts) == 1 and line.lower() not in _WORDS_OF_KIND and kind_of(line) == "text" else [])


def _parted(text: str, album: str | None) -> Iterator[Reading]:
    """Give what a line may say in which title and artist stand beside each other."""
    if by := _BY.split(text, 1)[1:]:
        yield from _either(_BY.split(text, 1)[0], by[0], album, "title first")
    parts = [part for part in _DASH.split(text) if part.strip()]
    order: tuple[Order, Order] = ("artist first", "title first")
    if len(parts) < 2:
        parts, order = [part for part in _SEPARATOR.split(text) if part.strip()], ("title first", "artist first")
    if len(parts) >= 2:
        head, tail = parts[0], parts[1] if order[0] == "title first" else " - ".join(parts[1:])
        rest = album or (parts[2] if len(parts) > 2 else None)
        for way in order:
            title, artist = (head, tail) if way == "title first" else (tail, head)
            yield from _either(title, artist, rest, way)
    yield from _variants(text, "", album)


def _variants(title: str, artist: str, album: str | None) -> Iterator[Reading]:
    """Give a reading, and what it says if the letter before or after a name is a badge."""
    yield from _either(title, artist, album, "title first")
    bare = _BADGE_BEFORE.sub("", artist, count=1) if _BADGE_BEFORE.match(artist) else artist
    shorter = _BADGE_AFTER.sub("", title)
    if bare != artist:
        yield from _either(title, bare, album, "title first")
    if shorter != title:
        yield from _either(shorter, artist, album, "title first")


def _either(title: str, artist: str, album: str | None, order: Order) -> Iterator[Reading]:
    whole, name = _CUT.sub("", title).strip(), _CUT.sub("", artist).strip()
    if whole:
        yield Reading(whole, name, album and (_CUT.sub("", album).strip() or None), order, whole != title.strip())


def _name(grid: Grid, cells: Sequence[Cell]) -> str | None:
    """Return what stands above a list in letters that are larger than its own: its name."""
    top = min(line[0].box.top for lines in grid.entries.values() for line in lines if line)
    right = max((cell.box.right for column in grid.columns for cell in column.cells.values()), default=float("inf"))
    above = [
        cell
        for cell in cells
        if cell.box.bottom <= top and cell.kind == "text" and grid.left - 6 * grid.height < cell.box.left < right
    ]
    largest = max(above, key=lambda cell: cell.box.height, default=None)
    if largest is None or largest.box.height < 1.3 * grid.height or len(largest.text) < 2:
        return None
    return largest.text
