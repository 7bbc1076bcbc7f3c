"""TuneMyMusic's lists and favourites are read, whatever platform they came from."""

from collections.abc import Mapping

import pytest

from segue.library.formats.entries import Kept
from tests.library.formats.files import as_json, entries_of, told

_HEADER = "Track name,Artist name,Album,Playlist name,Type,ISRC"
_ID = "4cOdK2wGLETKBW3PvgPWqT"


def test_a_row_is_a_song_of_its_list() -> None:
    rows = [
        _HEADER,
        "Low Tide,The Invented,First,Tides,Playlist,gb-aye-06-01498",
        "Ebb,A,B,Tides,Playlist,",
        "X,A,B,Y,Playlist,",
    ]
    entries = entries_of("\n".join(rows), "tunemymusic-csv")
    kept = [entry for entry in entries if isinstance(entry, Kept)]
    assert [(each.song.title, each.playlist, each.position) for each in kept] == [
        ("Low Tide", "Tides", 0),
        ("Ebb", "Tides", 1),
        ("X", "Y", 0),
    ]
    assert (kept[0].song.artist, kept[0].song.album, kept[0].song.isrc) == ("The Invented", "First", "GBAYE0601498")
    assert kept[0].liked is None


@pytest.mark.parametrize("kind", ["Favorite", "favorite", "Favourites"])
def test_a_favourite_is_liked_and_of_no_list(kind: str) -> None:
    (kept,) = entries_of(f"{_HEADER}\nLow Tide,A,B,Liked videos,{kind},\n", "tunemymusic-csv")
    assert isinstance(kept, Kept)
    assert (kept.liked, kept.playlist, kept.position) == (True, None, None)


def test_what_came_from_a_video_has_its_artist_in_the_title() -> None:
    rows = [
        f"{_HEADER}",
        "The Invented - Low Tide - Live,,,Tides,Playlist,",
        "No dash,,,Tides,track,",
        " - Ebb,,,T,track,",
    ]
    entries = entries_of("\n".join(rows), "tunemymusic-csv")
    assert [(entry.song.artist, entry.song.title) for entry in entries if isinstance(entry, Kept)] == [
        ("The Invented", "Low Tide - Live"),
        ("", "No dash"),
        ("", "- Ebb"),
    ]


def test_rows_that_are_no_songs_say_why() -> None:
    rows = [_HEADER, ",,,Liked videos,Favorite,", ",,,,,", "First,A,,,Album,", '"Broken', "Low Tide,A,B,T,Playlist,"]
    assert told(entries_of("\r\n".join(rows), "tunemymusic-csv")) == [
        "no title, line 2",
        "not a song, line 4",
        "refused line 5",
        "Low Tide",
    ]


@pytest.mark.parametrize(
    ("column", "value", "ids"),
    [
        ("Spotify - id", _ID, {"spotify": _ID}),
        ("Spotify - id", f"spotify:track:{_ID}", {"spotify": _ID}),
        ("Spotify - id", "nonsense", {}),
        ("Apple - id", "1440857781", {"apple": "1440857781"}),
        ("Youtube Music - id", "abcdefghijk", {"youtube": "abcdefghijk"}),
        ("YouTube - id", "https://youtu.be/abcdefghijk", {"youtube": "abcdefghijk"}),
        ("Deezer - id", "3135556", {"deezer": "3135556"}),
        ("Elsewhere - id", "1", {}),
        ("Apple - id", "", {}),
    ],
)
def test_the_last_column_is_the_id_on_the_platform_it_names(column: str, value: str, ids: Mapping[str, str]) -> None:
    (kept,) = entries_of(f"{_HEADER},{column}\nLow Tide,A,B,T,Playlist,,{value}\n", "tunemymusic-csv")
    assert isinstance(kept, Kept)
    assert kept.song.ids == ids


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_marks_encodings_and_the_order_of_columns_do_not_matter(mark: str, encoding: str) -> None:
    text = "\r\n".join(["isrc,EXTRA,ARTIST NAME,track NAME", ",x,\u00c4rger,Low Tide"]).replace(",", mark)
    (kept,) = entries_of(text.encode(encoding), "tunemymusic-csv")
    assert isinstance(kept, Kept)
    assert (kept.song.artist, kept.song.title, kept.playlist) == ("\u00c4rger", "Low Tide", None)


@pytest.mark.parametrize(
    "names", [["Track name", "Artist name", "Playlist name"], ["trackName", "artistName", "playlistName"]]
)
@pytest.mark.parametrize("around", ["%s", '{"tracks": %s}', '{"playlists": [{"x": 1, "tracks": %s}]}'])
def test_json_says_the_same_wherever_the_list_lies(names: list[str], around: str) -> None:
    rows = [
        dict(zip(names, ["Low Tide", "A", "Tides"], strict=True)),
        None,
        [],
        dict(zip(names, [1979, None, ["x"]], strict=True)) | {"isrc": "GBAYE0601498", "Spotify - id": _ID},
        dict.fromkeys(names),
    ]
    entries = entries_of(around % as_json(rows), "tunemymusic-json")
    assert told(entries) == ["Low Tide", "refused entry 2", "refused entry 3", "1979", "no title, entry 5"]
    first, _, _, fourth, _ = entries
    assert isinstance(first, Kept)
    assert isinstance(fourth, Kept)
    assert (first.playlist, first.position) == ("Tides", 0)
    assert (fourth.song.isrc, fourth.song.ids) == ("GBAYE0601498", {"spotify": _ID})
