"""Rockbox and other players without a network: the log that they keep for a scrobbler (``.scrobbler.log``)."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO

from segue.library.formats.building import play_of, seconds_as_ms, song_of, unix_moment_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import Row, numbered_lines, open_text, text_of_head

_COLUMNS = ("artist", "album", "title", "tracknum", "length", "rating", "timestamp", "musicbrainz_trackid")
_FEWEST = 7
_UNTAGGED = "<untagged>"


def _is_log(head: Head) -> bool:
    return text_of_head(head).upper().startswith("#AUDIOSCROBBLER/")


def read(file: BinaryIO, zone: tzinfo = UTC) -> Iterator[Entry]:
    """Read a log; the ``zone`` is the listener's, for a player that does not know its own (``#TZ/UNKNOWN``)."""
    names: tuple[str, ...] = _COLUMNS
    for number, line in numbered_lines(open_text(file)):
        cells = [cell.strip() for cell in line.rstrip("\r\n").split("\t")]
        if not any(cells):
            continue
        if line.upper().startswith("#TZ/UTC"):
            zone = UTC
        elif line.upper().startswith("#ARTIST\t"):
            names = tuple(cell.lower().removeprefix("#") for cell in cells)
        elif len(cells) >= _FEWEST:
            yield _play(Row(f"line {number}", dict(zip(names, cells, strict=False))), zone)
        elif not line.startswith("#"):
            yield Refusal(f"line {number}", "not of the form artist, album, title, number, length, rating, time")


def _play(row: Row, zone: tzinfo) -> Entry:
    rating = row["rating"].upper()
    if rating not in {"L", "S"}:
        return Refusal(row.where, "its rating is neither L (listened) nor S (skipped)")
    song = song_of(
        title=row["title"],
        artist="" if row["artist"].lower() == _UNTAGGED else row["artist"],
        album=row["album"],
        duration_ms=seconds_as_ms(row["length"]),
        mbid=row["musicbrainz_trackid"],
    )
    return play_of(row.where, song, _in_utc(unix_moment_of(row["timestamp"]), zone), skipped=rating == "S")


def _in_utc(moment: datetime | None, zone: tzinfo) -> datetime | None:
    # Such a player counts the seconds of its own wall clock.
    return None if moment is None else moment.replace(tzinfo=zone).astimezone(UTC)


FORMATS = (Format("rockbox", "Rockbox (.scrobbler.log)", _is_log, read),)
