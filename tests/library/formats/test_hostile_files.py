"""Whatever is handed in, a reader raises `UnreadableExport` or nothing, and a bad row takes no good one with it."""

import json
import time
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.library.formats.entries import Kept, Listen
from segue.library.formats.format import HEAD_BYTES, Head
from segue.library.formats.registry import FORMATS, detect
from tests.library.formats.files import as_json, format_named, formats_of, spoilt, survives

_AT = 1700000000
_OF_TRACK = {"artist": {"#text": "A"}, "album": {"#text": "B"}, "date": {"uts": str(_AT)}}


@dataclass(frozen=True)
class _Rows:
    """A layout whose rows are lines: what stands before them, and a row of a song's title."""

    head: str
    row: str


@dataclass(frozen=True)
class _Items:
    """A layout whose rows are items of a list: the document around them, and an item of a song's title."""

    around: str
    item: dict[str, object]


_ROWS = {
    "exportify": _Rows("Track URI,Track Name,Artist Name(s),Added At\n", "x,{},A,2024-01-01T00:00:00Z\n"),
    "tunemymusic-csv": _Rows("Track name,Artist name,Album,Playlist name,Type,ISRC\n", "{},A,B,L,Playlist,\n"),
    "apple-activity": _Rows(
        "Artist Name,Song Name,Event Start Timestamp,Event End Timestamp,Play Duration Milliseconds,End Reason Type\n",
        "A,{},2020-05-01T10:00:00Z,2020-05-01T10:03:00Z,180000,NATURAL_END_OF_TRACK\n",
    ),
    "apple-days": _Rows("Date Played,Hours,Play Count,Track Description\n", "20240315,9,1,A - {}\n"),
    "youtube-library": _Rows("Song URL,Song Title,Album Title,Artist Names\n", "x,{},B,A\n"),
    "lastfm-csv": _Rows("uts,utc_time,artist,album,track\n", f'"{_AT}","","A","B","{{}}"\n'),
    "lastfm-headless": _Rows('A,B,C,"19 Aug 2026, 20:48"\n' * 5, 'A,B,{},"19 Aug 2026, 20:48"\n'),
    "librefm": _Rows("#\nArtist,Track,Album,Time\n", f"A,{{}},B,{_AT}\n"),
    "spinitron": _Rows("x,y\n\nDate-time,Artist,Song\n", "2024-09-05T03:03:07-0500,A,{}\n"),
    "panoscrobbler-csv": _Rows("timeMs,artist,track,event\n", f"{_AT}000,A,{{}},scrobble\n"),
    "soundiiz": _Rows("title;artist;album;isrc\n", "{};A;B;\n"),
    "vimusic": _Rows("PlaylistBrowseId,PlaylistName,MediaId,Title,Artists,Duration\n", ",L,abcdefghijk,{},A,3:45\n"),
    "rockbox": _Rows("#AUDIOSCROBBLER/1.1\n#TZ/UTC\n", f"A\tB\t{{}}\t1\t200\tL\t{_AT}\t\n"),
    "listenbrainz": _Rows(
        "", f'{{{{"listened_at": {_AT}, "track_metadata": {{{{"track_name": "{{}}", "artist_name": "A"}}}}}}}}\n'
    ),
    "listenbrainz-feedback": _Rows(
        "", '{{"score": 1, "recording_mbid": null, "track_metadata": {{"track_name": "{}"}}}}\n'
    ),
    "panoscrobbler": _Rows("", f'{{{{"timeMs": {_AT}000, "artist": "A", "track": "{{}}"}}}}\n'),
    "m3u": _Rows("#EXTM3U\n", "#EXTINF:225,A - {}\nx.mp3\n"),
    "plain-text": _Rows("A - B\n" * 4, "A - {}\n"),
}
_LISTS = {
    "spotify-extended": _Items(
        "%s",
        {
            "ts": "2024-04-20T18:15:22Z",
            "ms_played": 1000,
            "master_metadata_track_name": "{}",
            "master_metadata_album_artist_name": "A",
        },
    ),
    "spotify-history": _Items(
        "%s", {"endTime": "2022-09-21 01:00", "artistName": "A", "trackName": "{}", "msPlayed": 1000}
    ),
    "spotify-recent": _Items(
        '{"items": %s}', {"track": {"name": "{}", "artists": [{"name": "A"}]}, "played_at": "2024-04-20T18:15:22Z"}
    ),
    "spotify-playlists": _Items(
        '{"playlists": [{"name": "L", "lastModifiedDate": "2024-04-20", "items": %s}]}',
        {"track": {"trackName": "{}", "artistName": "A"}, "episode": None, "addedDate": "2024-04-20"},
    ),
    "spotify-library": _Items('{"tracks": %s}', {"track": "{}", "artist": "A", "uri": "x"}),
    "youtube-history": _Items(
        "%s",
        {
            "header": "YouTube Music",
            "title": "Watched {}",
            "titleUrl": "https://music.youtube.com/watch?v=abcdefghijk",
            "subtitles": [{"name": "A - Topic"}],
            "time": "2024-04-20T18:15:22Z",
        },
    ),
    "tunemymusic-json": _Items("%s", {"Track name": "{}", "Artist name": "A", "Playlist name": "L"}),
    "lastfm-json": _Items('[{"track": %s}]', {**_OF_TRACK, "name": "{}"}),
    "lastfm-loved-json": _Items('{"lovedtracks": {"track": %s}}', {"artist": {"name": "A"}, "name": "{}"}),
    "listenbrainz-list": _Items("%s", {"listened_at": _AT, "track_metadata": {"track_name": "{}", "artist_name": "A"}}),
    "maloja": _Items('{"maloja": {}, "scrobbles": %s}', {"time": _AT, "track": {"artists": ["A"], "title": "{}"}}),
    "koito": _Items(
        '{"version": "1", "listens": %s}',
        {
            "listened_at": "2023-11-14T22:13:20Z",
            "track": {"aliases": [{"alias": "{}"}]},
            "artists": [{"aliases": [{"alias": "A"}]}],
        },
    ),
    "jspf": _Items('{"playlist": {"title": "L", "track": %s}}', {"title": "{}", "creator": "A"}),
}
_XSPF = '<playlist xmlns="http://xspf.org/ns/0/"><trackList>{}</trackList></playlist>'
_TRACK = "<track><title>Good</title><creator>A</creator><location>x</location></track>"
_PLS = "[playlist]\nFile1=x.mp3\nTitle1=A - Good 1\nLength1=225\nFile2=y.mp3\nTitle2=A - Good 2\n"
_ITUNES = (
    '<?xml version="1.0"?><!DOCTYPE plist><plist><dict><key>Tracks</key><dict>'
    + "".join(f"<key>{n}</key><dict><key>Name</key><string>Good {n}</string></dict>" for n in range(4))
    + "</dict><key>Playlists</key><array><dict><key>Name</key><string>L</string><key>Playlist Items</key><array>"
    "<dict><key>Track ID</key><integer>1</integer></dict></array></dict></array></dict></plist>"
)
_PAGE = (
    '<div class="outer-cell mdl-cell"><p class="mdl-typography--title">YouTube Music<br></p>'
    '<div class="mdl-typography--body-1">Watched <a href="https://www.youtube.com/watch?v=abcdefghijk">Good</a><br>'
    '<a href="x">A - Topic</a><br>Nov 7, 2023, 11:52:59 PM UTC<br></div></div>'
)
_WHOLE = {
    "xspf": (_XSPF.format(_TRACK * 4), 4),
    "pls": (_PLS, 2),
    "itunes-library": (_ITUNES, 5),
    "youtube-page": (_PAGE * 4, 4),
}
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _with_item(layout: _Items, items: list[object]) -> bytes:
    return (layout.around % json.dumps(items)).encode()


