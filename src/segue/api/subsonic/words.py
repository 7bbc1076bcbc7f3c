"""Methods that tell a song's lyrics, as they came in its file."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from segue.api.subsonic import ids
from segue.api.subsonic.calls import Call, Later, Methods
from segue.api.subsonic.elements import Element
from segue.catalog.sleeves import service as sleeves
from segue.kit.runtime import Runtime
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfTrack, Which

#: "[01:23.45]" before a line, or several of them, says when it is sung (the form LRC); "[ar:...]" says something else.
_TIME: Final = re.compile(r"\[(\d{1,3}):(\d{2})(?:[.:](\d{1,3}))?\]")
_REMARK: Final = re.compile(r"\[[a-z]+:[^\]]*\]\s*")
#: Nobody says in which language: ISO 639's word for that.
_UNDETERMINED: Final = "und"
_MOST: Final = 50


async def get_lyrics(call: Call) -> Element | Later:
    """Tell the lyrics of a song by its title and artist; empty where there are none."""
    title, artist = call.given.maybe("title"), call.given.maybe("artist")
    if title is None:
        return {"lyrics": {"value": ""}}
    which = Which(words=title.lower().split())
    tracks = await shelves.tracks(call.session, call.user_id, which, order="title", limit=_MOST)
    meant = [
        track
        for track in tracks
        if track.title.lower() == title.lower() and (artist is None or track.artist.lower() == artist.lower())
    ]
    return Later(partial(_first_lyrics, call.runtime, meant))


async def get_lyrics_by_song_id(call: Call) -> Later:
    """Tell the lyrics of a song line by line, with times where its file has them."""
    track = await shelves.on_shelf(call.session, call.user_id, ids.track_of(call.given.text("id")))
    return Later(partial(_lyrics_by_line, call.runtime, track))


def timed_lines(lyrics: str) -> list[tuple[int | None, str]]:
    """Return the lines of lyrics with when they are sung, in milliseconds; in that order, if all of them say so."""
    lines: list[tuple[int | None, str]] = []
    for line in lyrics.split("\n"):
        times = _TIME.findall(line)
        text = _TIME.sub("", line).strip()
        if times:
            lines += [(_milliseconds(*time), text) for time in times]
        elif not _REMARK.fullmatch(line):
            lines.append((None, text))
    timed = [(time, text) for time, text in lines if time is not None]
    return [*sorted(timed, key=_time)] if timed else lines


def _structured(track: ShelfTrack, text: str) -> Element:
    lines = timed_lines(text)
    return {
        "displayArtist": track.artist,
        "displayTitle": track.title,
        "lang": _UNDETERMINED,
        "synced": any(time is not None for time, _ in lines),
        "line": [{"start": time, "value": line} for time, line in lines],
    }


def _time(line: tuple[int, str]) -> int:
    return line[0]


async def _first_lyrics(runtime: Runtime, tracks: Sequence[ShelfTrack]) -> Element:
    for track in tracks:
        if text := await _lyrics(runtime, track):
            plain = "\n".join(line for _, line in timed_lines(text))
            return {"lyrics": {"artist": track.artist, "title": track.title, "value": plain}}
    return {"lyrics": {"value": ""}}


async def _lyrics_by_line(runtime: Runtime, track: ShelfTrack) -> Element:
    text = await _lyrics(runtime, track)
    return {"lyricsList": {"structuredLyrics": [] if text is None else [_structured(track, text)]}}


async def _lyrics(runtime: Runtime, track: ShelfTrack) -> str | None:
    return (await sleeves.sleeve_of(runtime, track.asset_id, track.sha256)).lyrics


def _milliseconds(minutes: str, seconds: str, fraction: str) -> int:
    return 60_000 * int(minutes) + 1_000 * int(seconds) + int(fraction.ljust(3, "0") or 0)


METHODS: Methods = {"getLyrics": get_lyrics, "getLyricsBySongId": get_lyrics_by_song_id}
