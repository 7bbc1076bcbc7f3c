"""A library of Music or iTunes, saved as XML ("Export Library…"): its songs with what was counted, and its lists.

It is a property list. It is read as it comes by expat, which resolves nothing: a document that declares entities is
refused, the DTD that it names is never fetched.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO
from xml.parsers import expat

from segue.library.formats.building import kept_of, song_of, year_of
from segue.library.formats.entries import Entry, Kept, Omission, Refusal, SongRef
from segue.library.formats.format import Format, Head, UnreadableExport
from segue.library.formats.reading import LONGEST_FIELD, iso_moment_of, open_text, text_of_head, whole_of

_PORTION = 65_536
#: No tag or comment of an honest library is longer.
_LONGEST_TAG = 2**20
_DEEPEST = 16
#: No library is larger (Apple's cloud takes 100,000 songs): lists name its songs, so they are kept in mind.
_MOST_SONGS = 500_000
_MOST_COUNTED = 2**31 - 1
# Titles hold them now and then, and XML does not.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SCALARS = frozenset({"key", "string", "integer", "real", "date"})
_OTHER_MEDIA = ("Podcast", "Movie", "TV Show", "iTunesU", "Audiobook", "Audiobooks", "Voice Memo")
_OTHER_GENRES = frozenset({"podcast", "podcasts", "audiobook", "audiobooks", "voice memo"})
#: How lists are marked that the program keeps itself: all songs, all purchases, folders of lists.
_OWN_LISTS = ("Master", "Distinguished Kind", "Folder")

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Closed:
    """A dictionary or a list is at its end, in this line."""

    line: int


_Event = tuple[_Path, str | _Closed]


class _PropertyList:
    """The values of a property list as they come, each with its path; the items of a list have an empty name."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._path: list[str] = []
        self._is_list: list[bool] = []
        self._collected: list[str] | None = None
        self._length = 0
        self._events: list[_Event] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = _refuse_entities

    def __iter__(self) -> Iterator[_Event]:
        fed = 0
        while portion := self._text.read(_PORTION):
            data = _FORBIDDEN.sub("", portion).encode("utf-8", errors="replace")
            fed += len(data)
            self._parser.Parse(data)
            if fed - self._parser.CurrentByteIndex > _LONGEST_TAG:
                raise UnreadableExport("A part of this file is too long for a music library's.")
            yield from self._events
            self._events.clear()
        self._parser.Parse(b"", True)
        yield from self._events

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def _start(self, name: str, _: dict[str, str]) -> None:
        if name in _SCALARS:
            self._collected, self._length = [], 0
        elif name in {"dict", "array"}:
            if len(self._path) >= _DEEPEST:
                raise UnreadableExport("This file nests deeper than a music library does.")
            self._path.append("")
            self._is_list.append(name == "array")

    def _characters(self, data: str) -> None:
        if self._collected is not None and self._length < LONGEST_FIELD:
            self._collected.append(data)
            self._length += len(data)

    def _end(self, name: str) -> None:
        if name in {"dict", "array"} and self._path:
            self._path.pop()
            self._is_list.pop()
            self._events.append((tuple(self._path), _Closed(self.line)))
        elif name in {"true", "false"}:
            self._events.append((tuple(self._path), name))
        elif name in _SCALARS:
            value = "".join(self._collected or ()).strip()
            self._collected = None
            if name != "key":
                self._events.append((tuple(self._path), value))
            elif self._path and not self._is_list[-1]:
                self._path[-1] = value


def _refuse_entities(*_: object) -> None:
    raise UnreadableExport("This file declares XML entities, which no music library does.")


def _read(file: BinaryIO) -> Iterator[Entry]:
    # Twice: lists name songs by number, and need not follow them.
    songs: dict[str, SongRef | None] = {}
    try:
        yield from _tracks(_PropertyList(open_text(file)), songs)
        file.seek(0)
        yield from _lists(_PropertyList(open_text(file)), songs)
    except expat.ExpatError as error:
        if not songs:
            raise UnreadableExport("This library is broken or incomplete: export it again.") from error
        yield Refusal(f"line {error.lineno}", "the file is broken or cut off here: what follows cannot be read")


