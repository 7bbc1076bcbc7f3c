"""Apple's listening histories are read: a listen is what was heard of a song, pauses included."""

from datetime import UTC, datetime

import pytest

from segue.library.formats.entries import Entry, Listen
from tests.library.formats.files import entries_of, told

_COLUMNS = [
    "Artist Name",
    "Song Name",
    "Album Name",
    "Event Type",
    "End Reason Type",
    "Event Start Timestamp",
    "Event End Timestamp",
    "Play Duration Milliseconds",
    "Media Duration In Milliseconds",
    "Media Type",
]


def _row(**cells: str) -> str:
    row = {
        "Artist Name": "The Invented",
        "Song Name": "Low Tide",
        "Album Name": "First",
        "Event Type": "PLAY_END",
        "End Reason Type": "NATURAL_END_OF_TRACK",
        "Event Start Timestamp": "2020-05-01T10:00:00.000Z",
        "Event End Timestamp": "2020-05-01T10:03:00.000Z",
        "Play Duration Milliseconds": "180000",
        "Media Duration In Milliseconds": "200000",
        "Media Type": "AUDIO",
    } | {name.replace("_", " "): cell for name, cell in cells.items()}
    return ",".join(row[column] for column in _COLUMNS)


def _read(*rows: str) -> list[Entry]:
    return entries_of("\r\n".join([",".join(_COLUMNS), *rows]), "apple-activity")


def _listen(*rows: str) -> Listen:
    (entry,) = _read(*rows)
    assert isinstance(entry, Listen)
    return entry


def test_an_event_is_a_listen_with_all_it_tells() -> None:
    listen = _listen(_row())
    assert (listen.song.title, listen.song.artist, listen.song.album) == ("Low Tide", "The Invented", "First")
    assert listen.song.duration_ms == 200_000
    assert listen.listened_at == datetime(2020, 5, 1, 10, tzinfo=UTC)
    assert (listen.played_ms, listen.skipped) == (180_000, False)


@pytest.mark.parametrize(
    ("reason", "skipped"),
    [
        ("TRACK_SKIPPED_FORWARDS", True),
        ("MANUALLY_SELECTED_PLAYBACK_OF_A_DIFF_ITEM", True),
        ("NATURAL_END_OF_TRACK", False),
        ("TRACK_SKIPPED_BACKWARDS", None),
        ("", None),
    ],
)
def test_the_reason_tells_a_skip(reason: str, skipped: bool | None) -> None:
    assert _listen(_row(End_Reason_Type=reason)).skipped is skipped


def test_without_a_start_it_is_the_end_less_what_was_played() -> None:
    listen = _listen(_row(Event_Start_Timestamp=""))
    assert listen.listened_at == datetime(2020, 5, 1, 10, tzinfo=UTC)


def test_nobody_hears_more_of_a_song_than_it_has() -> None:
    assert _listen(_row(Play_Duration_Milliseconds="99999999999")).played_ms == 200_000
    assert _listen(_row(Play_Duration_Milliseconds="-5")).played_ms is None


_PAUSED = {"End_Reason_Type": "PLAYBACK_MANUALLY_PAUSED", "Play_Duration_Milliseconds": "20000"}
_RESUMED = {
    "Event_Start_Timestamp": "2020-05-01T10:10:00Z",
    "Event_End_Timestamp": "2020-05-01T10:12:00Z",
    "Play_Duration_Milliseconds": "120000",
}


@pytest.mark.parametrize("reverse", [False, True])
def test_a_pause_parts_no_listen(reverse: bool) -> None:
    rows = [_row(**_PAUSED), _row(**_RESUMED)]
    listen = _listen(*(reversed(rows) if reverse else rows))
    assert listen.listened_at == datetime(2020, 5, 1, 10, tzinfo=UTC)
    assert (listen.played_ms, listen.skipped) == (140_000, False)


def test_after_a_long_pause_or_another_song_it_is_another_listen() -> None:
    late = {**_RESUMED, "Event_Start_Timestamp": "2020-05-01T11:10:00Z", "Event_End_Timestamp": "2020-05-01T11:12:00Z"}
    assert told(_read(_row(**_PAUSED), _row(**late))) == ["Low Tide", "Low Tide"]
    assert told(_read(_row(**_PAUSED), _row(**_RESUMED, Song_Name="Ebb"))) == ["Low Tide", "Ebb"]
    assert told(_read(_row(), _row(**_RESUMED))) == ["Low Tide", "Low Tide"]


