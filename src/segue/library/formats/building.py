"""From the parts that a row names to an entry: what every reader demands of a song, a play and a kept song."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from segue.catalog.songs.service import isrc_of, mbid_of
from segue.library.formats.entries import Entry, Kept, Listen, Omission, Platform, Refusal, SongRef
from segue.library.formats.reading import (
    ids_of,
    iso_moment_of,
    moment_of,
    plausible,
    spotify_id_of,
    text_of,
    whole_of,
    youtube_id_of,
)

#: No song is longer: 24 days, which a database's integer still holds.
_LONGEST_MS = 2**31 - 1
#: What is longer is no name, and no index takes it.
_LONGEST_NAME = 300
_LONGEST_ID = 100
_FIRST_YEAR = 1860
_YEAR = re.compile(r"\d{4}(?!\d)")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:\.\d+)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_AND_TIME = re.compile(r"(\d{1,2}) ([a-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?")
_DEEZER = re.compile(r"deezer\.com/(?:\w{2}/)?track/(\d+)")
#: Where a track of Segue's can be heard, at whatever host.
_HERE = re.compile(r"/listen/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
_RECORDING = re.compile(r"musicbrainz\.org/recording/([0-9a-fA-F-]{36})")


def song_of(
    *,
    title: str,
    artist: str = "",
    album: str = "",
    year: int | None = None,
    duration_ms: int | None = None,
    isrc: str = "",
    mbid: str = "",
    ids: Mapping[Platform, str] | None = None,
) -> SongRef | None:
    """Return the song of what a row says, empty where it says nothing; None if it names no title."""
    title = text_of(title)[:_LONGEST_NAME].strip()
    if not title:
        return None
    return SongRef(
        title=title,
        artist=text_of(artist)[:_LONGEST_NAME].strip(),
        album=text_of(album)[:_LONGEST_NAME].strip() or None,
        year=year,
        duration_ms=duration_ms if duration_ms and duration_ms <= _LONGEST_MS else None,
        isrc=isrc_of(isrc) if isrc else None,
        recording_mbid=mbid_of(mbid) if mbid else None,
        ids={platform: value for platform, value in (ids or {}).items() if len(value) <= _LONGEST_ID},
    )


def year_of(date: str) -> int | None:
    """Return the year with which a date begins ("2007-09-25", "2007"), or None before there was recorded music."""
    found = _YEAR.match(date)
    return int(found[0]) if found and int(found[0]) >= _FIRST_YEAR else None


def artist_and_title_of(text: str) -> tuple[str, str]:
    """Part "Artist - Title" at its first dash: titles have dashes more often than artists. No dash: no artist."""
    artist, dash, title = text.partition(" - ")
    return (artist.strip(), title.strip()) if dash and artist.strip() and title.strip() else ("", text.strip())


def play_of(
    where: str,
    song: SongRef | None,
    listened_at: datetime | None,
    *,
    played_ms: int | None = None,
    skipped: bool | None = None,
) -> Entry:
    """Return a row of a listening history as a listen, or why it is none: a play needs song, artist and time."""
    if song is None:
        return Omission(where, "no title")
    if not song.artist:
        return Refusal(where, "it names no artist")
    if listened_at is None:
        return Refusal(where, "it has no time at which it can have been played")
    return Listen(song=song, listened_at=listened_at, played_ms=played_ms, skipped=skipped)


def kept_of(
    where: str,
    song: SongRef | None,
    *,
    playlist: str = "",
    position: int | None = None,
    added_at: datetime | None = None,
    liked: bool | None = None,
) -> Entry:
    """Return a row of a list of songs as a kept song, or why it is none."""
    if song is None:
        return Omission(where, "no title")
    name = text_of(playlist)[:_LONGEST_NAME].strip() or None
    return Kept(song=song, playlist=name, position=position, added_at=added_at, liked=liked)


def unix_moment_of(seconds: str, *, per_second: int = 1) -> datetime | None:
    """Return the moment of a Unix time written as text, or None; ``per_second`` is 1000 for milliseconds."""
    try:
        return moment_of(float(seconds) / per_second)
    except ValueError:
        return None


def day_and_time_of(text: str) -> datetime | None:
    """Return the moment, UTC, of a text such as "14 Nov 2023, 22:13" in English or of an ISO 8601 one, or None."""
    found = _DAY_AND_TIME.fullmatch(text.strip().lower())
    if found is None or found[2] not in _MONTHS:
        return iso_moment_of(text)
    month = _MONTHS.index(found[2]) + 1
    try:
        return plausible(
            datetime(int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6] or 0), tzinfo=UTC)
        )
    except ValueError:
        return None


def seconds_as_ms(seconds: str) -> int | None:
    """Return milliseconds from seconds: "225", "224.6", "225s"; None for none or zero."""
    try:
        return whole_of(float(seconds.strip().removesuffix("s")) * 1000) or None
    except ValueError:
        return None


def clock_as_ms(text: str) -> int | None:
    """Return milliseconds from what a player shows ("3:45", "1:02:03") or from seconds; None for none or zero."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return seconds_as_ms(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 or None


def ids_in(*addresses: str) -> Mapping[Platform, str]:
    """Return the platforms' ids that addresses of songs carry."""
    ids: dict[Platform, str] = {}
    for address in addresses:
        deezer, here = _DEEZER.search(address), _HERE.search(address)
        ids |= ids_of(
            spotify=spotify_id_of(address) if "spotify" in address else None,
            youtube=youtube_id_of(address) if "youtu" in address else None,
            deezer=deezer[1] if deezer else None,
            segue=here[1] if here else None,
        )
    return ids


def mbid_in(*addresses: str) -> str:
    """Return the MusicBrainz recording that one of the addresses names, or an empty text."""
    return next((found[1] for address in addresses if (found := _RECORDING.search(address))), "")
