"""Plain text with a song on each line, as people write it by hand: "Artist - Title", "Title by Artist"."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import clock_as_ms, kept_of, song_of
from segue.library.formats.entries import Entry, Refusal, SongRef
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import head_records, numbered_lines, open_text, text_of_head

#: A line of a list of songs is no longer.
_LONGEST_LINE = 300
#: So many lines of a text are looked at to tell what it is.
_LOOKED_AT = 200
_JSON_OR_XML = re.compile(r"\s*(?:<|[\[{]\s*[\"\[\]{}])")
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_LEAD = re.compile(rf"(?:[-*•·–]\s+|#?\d{{1,4}}[.):]\s+|[(\[]?{_CLOCK}[)\]]?\s+(?:[-–]\s+)?)+")  # noqa: RUF001  # bullets
_TRAIL = re.compile(rf"(?:\s+[-–|]|\t)?\s+[(\[]?({_CLOCK})[)\]]?$")  # noqa: RUF001  # en dashes part as well
_DASH = re.compile(r"\s+(?:-{1,2}|[–—―])\s+|\s*[–—―]\s*|\t+")  # noqa: RUF001  # as people and programs write them
_BY = re.compile(r"(.+)\s+by\s+(.+)", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "'": "'"}  # noqa: RUF001  # the quotes of several languages
_COLUMN_NAMES = frozenset({"artist", "artists", "title", "track", "song", "album", "name", "time", "date", "isrc"})


def _is_list(head: Head) -> bool:
    text = text_of_head(head)
    if _JSON_OR_XML.match(text) or text.startswith(("#EXTM3U", "#AUDIOSCROBBLER")) or _is_table(head):
        return False
    lines = [line.strip() for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT]]
    lines = [line for line in lines if line]
    return bool(lines) and sum(_song_of(line) is not None for line in lines) * 2 > len(lines)


def _is_table(head: Head) -> bool:
    for delimiter in ",;|\t":
        records = [cells for cells in head_records(head, delimiter=delimiter) if any(cells)][:_LOOKED_AT]
        widths = {len(cells) for cells in records}
        if len(records) > 1 and len(widths) == 1 and widths.pop() > 2:
            return True
        if records and sum(cell.lower() in _COLUMN_NAMES for cell in records[0]) > 1:
            return True
    return False


def _songs(file: BinaryIO) -> Iterator[Entry]:
    position = 0
    for number, line in numbered_lines(open_text(file)):
        if not line.strip():
            continue
        song = _song_of(line)
        if song is None:
            yield Refusal(f"line {number}", 'not of the form "Artist - Title"')
        else:
            yield kept_of(f"line {number}", song, position=position)
            position += 1


def _song_of(line: str) -> SongRef | None:
    line = line.strip()
    if len(line) > _LONGEST_LINE:
        return None
    lead = _LEAD.match(line)
    rest = line[lead.end() :] if lead else line
    trail = _TRAIL.search(rest)
    duration_ms = clock_as_ms(trail[1]) if trail else None
    artist, title = _parted(rest[: trail.start()] if trail else rest)
    if not artist or not title:
        return None
    return song_of(title=title, artist=artist, duration_ms=duration_ms)


def _parted(text: str) -> tuple[str, str]:
    parts = _DASH.split(text, maxsplit=1)
    if len(parts) == 2:
        return _bare(parts[0]), _bare(parts[1])
    by = _BY.fullmatch(text)
    return (_bare(by[2]), _bare(by[1])) if by else ("", "")


def _bare(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 2 and _QUOTES.get(text[0]) == text[-1]
    return text[1:-1].strip() if is_quoted and text[0] not in text[1:-1] else text


FORMATS = (Format("plain-text", 'Plain text, "Artist - Title" on each line', _is_list, _songs, named_by_file=True),)
