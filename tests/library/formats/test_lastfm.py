"""Last.fm's scrobbles and loved songs are read in every dialect in which people hold them."""

from datetime import UTC, datetime

import pytest

from segue.library.formats.entries import Entry, Kept, Listen
from tests.library.formats.files import as_json, entries_of, entries_of_sample, told

_HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
_MBID = "0d16bd6e-b2aa-4ffa-bded-2448415b39b0"


def _track(name: str, **more: object) -> dict[str, object]:
    return {
        "artist": {"mbid": "", "#text": "The Invented"},
        "album": {"mbid": "", "#text": "First"},
        "mbid": "",
        "name": name,
        "date": {"uts": "1700000000", "#text": "14 Nov 2023, 22:13"},
        **more,
    }


def _loved(name: str) -> dict[str, object]:
    return {"artist": {"name": "The Invented"}, "mbid": "", "name": name, "date": {"uts": "1664461146"}}


def _first_listen(entries: list[Entry]) -> Listen:
    (entry,) = entries
    assert isinstance(entry, Listen)
    return entry


def test_a_row_of_the_table_is_a_listen_with_all_it_tells() -> None:
    row = f'"1700000000","14 Nov 2023, 22:13","The Invented","","First, Last","","A ""Song""","{_MBID.upper()}"\n'
    listen = _first_listen(entries_of(_HEADER + row, "lastfm-csv"))
    assert (listen.song.title, listen.song.artist, listen.song.album) == ('A "Song"', "The Invented", "First, Last")
    assert listen.song.recording_mbid == _MBID
    assert listen.listened_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (listen.played_ms, listen.skipped) == (None, None)


def test_the_time_in_words_serves_where_the_unix_time_is_missing() -> None:
    listen = _first_listen(entries_of(_HEADER + '"","14 Nov 2023, 22:13","A","","","","Song",""\n', "lastfm-csv"))
    assert listen.listened_at == datetime(2023, 11, 14, 22, 13, tzinfo=UTC)


def test_rows_that_are_no_plays_say_why() -> None:
    rows = [
        '"1700000000","","A","","","","One",""',
        '"","","A","","","","Now",""',
        '"1700000000","","A","","","","",""',
        '"1700000000","","","","","","Nobody\'s",""',
        '"0","","A","","","","At the epoch",""',
        '"soon","","A","","","","Some day",""',
        '"1700000300","","A","","","","Two",""',
    ]
    assert told(entries_of(_HEADER + "\r\n".join(rows), "lastfm-csv")) == [
        "One",
        "not a play, line 3",
        "no title, line 4",
        "refused line 5",
        "refused line 6",
        "refused line 7",
        "Two",
    ]


def test_columns_may_stand_in_any_order_and_some_be_missing() -> None:
    listen = _first_listen(
        entries_of("Track,UTS,Artist,Mood\nSong,1700000000,A,glad\n", "lastfm-csv", "loved.txt.csv"[5:])
    )
    assert (listen.song.title, listen.song.album) == ("Song", None)


def test_a_table_without_albums_that_is_named_for_it_holds_loved_songs() -> None:
    data = "uts,utc_time,artist,artist_mbid,track,track_mbid\n1700000000,,A,,Song,\n"
    (kept,) = entries_of(data, "lastfm-loved-csv", "lovedtracks-somebody-1700000000.csv")
    assert isinstance(kept, Kept)
    assert kept.liked is True
    assert isinstance(_first_listen(entries_of(data, "lastfm-csv", "recenttracks.csv")), Listen)


def test_pages_are_read_through_and_a_page_of_one_song_too() -> None:
    pages = [{"track": [_track("One"), _track("Two")], "@attr": {"page": "1"}}, {"track": _track("Three")}]
    assert told(entries_of(as_json(pages), "lastfm-json")) == ["One", "Two", "Three"]


def test_an_answer_of_the_api_is_read() -> None:
    data = as_json({"recenttracks": {"track": [_track("One")], "@attr": {"user": "x"}}})
    assert told(entries_of(data, "lastfm-json")) == ["One"]


def test_the_extended_answer_names_artists_otherwise_and_is_no_list_of_loved_songs() -> None:
    track = _track("One", artist={"name": "The Invented", "url": ""}, loved="1")
    listen = _first_listen(entries_of(as_json([{"track": [track]}]), "lastfm-json"))
    assert listen.song.artist == "The Invented"


def test_what_plays_at_the_moment_is_no_play() -> None:
    now = _track("Now")
    del now["date"]
    pages = [{"track": [{**now, "@attr": {"nowplaying": "true"}}, _track("One")]}]
    assert told(entries_of(as_json(pages), "lastfm-json")) == ["not a play, entry 1", "One"]


@pytest.mark.parametrize("bad", [None, 3, "text", [], {}, {"name": ["list"]}, {"name": "Song", "artist": [1]}])
def test_a_track_of_a_wrong_kind_takes_no_other_with_it(bad: object) -> None:
    entries = entries_of(as_json([{"track": [_track("One"), bad, _track("Two")]}]), "lastfm-json")
    assert [told(entries)[0], told(entries)[-1], len(entries)] == ["One", "Two", 3]


@pytest.mark.parametrize("document", [{"lovedtracks": {"track": [_loved("One")]}}, [{"track": [_loved("One")]}]])
def test_loved_songs_are_kept_as_liked(document: object) -> None:
    (kept,) = entries_of(as_json(document), "lastfm-loved-json")
    assert isinstance(kept, Kept)
    assert (kept.song.title, kept.song.artist, kept.liked) == ("One", "The Invented", True)
    assert kept.added_at == datetime(2022, 9, 29, 14, 19, 6, tzinfo=UTC)


def test_a_table_without_a_header_is_known_by_its_dates() -> None:
    rows = [
        'The Invented,First,One,"19 Aug 2026, 20:48"',
        '"Invented, The",,Two,"9 Sep 2009, 09:08"',
        "The Invented,First,Now,",
        "The Invented,First",
        "The Invented,,Three,19 Aug 2026, 20:48",
        "The Invented,,Four,some day",
    ]
    entries = entries_of("\n".join(rows[:2]), "lastfm-headless")
    assert isinstance(entries[0], Listen)
    assert entries[0].listened_at == datetime(2026, 8, 19, 20, 48, tzinfo=UTC)
    assert told(entries) == ["One", "Two"]
    assert told(entries_of("\n".join(rows[:3] + rows[4:5]), "lastfm-headless")) == [
        "One",
        "Two",
        "not a play, line 3",
        "Three",
    ]
    many = [rows[0]] * 5
    assert told(entries_of("\n".join(many + rows[3:]), "lastfm-headless"))[5:] == [
        "refused line 6",
        "Three",
        "refused line 8",
    ]


def test_the_real_scrobbles_are_read() -> None:
    # json.load: one page, 10 tracks, all with a name and a date.
    entries = entries_of_sample("koito_test_assets/recenttracks-shoko2-1749776100.json", "lastfm-json")
    assert len(entries) == 10
    assert all(isinstance(entry, Listen) for entry in entries)


def test_the_real_loved_songs_are_read() -> None:
    # json.load: 5 tracks; of their mbids one is empty, one is no UUID.
    entries = entries_of_sample("listenbrainz_testdata/lastfm_loved_tracks_1.json", "lastfm-loved-json")
    kept = [entry for entry in entries if isinstance(entry, Kept)]
    assert len(entries) == len(kept) == 5
    assert sum(entry.song.recording_mbid is not None for entry in kept) == 3
