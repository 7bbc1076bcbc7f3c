"""What Apple hands over about Apple Music: each event of playing, and each day's songs.

No file of Apple's own was at hand: the columns are those that published readers of these files name, of both
generations, and are found by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from segue.library.formats.building import artist_and_title_of, play_of, song_of
from segue.library.formats.entries import Entry, Omission, Refusal, SongRef
from segue.library.formats.format import Format, Head
from segue.library.formats.reading import (
    Row,
    began_at,
    columns_of,
    iso_moment_of,
    open_text,
    plausible,
    rows_of,
    whole_of,
)

_KINDS = ("media type", "item type", "content type", "content specific type")
_NO_MUSIC = ("podcast", "audiobook", "episode", "movie", "tv show", "tv_show", "trailer")
#: Playing stopped for a while: what comes next of the same song is the same listen.
_PAUSES = frozenset(
    {"SCRUB_BEGIN", "SCRUB_END", "PLAYBACK_MANUALLY_PAUSED", "PLAYBACK_SUSPENDED", "EXITED_APPLICATION"}
)
_LONGEST_PAUSE = timedelta(minutes=30)
_SKIPS = frozenset({"TRACK_SKIPPED_FORWARDS", "MANUALLY_SELECTED_PLAYBACK_OF_A_DIFF_ITEM"})
_NO_PLAYS = frozenset({"FAILED_TO_LOAD", "NOT_SUPPORTED_BY_CLIENT"})
_MOST_PLAYS_A_DAY = 1_000
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of playing: a listen is one or, with pauses, several."""

    where: str
    song: SongRef
    began: datetime
    ended: datetime
    played_ms: int | None
    reason: str


def _events(file: BinaryIO) -> Iterator[Entry]:
    last: _Segment | None = None
    for row in rows_of(open_text(file)):
        segment = row if isinstance(row, Refusal) else _segment(row)
        if not isinstance(segment, _Segment):
            yield segment
        elif last is None:
            last = segment
        elif joined := _joined(last, segment):
            last = joined
        else:
            yield _listen(last)
            last = segment
    if last is not None:
        yield _listen(last)


def _segment(row: Row) -> _Segment | Entry:
    if row["event type"].upper() not in {"", "PLAY_END"}:
        return Omission(row.where, "not a play")
    reason = row["end reason type"].upper()
    if reason in _NO_PLAYS:
        return Omission(row.where, "not a play")
    if _is_no_music(row):
        return Omission(row.where, "not music")
    song = song_of(
        title=row["song name"] or row["content name"],
        artist=row["artist name"] or row["container artist name"],
        album=row["album name"] or row["container album name"],
        duration_ms=whole_of(row["media duration in milliseconds"]) or None,
    )
    if song is None:
        return Omission(row.where, "no title")
    # A scrub's distance is no time of listening.
    played_ms = 0 if reason == "SCRUB_END" else whole_of(row["play duration milliseconds"])
    if played_ms is not None and song.duration_ms:
        played_ms = min(played_ms, song.duration_ms)
    ended = iso_moment_of(row["event end timestamp"])
    began = iso_moment_of(row["event start timestamp"]) or began_at(ended, played_ms)
    if began is None:
        return play_of(row.where, song, None)
    return _Segment(row.where, song, began, ended or began, played_ms, reason)


def _is_no_music(row: Row) -> bool:
    kinds = " ".join(row[kind] for kind in _KINDS).lower()
    return any(kind in kinds for kind in _NO_MUSIC)


def _joined(one: _Segment, other: _Segment) -> _Segment | None:
    """Join two stretches with a pause between them, in whichever order the file has them; None if they are two."""
    earlier, later = sorted((one, other), key=lambda segment: segment.ended)
    if earlier.reason not in _PAUSES or earlier.song != later.song or later.began - earlier.ended > _LONGEST_PAUSE:
        return None
    known = earlier.played_ms is not None and later.played_ms is not None
    played_ms = (earlier.played_ms or 0) + (later.played_ms or 0) if known else None
    return replace(later, where=one.where, began=min(earlier.began, later.began), played_ms=played_ms)


def _listen(segment: _Segment) -> Entry:
    if segment.reason == "SCRUB_END" and not segment.played_ms:
        return Omission(segment.where, "not a play")
    if not segment.song.artist:
        return Refusal(segment.where, "it names no artist: the export's file “Play History Daily Tracks” does")
    skipped = True if segment.reason in _SKIPS else False if segment.reason == "NATURAL_END_OF_TRACK" else None
    return play_of(segment.where, segment.song, segment.began, played_ms=segment.played_ms, skipped=skipped)


def _days(file: BinaryIO) -> Iterator[Entry]:
    for row in rows_of(open_text(file)):
        if isinstance(row, Refusal):
            yield row
        else:
            yield from _day(row)


def _day(row: Row) -> Iterator[Entry]:
    """Give a song's plays of a day as so many listens, spread over the hours that are named."""
    artist, title = artist_and_title_of(row["track description"])
    song = song_of(title=title if title != "N/A" else "", artist=artist)
    total_ms = whole_of(row["play duration milliseconds"])
    plays, skips = whole_of(row["play count"]) or 0, whole_of(row["skip count"]) or 0
    if not plays and not skips and total_ms:
        plays = 1
    if row["ignore for recommendations"].lower() in {"1", "true", "yes"}:
        yield Omission(row.where, "private session")
    elif _is_no_music(row):
        yield Omission(row.where, "not music")
    elif song is None:
        yield Omission(row.where, "no title")
    elif not plays and not skips:
        yield Omission(row.where, "not a play")
    elif plays + skips > _MOST_PLAYS_A_DAY:
        yield Refusal(row.where, f"{plays + skips} plays are more than a day has room for")
    elif not (hours := _hours(row)):
        yield play_of(row.where, song, None)
    else:
        yield from _spread(row.where, song, hours, plays=plays, skips=skips, total_ms=total_ms)


def _spread(
    where: str, song: SongRef, hours: list[datetime], *, plays: int, skips: int, total_ms: int | None
) -> Iterator[Entry]:
    # What was listened to is the plays' where there are any: a skip is short.
    each_ms = total_ms // (plays or skips) if total_ms is not None else None
    for number in range(plays + skips):
        is_skip = number >= plays
        played_ms = None if is_skip and plays else each_ms
        listened_at = hours[number % len(hours)] + _HOUR * (number // len(hours)) / (plays + skips)
        yield play_of(where, song, listened_at, played_ms=played_ms, skipped=is_skip)


def _hours(row: Row) -> list[datetime]:
    """Return the hours of the day in which a song was played, noon where none is named."""
    try:
        day = datetime.strptime(row["date played"][:10].replace("-", ""), "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return []
    numbers = [int(hour) for hour in row["hours"].replace(" ", "").split(",") if hour.isdecimal() and int(hour) < 24]
    return [day + _HOUR * hour for hour in numbers or [12] if plausible(day + _HOUR * hour)]


def _is_events(head: Head) -> bool:
    columns = set(columns_of(head))
    return {"event end timestamp", "play duration milliseconds"} <= columns and bool(
        columns & {"song name", "content name"}
    )


def _is_days(head: Head) -> bool:
    return {"track description", "date played"} <= set(columns_of(head))


FORMATS = (
    Format("apple-activity", "Apple Music Play Activity", _is_events, _events),
    Format("apple-days", "Apple Music Play History Daily Tracks", _is_days, _days),
)
