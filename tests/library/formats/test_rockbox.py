"""The log of a player without a network is read, its skips as skips and its clock as the listener's."""

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

from segue.library.formats.entries import Listen
from segue.library.formats.rockbox import read
from tests.library.formats.files import entries_of, entries_of_sample, told

_HEAD = "#AUDIOSCROBBLER/1.1\n#TZ/{}\n#CLIENT/Rockbox\n"
_ROW = "The Invented\tFirst\t{}\t1\t200\t{}\t1700000000\t\n"


def _log(*rows: str, zone: str = "UNKNOWN") -> str:
    return _HEAD.format(zone) + "".join(rows)


def test_what_was_heard_is_a_listen_and_what_was_skipped_a_skip() -> None:
    entries = entries_of(_log(_ROW.format("One", "L"), _ROW.format("Two", "S")), "rockbox")
    assert [(entry.song.title, entry.skipped) for entry in entries if isinstance(entry, Listen)] == [
        ("One", False),
        ("Two", True),
    ]


def test_a_clock_of_unknown_zone_is_the_listeners() -> None:
    data = _log(_ROW.format("One", "L")).encode()
    (entry,) = read(BytesIO(data), timezone(timedelta(hours=2)))
    assert isinstance(entry, Listen)
    assert entry.listened_at == datetime(2023, 11, 14, 20, 13, 20, tzinfo=UTC)


def test_a_clock_of_utc_is_left_alone() -> None:
    data = _log(_ROW.format("One", "L"), zone="UTC").encode()
    (entry,) = read(BytesIO(data), timezone(timedelta(hours=2)))
    assert isinstance(entry, Listen)
    assert entry.listened_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_columns_go_by_their_names_where_the_log_has_them() -> None:
    named = _HEAD.format("UTC") + "#ARTIST\t#TITLE\t#ALBUM\t#TRACKNUM\t#LENGTH\t#RATING\t#TIMESTAMP\n"
    assert told(entries_of(named + "A\tSong\tFirst\t1\t200\tL\t1700000000\n", "rockbox")) == ["Song"]


def test_rows_that_are_none_are_told_and_quotes_are_nothing_special() -> None:
    rows = [
        _ROW.format('"One', "L"),
        "too\tshort\n",
        _ROW.format("Two", "X"),
        "<Untagged>\t\tfile.mp3\t0\t180\tL\t1700000000\t\n",
        "#1 Band\tFirst\tThree\t1\t200\tL\t1700000000\n",
    ]
    assert told(entries_of(_log(*rows), "rockbox")) == [
        '"One',
        "refused line 5",
        "refused line 6",
        "refused line 7",
        "Three",
    ]


def test_the_real_log_is_read() -> None:
    # By eye: four rows, the third untagged, the fourth skipped; one valid MusicBrainz id beside an invalid one.
    entries = entries_of_sample("listenbrainz_testdata/.scrobbler.log", "rockbox")
    listens = [entry for entry in entries if isinstance(entry, Listen)]
    assert [listen.skipped for listen in listens] == [False, False, True]
    assert [listen.song.recording_mbid is None for listen in listens] == [False, True, False]
    assert told(entries)[2] == "refused line 7"
