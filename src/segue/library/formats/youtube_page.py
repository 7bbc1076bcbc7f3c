"""YouTube's watch history as the web page that Google Takeout gives unless one asks for JSON.

It tells moments in the reader's own language and time zone. Only English ones in a zone whose abbreviation means one
thing are read; for all others the row says that JSON is to be asked for.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, TextIO

from segue.library.formats.building import play_of, song_of
from segue.library.formats.entries import Entry, Omission, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import ids_of, open_text, plausible, text_of, text_of_head, youtube_id_of
from segue.library.formats.youtube import artist_of_channel, left_out

_CELL = "outer-cell mdl-cell"
_PORTION = 65_536
#: No view's part of the page is longer.
_LONGEST_CELL = 65_536
_HEADER = re.compile(r'mdl-typography--title"[^>]*>([^<]{0,100})<')
_BODY = re.compile(r'mdl-typography--body-1"[^>]*>(.*?)</div>', re.DOTALL)
_LINK = re.compile(r'<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>")
_TAG = re.compile(r"<[^>]*>")
# Only ads have details: "From Google Ads".
_DETAILS = re.compile(r"<b>\s*Details:?\s*</b>")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOMENT = re.compile(
    r"(?:(?P<month>[a-z]{3})[a-z]* (?P<day>\d{1,2})|(?P<day2>\d{1,2}) (?P<month2>[a-z]{3})[a-z]*),? (?P<year>\d{4}), "
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?: (?P<half>am|pm))? (?P<zone>[a-z]{1,5}(?:[+-][\d:]+)?)"
)
_OFFSET = re.compile(r"(?:gmt|utc)([+-])(\d{1,2})(?::?(\d{2}))?")
#: Hours east of Greenwich. CST, IST, BST and their like mean several zones and are missing.
_ZONES = {
    zone: hours
    for hours, zones in {
        -8: "pst",
        -7: "pdt mst",
        -6: "mdt",
        -5: "cdt est",
        -4: "edt",
        0: "utc gmt z wet",
        1: "cet west",
        2: "cest eet",
        3: "eest msk",
        9: "jst kst",
    }.items()
    for zone in zones.split()
}


def _read(file: BinaryIO) -> Iterator[Entry]:
    for number, cell in enumerate(_cells(open_text(file)), start=1):
        yield _view(f"entry {number}", cell)


def _cells(text: TextIO) -> Iterator[str]:
    """Give what the page says of each view; of what is longer than any view's part the beginning."""
    rest, begun = "", False
    while portion := text.read(_PORTION):
        *whole, rest = (rest + portion).split(_CELL)
        for cell in whole:
            if begun:
                yield cell[:_LONGEST_CELL]
            begun = True
        if len(rest) > 2 * _LONGEST_CELL:
            # The end may be the beginning of the next cell's mark.
            rest = rest[:_LONGEST_CELL] + rest[-len(_CELL) :]
    if begun:
        yield rest[:_LONGEST_CELL]


def _view(where: str, cell: str) -> Entry:
    header = _HEADER.search(cell)
    body = _BODY.search(cell)
    if header is None or body is None:
        return Refusal(where, "not a view")
    links = [(html.unescape(address), _plain(text)) for address, text in _LINK.findall(body[1])]
    address, title = links[0] if links else ("", "")
    if reason := left_out(_plain(header[1]), address, title, is_ad=_DETAILS.search(cell) is not None):
        return Omission(where, reason)
    song = song_of(
        title=title,
        artist=artist_of_channel(links[1][1]) if len(links) > 1 else "",
        ids=ids_of(youtube=youtube_id_of(address)),
    )
    told = _plain(_BREAK.split(body[1].rstrip().removesuffix("<br>"))[-1])
    moment = _moment_of(told)
    if moment is None:
        return Refusal(where, f"the moment “{told[:60]}” cannot be read: ask Takeout for the history as JSON")
    return play_of(where, song, moment)


def _plain(markup: str) -> str:
    return " ".join(text_of(html.unescape(_TAG.sub(" ", markup))).split())


def _moment_of(told: str) -> datetime | None:
    """Return the moment of "Mar 3, 2026, 6:25:05 AM PDT" or "3 Mar 2026, 06:25:05 CET", or None."""
    found = _MOMENT.fullmatch(told.casefold().replace(".", ""))
    if found is None:
        return None
    month, day = found["month"] or found["month2"], found["day"] or found["day2"]
    offset = _offset_of(found["zone"])
    if month not in _MONTHS or offset is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    try:
        local = datetime(
            int(found["year"]),
            _MONTHS.index(month) + 1,
            int(day),
            hour,
            int(found["minute"]),
            int(found["second"]),
            tzinfo=UTC,
        )
        return plausible(local - offset)
    except (ValueError, OverflowError):
        return None


def _offset_of(zone: str) -> timedelta | None:
    if zone in _ZONES:
        return timedelta(hours=_ZONES[zone])
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return -size if found[1] == "-" else size


def _is_page(head: Head) -> bool:
    text = text_of_head(head)
    return _CELL in text and "mdl-typography--title" in text and "youtube" in text.casefold()


FORMATS = (Format("youtube-page", "YouTube watch history (Takeout, HTML)", _is_page, _read),)
