"""Exportify's tables are read in the dialects of its makers and years."""

from datetime import UTC, datetime

import pytest

from segue.library.formats.entries import Kept
from tests.library.formats.files import entries_of, entries_of_sample, format_named, told

_ID = "4cOdK2wGLETKBW3PvgPWqT"
_CURRENT = (
    '"Track URI","Track Name","Artist URI(s)","Artist Name(s)","Album URI","Album Name","Album Artist URI(s)",'
    '"Album Artist Name(s)","Album Release Date","Album Image URL","Disc Number","Track Number","Track Duration (ms)",'
    '"Track Preview URL","Explicit","Popularity","ISRC","Is Playable","Added By","Added At"\n'
)
_CURRENT_ROW = (
    f'"spotify:track:{_ID}","Low, ""Tide""","x","The Invented\\, Inc., Nobody","x","First","x",'
    '"The Invented","2007-09-25","x","1","4","224804","x","false","59","GBAYE0601498","true",'
    '"spotify:user:me","2026-03-18T19:52:24Z"\n'
)


def test_a_row_of_the_current_table_is_a_kept_song_with_all_it_tells() -> None:
    (kept,) = entries_of(_CURRENT + _CURRENT_ROW, "exportify")
    assert isinstance(kept, Kept)
    assert (kept.song.title, kept.song.artist, kept.song.album) == (
        'Low, "Tide"',
        "The Invented, Inc., Nobody",
        "First",
    )
    assert (kept.song.year, kept.song.duration_ms, kept.song.isrc) == (2007, 224_804, "GBAYE0601498")
    assert kept.song.ids == {"spotify": _ID}
    assert (kept.position, kept.added_at) == (0, datetime(2026, 3, 18, 19, 52, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            '"Track URI","Track Name","Album Name","Artist Name(s)","Release Date","Duration (ms)","Added At"',
            f"spotify:track:{_ID},Low Tide,First,The Invented,2007,224804,2026-03-18T19:52:24Z",
        ),
        (
            "Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Added By,Added At",
            f"{_ID},x,Low Tide,First,The Invented,2007-09,224804,me,2026-03-18T19:52:24Z",
        ),
        (
            "SPOTIFY URI,track name,Artist Name,Album Name,Disc Number,Track Duration (ms),Added By,Added At",
            f"spotify:track:{_ID},Low Tide,The Invented,First,1,224804,me,2026-03-18T19:52:24Z",
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_dialects_tell_the_same(header: str, row: str, encoding: str) -> None:
    (kept,) = entries_of(f"{header}\r\n{row}\r\n".encode(encoding), "exportify")
    assert isinstance(kept, Kept)
    assert (kept.song.title, kept.song.artist, kept.song.album) == ("Low Tide", "The Invented", "First")
    assert (kept.song.duration_ms, kept.song.ids) == (224_804, {"spotify": _ID})
    assert kept.song.year in {2007, None}


def test_rows_that_are_no_songs_say_why_and_the_others_keep_their_places() -> None:
    header = "Track URI,Track Name,Artist Name(s),Album Name,Release Date,Duration (ms),ISRC,Added At\n"
    rows = [
        "spotify:track:short,One,A,B,0000,0,no,never",
        "spotify:episode:x,Ebb,A,B,,,,",
        ",,,,,,,",
        "spotify:track:x,,A,B,,,,",
        '"spotify:track:x","Two',
        "spotify:local:A::Three:10,Three",
        "",
    ]
    entries = entries_of(header + "\n".join(rows), "exportify")
    assert told(entries) == ["One", "not music, line 3", "no title, line 5", "refused line 6", "Three"]
    first, *_, last = entries
    assert isinstance(first, Kept)
    assert isinstance(last, Kept)
    assert (first.song.year, first.song.duration_ms, first.song.isrc, first.added_at) == (None, None, None, None)
    assert (first.song.ids, last.song.ids, last.song.artist) == ({}, {}, "")


def test_the_list_is_named_as_its_file() -> None:
    assert format_named("exportify").named_by_file


def test_the_real_table_has_three_songs() -> None:
    entries = entries_of_sample("headers_and_small_samples/exportify_3rows.csv", "exportify")
    assert [(entry.song.title, entry.song.year, entry.song.isrc) for entry in entries if isinstance(entry, Kept)] == [
        ("Long Road To Ruin", 2007, "USRW30700010"),
        ("Lonely As You", 2002, "USRW30200009"),
        ("Rope", 2011, "USRW31100001"),
    ]
