"""A playlist as a file that players and other services read, and `POST /ingest` reads back to the same list."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from xml.etree import ElementTree as ET

from segue.catalog.songs.service import Platform, SongRef

Form = Literal["csv", "m3u8", "xspf", "jspf"]
MEDIA_TYPES: Final[dict[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "m3u8": "application/vnd.apple.mpegurl",
    "xspf": "application/xspf+xml",
    "jspf": "application/json",
}
_TRACK_EXTENSION: Final = "https://musicbrainz.org/doc/jspf#track"
_XSPF: Final = "http://xspf.org/ns/0/"
#: Where songs are known elsewhere, the most telling first.
_ADDRESSES: Final[dict[Platform, str]] = {
    "spotify": "https://open.spotify.com/track/{}",
    "youtube": "https://www.youtube.com/watch?v={}",
    "deezer": "https://www.deezer.com/track/{}",
}
_SITES: Final[dict[Platform, str]] = {"spotify": "Spotify", "youtube": "YouTube", "deezer": "Deezer"}


@dataclass(frozen=True, slots=True)
class Song:
    """An entry as a file tells it; `address` is where it can be heard here."""

    ref: SongRef
    address: str
    added_at: datetime | None


def written(form: Form, name: str, description: str, songs: Sequence[Song]) -> str:
    """Return a list as a file of a form."""
    match form:
        case "csv":
            return _csv(name, songs)
        case "m3u8":
            return _m3u8(name, songs)
        case "xspf":
            return _xspf(name, description, songs)
        case "jspf":
            return _jspf(name, description, songs)


def links_of(ref: SongRef) -> list[tuple[str, str]]:
    """Return where a song is known elsewhere: what it is called there, and the address."""
    known = [(_SITES[name], template.format(ref.ids[name])) for name, template in _ADDRESSES.items() if name in ref.ids]
    if ref.recording_mbid:
        known.insert(0, ("MusicBrainz", f"https://musicbrainz.org/recording/{ref.recording_mbid}"))
    return known


def addresses_of(ref: SongRef) -> list[str]:
    """Return the addresses of a song elsewhere."""
    return [address for _, address in links_of(ref)]


def _csv(name: str, songs: Sequence[Song]) -> str:
    """Write the table that TuneMyMusic writes, so that it moves lists on to other services, too."""
    out = io.StringIO()
    table = csv.writer(out)
    names = ("Track name", "Artist name", "Album", "Playlist name", "Type", "ISRC", "Spotify - id", "Segue - id")
    table.writerow(names)
    for song in songs:
        ref = song.ref
        ids = (ref.isrc or "", ref.ids.get("spotify", ""), song.address)
        table.writerow([ref.title, ref.artist, ref.album or "", name, "Playlist", *ids])
    return out.getvalue()


def _m3u8(name: str, songs: Sequence[Song]) -> str:
    lines = ["#EXTM3U", "#EXTENC:UTF-8", f"#PLAYLIST:{_line(name)}"]
    for song in songs:
        ref = song.ref
        length = -1 if ref.duration_ms is None else round(ref.duration_ms / 1000)
        named = f"{_line(ref.artist)} - {_line(ref.title)}" if ref.artist else _line(ref.title)
        lines.append(f"#EXTINF:{length},{named}")
        lines += [f"#EXTART:{_line(ref.artist)}"] if ref.artist else []
        lines += [f"#EXTALB:{_line(ref.album)}"] if ref.album else []
        lines.append(next((one for one in addresses_of(ref) if "musicbrainz" not in one), song.address))
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """Return a text as what a line can hold."""
    return " ".join(text.split())


def _xspf(name: str, description: str, songs: Sequence[Song]) -> str:
    root = ET.Element("playlist", {"version": "1", "xmlns": _XSPF})
    _tell(root, "title", name)
    _tell(root, "annotation", description)
    tracks = ET.SubElement(root, "trackList")
    for song in songs:
        track = ET.SubElement(tracks, "track")
        _tell(track, "location", song.address)
        for address in addresses_of(song.ref):
            _tell(track, "identifier", address)
        _tell(track, "title", song.ref.title)
        _tell(track, "creator", song.ref.artist)
        _tell(track, "album", song.ref.album)
        _tell(track, "duration", song.ref.duration_ms and str(song.ref.duration_ms))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _tell(parent: ET.Element, name: str, value: str | int | None) -> None:
    if value:
        ET.SubElement(parent, name).text = "".join(_printable(str(value)))


def _printable(text: str) -> Iterator[str]:
    """Give what XML 1.0 has a place for."""
    return (one for one in text if one in "\t\n" or (one >= " " and one not in "\ufffe\uffff"))


def _jspf(name: str, description: str, songs: Sequence[Song]) -> str:
    told: dict[str, Any] = {"title": name, "track": [_jspf_track(song) for song in songs]}
    if description:
        told["annotation"] = description
    return json.dumps({"playlist": told}, ensure_ascii=False, indent=1) + "\n"


def _jspf_track(song: Song) -> dict[str, Any]:
    ref = song.ref
    track: dict[str, Any] = {
        "title": ref.title,
        "creator": ref.artist,
        "album": ref.album,
        "duration": ref.duration_ms,
        "identifier": addresses_of(ref),
        "location": [song.address],
    }
    if song.added_at is not None:
        track["extension"] = {_TRACK_EXTENSION: {"added_at": song.added_at.isoformat()}}
    return {key: value for key, value in track.items() if value not in (None, "", [])}