def _item(layout: _Items, title: str) -> object:
    return json.loads(as_json(layout.item).replace("{}", title))


def _sample(name: str) -> bytes:
    if name in _ROWS:
        return (_ROWS[name].head + "".join(_ROWS[name].row.format(f"Good {n}") for n in range(6))).encode()
    if name in _LISTS:
        return _with_item(_LISTS[name], [_item(_LISTS[name], f"Good {n}") for n in range(6)])
    return _WHOLE[name][0].encode()


_NAMES = sorted({*_ROWS, *_LISTS, *_WHOLE})


def _titles(name: str, data: bytes) -> list[str]:
    return [entry.song.title for entry in survives(format_named(name), data) if isinstance(entry, Listen | Kept)]


@pytest.mark.parametrize("name", _NAMES)
def test_the_samples_are_of_one_format_and_whole(name: str) -> None:
    data = _sample(name)
    assert formats_of(data) == [name]
    assert detect(Head(data)) is format_named(name)
    count = _WHOLE[name][1] if name in _WHOLE else 6
    assert len([title for title in _titles(name, data) if title.startswith("Good")]) == count


@pytest.mark.parametrize("name", _NAMES)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_spoilt_file_raises_nothing_else(name: str, data: st.DataObject) -> None:
    bad = data.draw(spoilt(_sample(name)))
    formats_of(bad[:HEAD_BYTES])
    survives(format_named(name), bad)


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_nothing_else(name: str, data: bytes) -> None:
    survives(format_named(name), data)