def _tracks(events: _PropertyList, songs: dict[str, SongRef | None]) -> Iterator[Entry]:
    """Give the songs, and note them by number (None for what is no music)."""
    track: dict[str, str] = {}
    for path, value in events:
        match path, value:
            case ("Tracks", _, str(key)), str(text) if len(track) < 200:
                track[key] = text
            case ("Tracks", str(number)), _Closed(line=line):
                entry = _track(f"line {line}", track)
                track = {}
                if len(songs) < _MOST_SONGS:
                    songs[number] = entry.song if isinstance(entry, Kept) else None
                yield entry
            case ("Tracks",), _Closed():
                return
            case _:
                pass


def _track(where: str, track: dict[str, str]) -> Entry:
    if _is_no_music(track):
        return Omission(where, "not music")
    song = song_of(
        title=track.get("Name", ""),
        artist=track.get("Artist", "") or track.get("Album Artist", ""),
        album=track.get("Album", ""),
        year=year_of(track.get("Year", "")),
        duration_ms=whole_of(track.get("Total Time")),
    )
    if song is None:
        return Omission(where, "no title")
    return Kept(
        song=song,
        added_at=iso_moment_of(track.get("Date Added", "")),
        liked=_liked(track),
        rating=_rating(track),
        play_count=_count(track.get("Play Count")),
        skip_count=_count(track.get("Skip Count")),
        last_played_at=iso_moment_of(track.get("Play Date UTC", "")),
    )


def _is_no_music(track: dict[str, str]) -> bool:
    return (
        any(track.get(kind) == "true" for kind in _OTHER_MEDIA)
        or (track.get("Has Video") == "true" and track.get("Music Video") != "true")
        or track.get("Genre", "").casefold() in _OTHER_GENRES
        # A station's stream.
        or track.get("Track Type") == "URL"
    )


def _liked(track: dict[str, str]) -> bool | None:
    if "true" in (track.get("Loved"), track.get("Favorited")):
        return True
    return False if track.get("Disliked") == "true" else None


def _rating(track: dict[str, str]) -> int | None:
    """Read the stars, 20 each; those that the program worked out from the album's are nobody's opinion."""
    rating = whole_of(track.get("Rating"))
    if not rating or rating > 100 or track.get("Rating Computed") == "true":
        return None
    return max(1, (rating + 10) // 20)


def _count(value: str | None) -> int:
    return min(whole_of(value) or 0, _MOST_COUNTED)


def _lists(events: _PropertyList, songs: dict[str, SongRef | None]) -> Iterator[Entry]:
    """Give the songs of the lists that the listener made."""
    features: dict[str, str] = {}
    numbers = array("q")
    for path, value in events:
        match path, value:
            case ("Playlists", "", "Playlist Items", "", "Track ID"), str(number) if len(numbers) < _MOST_SONGS:
                numbers.append(whole_of(number) or 0)
            case ("Playlists", "", str(key)), str(text) if len(features) < 200:
                features[key] = text
            case ("Playlists", ""), _Closed():
                yield from _list(features, numbers, songs)
                features, numbers = {}, array("q")
            case _:
                pass


def _list(features: dict[str, str], numbers: "array[int]", songs: dict[str, SongRef | None]) -> Iterator[Entry]:
    name = features.get("Name", "") or "Playlist"
    if any(features.get(mark, "false") != "false" for mark in _OWN_LISTS):
        yield Omission(f"the program's own list “{name}”", "not a song")
        return
    for position, number in enumerate(numbers):
        where = f"playlist “{name}”, entry {position + 1}"
        if str(number) not in songs:
            yield Refusal(where, f"the library has no track {number}")
        elif song := songs[str(number)]:
            yield kept_of(where, song, playlist=name, position=position)
        else:
            yield Omission(where, "not music")


def _is_library(head: Head) -> bool:
    text = text_of_head(head)
    return "<plist" in text and ("<key>Tracks</key>" in text or "<key>Playlist Items</key>" in text)


FORMATS = (Format("itunes-library", "Apple Music or iTunes library (XML)", _is_library, _read),)
