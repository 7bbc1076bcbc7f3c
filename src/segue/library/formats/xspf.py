"""XSPF: a playlist as XML, read a song at a time by a parser that knows no entities."""

import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO
from xml.parsers import expat  # document types, and with them entities, are refused

from segue.library.formats.building import ids_in, kept_of, mbid_in, song_of
from segue.library.formats.entries import Entry, Refusal
from segue.library.formats.format import Format, Head, UnreadableExport
from segue.library.formats.reading import encoding_of, open_text, text_of_head, whole_of

_ROOT = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*+-->\s*+)*+<(?:\w+:)?playlist\b[^>]*", re.DOTALL)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)")
# What an encoding may be that is not UTF-8 or marked; Python knows others that are no encodings of texts.
_LEGACY = re.compile(rb"iso-8859-\d+|windows-125\d|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5")
_DEEPEST = 100
_MOST_VALUES = 8
_CHUNK = 65_536
_LONGEST_TEXT = 4_096
_FIELDS = frozenset({"location", "identifier", "title", "creator", "album", "duration"})


def _is_xspf(head: Head) -> bool:
    root = _ROOT.match(text_of_head(head))
    return root is not None and ("xspf" in root[0] or "<trackList" in text_of_head(head))


class _Playlist:
    """What the parser tells, gathered into songs."""

    def __init__(self) -> None:
        self.songs: list[dict[str, list[str]]] = []
        self.title = ""
        self._song: dict[str, list[str]] | None = None
        self._path: list[str] = []
        self._text = ""
        self._parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, part: str, *, final: bool = False) -> None:
        self._parser.Parse(part.encode("utf-8", errors="replace"), final)

    def _refuse(self, *_: object) -> None:
        raise UnreadableExport("This playlist declares a document type, which no XSPF does.")

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name.rpartition(" ")[2] if len(self._path) < 5 else "")
        if len(self._path) > _DEEPEST:
            raise UnreadableExport("This file nests deeper than any playlist does.")
        self._text = ""
        if self._path == ["playlist", "trackList", "track"]:
            self._song = {}

    def _characters(self, text: str) -> None:
        self._text = (self._text + text)[:_LONGEST_TEXT] if len(self._text) < _LONGEST_TEXT else self._text

    def _end(self, _: str) -> None:
        path, text = self._path, self._text.strip()
        if path == ["playlist", "title"]:
            self.title = text
        elif self._song is not None and path[:-1] == ["playlist", "trackList", "track"] and path[-1] in _FIELDS:
            values = self._song.setdefault(path[-1], [])
            if len(values) < _MOST_VALUES:
                values.append(text)
        elif self._song is not None and path == ["playlist", "trackList", "track"]:
            self.songs.append(self._song)
            self._song = None
        path.pop()
        self._text = ""


def _text(file: BinaryIO) -> TextIO:
    head = Head.of(file).data
    declared = _DECLARED.match(head)
    is_legacy = encoding_of(head) == "cp1252" and declared is not None and _LEGACY.fullmatch(declared[1].lower())
    return open_text(file, encoding=declared[1].decode() if declared and is_legacy else None)


def _songs(file: BinaryIO) -> Iterator[Entry]:
    playlist = _Playlist()
    position = 0
    try:
        text = _text(file)
        while part := text.read(_CHUNK):
            playlist.feed(part)
            for song in playlist.songs:
                yield _kept(song, playlist.title, position)
                position += 1
            playlist.songs.clear()
        playlist.feed("", final=True)
    except (expat.ExpatError, ValueError) as error:
        if position == 0:
            raise UnreadableExport("This playlist is broken or incomplete: export it again.") from error
        yield Refusal(f"after entry {position}", "the file is broken or cut off here: what follows cannot be read")


def _kept(song: dict[str, list[str]], playlist: str, position: int) -> Entry:
    addresses = [*song.get("identifier", []), *song.get("location", [])]
    return kept_of(
        f"entry {position + 1}",
        song_of(
            title="".join(song.get("title", [])[:1]),
            artist=", ".join(song.get("creator", [])),
            album="".join(song.get("album", [])[:1]),
            duration_ms=whole_of("".join(song.get("duration", [])[:1])),
            mbid=mbid_in(*addresses),
            ids=ids_in(*addresses),
        ),
        playlist=playlist,
        position=position,
    )


FORMATS = (Format("xspf", "XSPF playlist", _is_xspf, _songs, named_by_file=True),)