_SLOW = {
    "blanks": " " * 60_000,
    "comments": "<!---->" * 8_000,
    "quotes": '"\n' * 8_000,
    "open quotes": '"a\n,' * 5_000,
    "signs": "+" * 60_000,
    "dashes": "- " * 30_000,
    "brackets": "[" * 60_000,
    "objects": '{"a":' * 12_000,
    "tags": "<a>" * 20_000,
    "digits": "9" * 60_000,
    "clocks": "0:00 - " * 8_000,
    "columns": "a," * 30_000,
}


def _in_a_row(name: str, value: str) -> str:
    return _ROWS[name].head + _ROWS[name].row.format(value) if name in _ROWS else f"[{value}"


@pytest.mark.parametrize("slow", _SLOW.values(), ids=_SLOW.keys())
def test_what_is_built_to_be_slow_is_not(slow: str) -> None:
    for each in FORMATS:
        began = time.process_time()
        for data in (slow.encode(), _in_a_row(each.name, slow).encode()):
            each.recognises(Head(data[:HEAD_BYTES]))
            survives(each, data)
        assert time.process_time() - began < 5, each.name


@pytest.mark.parametrize("name", sorted(_ROWS))
@settings(deadline=None, max_examples=60)
@given(bad=st.one_of(st.text(max_size=60), st.text(alphabet='",;\t{}[]#a', max_size=30)))
def test_a_bad_line_takes_no_good_one_with_it(name: str, bad: str) -> None:
    layout = _ROWS[name]
    bad = "".join(bad.splitlines()).replace("#", "") if name in {"librefm", "m3u"} else "".join(bad.splitlines())
    good = [layout.row.format(f"Good {n}") for n in range(40)]
    data = layout.head + "".join(good[:2]) + bad + "\n" + "".join(good[2:])
    titles = _titles(name, data.encode())
    assert [title for title in titles if title.startswith("Good")] == [f"Good {n}" for n in range(40)]


@pytest.mark.parametrize("name", sorted(_LISTS))
@settings(deadline=None, max_examples=60)
@given(bad=_ANY_JSON, key=st.integers(0, 9))
def test_a_bad_item_takes_no_good_one_with_it(name: str, bad: object, key: int) -> None:
    layout = _LISTS[name]
    wrong: object = bad
    if isinstance(item := _item(layout, "Wrong"), dict) and key < len(item):
        wrong = {**item, list(item)[key]: bad}
    data = _with_item(layout, [_item(layout, "Good 0"), wrong, _item(layout, "Good 1")])
    assert [title for title in _titles(name, data) if title.startswith("Good")] == ["Good 0", "Good 1"]