def test_a_scrub_is_no_time_of_listening() -> None:
    scrub = {"End_Reason_Type": "SCRUB_END", "Play_Duration_Milliseconds": "60000"}
    assert _listen(_row(**scrub), _row(**_RESUMED)).played_ms == 120_000
    assert told(_read(_row(**scrub))) == ["not a play, line 2"]


def test_rows_that_are_no_listens_say_why() -> None:
    rows = [
        _row(Event_Type="PLAY_START"),
        _row(Event_Type="LYRIC_DISPLAY"),
        _row(End_Reason_Type="FAILED_TO_LOAD"),
        _row(Media_Type="PODCAST"),
        _row(Song_Name=""),
        _row(Event_Start_Timestamp="", Event_End_Timestamp="soon"),
        _row(Event_Start_Timestamp="1969-01-01T00:00:00Z", Event_End_Timestamp="1969-01-01T00:00:00Z"),
        '"',
        _row(Event_Type=""),
    ]
    assert told(_read(*rows)) == [
        "not a play, line 2",
        "not a play, line 3",
        "not a play, line 4",
        "not music, line 5",
        "no title, line 6",
        "refused line 7",
        "refused line 8",
        "refused line 9",
        "Low Tide",
    ]


def test_where_no_artist_is_named_it_is_told_which_file_names_one() -> None:
    (refusal,) = _read(_row(Artist_Name=""))
    assert "Daily Tracks" in str(refusal)


def test_the_columns_of_later_files_tell_the_same() -> None:
    header = '"Content Name","Container Artist Name","Event End Timestamp","Play Duration Milliseconds","Feature Name"'
    row = "Low Tide,The Invented,2023-05-01T10:03:00Z,180000,library"
    (listen,) = entries_of(f"{header}\n{row}\n".encode("utf-8-sig"), "apple-activity")
    assert isinstance(listen, Listen)
    assert (listen.song.artist, listen.song.title, listen.played_ms) == ("The Invented", "Low Tide", 180_000)


_DAYS = (
    "Country,Track Identifier,Media type,Date Played,Hours,Play Duration Milliseconds,End Reason Type,Source Type,"
    "Play Count,Skip Count,Ignore For Recommendations,Track Reference,Track Description\n"
)


def _day(
    *,
    kind: str = "AUDIO",
    date: str = "20240315",
    hours: str = "9",
    ms: str = "400000",
    plays: str = "2",
    skips: str = "0",
    ignored: str = "",
    song: str = "The Invented - Low Tide - Live",
) -> str:
    return f'DE,1,{kind},{date},"{hours}",{ms},X,IPHONE,{plays},{skips},{ignored},1,{song}\n'


def test_a_days_plays_are_so_many_listens_in_its_hours() -> None:
    entries = entries_of(_DAYS + _day(hours="9, 21", plays="3", skips="1"), "apple-days")
    listens = [entry for entry in entries if isinstance(entry, Listen)]
    assert [(each.listened_at.hour, each.skipped, each.played_ms) for each in listens] == [
        (9, False, 133_333),
        (21, False, 133_333),
        (9, False, 133_333),
        (21, True, None),
    ]
    assert len({each.listened_at for each in listens}) == 4
    assert {(each.song.artist, each.song.title) for each in listens} == {("The Invented", "Low Tide - Live")}


def test_a_day_of_skips_only_has_what_was_heard_of_them() -> None:
    (listen,) = entries_of(_DAYS + _day(plays="0", skips="1", ms="5000"), "apple-days")
    assert isinstance(listen, Listen)
    assert (listen.skipped, listen.played_ms) == (True, 5_000)


def test_days_that_are_no_listens_say_why() -> None:
    rows = [
        _day(ignored="1"),
        _day(kind="PODCAST"),
        _day(song="N/A"),
        _day(song=""),
        _day(plays="0", ms="0"),
        _day(plays="99999999"),
        _day(date="20241399"),
        _day(date="19000101"),
        _day(song="No artist", plays="1"),
        _day(plays="x", ms="1000", hours="99"),
    ]
    assert told(entries_of(_DAYS + "".join(rows), "apple-days")) == [
        "private session, line 2",
        "not music, line 3",
        "no title, line 4",
        "no title, line 5",
        "not a play, line 6",
        "refused line 7",
        "refused line 8",
        "refused line 9",
        "refused line 10",
        "Low Tide - Live",
    ]
