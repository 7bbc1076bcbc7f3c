"""Playlists that players and MusicBrainz's tools exchange: JSPF, M3U and PLS."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from segue.library.formats.building import ids_in, kept_of, mbid_in, seconds_as_ms, song_of
from segue.library.formats.entries import Entry, Refusal, SongRef
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import at, first_at, items_at, items_of, paths_of, text_at
from segue.library.formats.reading import iso_moment_of, numbered_lines, open_text, text_of, text_of_head, whole_of

_TRACK_EXTENSION = "https://musicbrainz.org/doc/jspf#track"
_AUDIO = re.compile(
    r"\.(?:mp[23]|m4a|mp4|aac|flac|og[ga]|opus|wav|wma|aiff?|alac|ape|mpc|wv|webm|mka|dsf)$", re.IGNORECASE
)
# "#EXTINF:225 logo="a,b",Artist - Title": seconds, attributes that may hold commas, the name.
_EXTINF = re.compile(r"#EXTINF:\s*(-?\d+(?:\.\d+)?)?((?:\s+[\w-]+=(?:\"[^\"]*\"|[^\s,]*))*)\s*,?(.*)", re.IGNORECASE)
_NUMBER = re.compile(r"(?:\d{1,3}\s*[.\-_]\s*|0\d\s+)+")
_DASH = re.compile(r"\s+[-–—]\s+")  # noqa: RUF001  # lists of songs are written with all three
_PLS_KEY = re.compile(r"(file|title|length)(\d{1,9})\s*=(.*)", re.IGNORECASE)
#: What is longer names no song.
_LONGEST_NAME = 1_000
#: So many songs of a PLS may be begun and not yet complete: some tools write all files, then all titles.
_MOST_OPEN = 20_000


def _is_jspf(head: Head) -> bool:
    return "playlist.track.item" in paths_of(head)


def _texts_at(value: object, key: str) -> list[str]:
    found = [text_of(each) for each in items_at(value, key)] or [text_at(value, key)]
    return [text for text in found if text]


def _jspf(file: BinaryIO) -> Iterator[Entry]:
    playlist = text_of(first_at(file, "playlist.title"))
    position = 0
    for found in items_of(file, "playlist.track.item"):
        if isinstance(found, Refusal):
            yield found
            continue
        where, track = found
        addresses = [*_texts_at(track, "identifier"), *_texts_at(track, "location")]
        song = song_of(
            title=text_at(track, "title"),
            artist=text_at(track, "creator"),
            album=text_at(track, "album"),
            duration_ms=whole_of(text_at(track, "duration")),
            mbid=mbid_in(*addresses),
            ids=ids_in(*addresses),
        )
        added_at = iso_moment_of(text_at(at(track, "extension"), _TRACK_EXTENSION, "added_at"))
        yield kept_of(where, song, playlist=playlist, position=position, added_at=added_at)
        position += 1


def _is_m3u(head: Head) -> bool:
    text = text_of_head(head)
    if "#EXT-X-" in text:
        return False  # a video stream's list of pieces
    if text.lstrip().upper().startswith("#EXTM3U"):
        return True
    lines = [line.strip() for line in text.split("\n", 50)[:50]]
    entries = [line for line in lines if line and not line.startswith("#")]
    return bool(entries) and all(_is_audio(entry) for entry in entries[:-1] or entries)


def _is_audio(entry: str) -> bool:
    return _AUDIO.search(urlsplit(entry).path if "://" in entry else entry) is not None and "\t" not in entry


def _m3u(file: BinaryIO) -> Iterator[Entry]:
    playlist, position = "", 0
    told: dict[str, str] = {}
    for number, raw in numbered_lines(open_text(file)):
        line = raw.strip()
        tag, _, value = line.partition(":")
        if line.upper().startswith("#EXTINF:") and (found := _EXTINF.match(line)):
            told |= {"length": found[1] or "", "name": found[3]}
        elif tag.upper() in {"#EXTALB", "#EXTART"}:
            told[tag.upper()] = value.strip()
        elif tag.upper() == "#PLAYLIST":
            playlist = value.strip()
        elif line and not line.startswith("#"):
            song = _song_of_entry(
                line, told.get("name", ""), told.get("length", ""), told.get("#EXTART", ""), told.get("#EXTALB", "")
            )
            yield kept_of(f"line {number}", song, playlist=playlist, position=position)
            position += 1
            told = {}


def _song_of_entry(address: str, name: str, length: str, artist: str = "", album: str = "") -> SongRef | None:
    if artist and name.strip().startswith(f"{artist} - "):
        left, right = artist, name.strip().removeprefix(f"{artist} - ")  # whatever dashes the artist has
    else:
        left, right = _parted(name.strip()) if name.strip() else _parted(_name_of_file(address))
    if artist and not left:
        left = artist
    return song_of(
        title=right, artist=left, album=album, duration_ms=seconds_as_ms(length), ids=ids_in(address.strip())
    )


def _parted(name: str) -> tuple[str, str]:
    parts = _DASH.split(name[:_LONGEST_NAME], maxsplit=1)
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else ("", name)


def _name_of_file(address: str) -> str:
    path = unquote(urlsplit(address).path) if re.match(r"\w{2,}://", address) else address
    name = PureWindowsPath(path).name  # which parts at both kinds of slashes
    if not _AUDIO.search(name):
        return ""  # a station's or a page's address names no song
    return _NUMBER.sub("", _AUDIO.sub("", name), count=1) if _NUMBER.match(name) else _AUDIO.sub("", name)


def _is_pls(head: Head) -> bool:
    return text_of_head(head).lstrip()[:10].lower() == "[playlist]"


def _pls(file: BinaryIO) -> Iterator[Entry]:
    begun: OrderedDict[int, dict[str, str]] = OrderedDict()
    position = 0
    for _, line in numbered_lines(open_text(file)):
        if found := _PLS_KEY.match(line.strip()):
            begun.setdefault(int(found[2]), {})[found[1].lower()] = found[3].strip()
        if len(begun) > _MOST_OPEN:
            yield _pls_song(*begun.popitem(last=False), position)
            position += 1
    for number, told in begun.items():
        yield _pls_song(number, told, position)
        position += 1


def _pls_song(number: int, told: dict[str, str], position: int) -> Entry:
    song = _song_of_entry(told.get("file", ""), told.get("title", ""), told.get("length", ""))
    return kept_of(f"entry {number}", song, position=position)


FORMATS = (
    Format("jspf", "JSPF playlist", _is_jspf, _jspf, named_by_file=True),
    Format("m3u", "M3U or M3U8 playlist", _is_m3u, _m3u, named_by_file=True),
    Format("pls", "PLS playlist", _is_pls, _pls, named_by_file=True),
)
