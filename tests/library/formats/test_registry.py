"""Every real export is recognised as what it is, by one format only."""

import zipfile

import pytest

from segue.library.formats.format import HEAD_BYTES, Head
from segue.library.formats.registry import FORMATS, detect, not_recognised
from tests.data import data_path
from tests.library.formats.files import format_named, formats_of

_SAMPLES = {
    "headers_and_small_samples/exportify_3rows.csv": "exportify",
    "headers_and_small_samples/spotify_StreamingHistory0_excerpt.json": "spotify-history",
    "headers_and_small_samples/youtube_takeout_watch-history_excerpt.json": "youtube-history",
    "itunes_xml/Test Library.xml": "itunes-library",
    "koito_test_assets/Streaming_History_Audio_spotify_import_test.json": "spotify-extended",
    "koito_test_assets/koito_export_test.json": "koito",
    "koito_test_assets/maloja_import_test.json": "maloja",
    "koito_test_assets/recenttracks-shoko2-1749776100.json": "lastfm-json",
    "listenbrainz_testdata/.scrobbler.log": "rockbox",
    "listenbrainz_testdata/lastfm_loved_tracks_1.json": "lastfm-loved-json",
    "listenbrainz_testdata/librefm.csv": "librefm",
    "listenbrainz_testdata/librefm_no_album_column.csv": "librefm",
    "listenbrainz_testdata/librefm_no_header.csv": "librefm",
    "listenbrainz_testdata/librefm_via_maloja.csv": "librefm",
    "listenbrainz_testdata/librefm_with_comments.csv": "librefm",
    "listenbrainz_testdata/listenbrainz_all_invalid.jsonl": "listenbrainz",
    "listenbrainz_testdata/listenbrainz_listens.jsonl": "listenbrainz",
    "listenbrainz_testdata/listenbrainz_mixed_validity.jsonl": "listenbrainz",
    "listenbrainz_testdata/maloja.json": "maloja",
    "listenbrainz_testdata/maloja_malformed.json": "maloja",
    "listenbrainz_testdata/panoscrobbler.jsonl": "panoscrobbler",
    "listenbrainz_testdata/spinitron_sample.csv": "spinitron",
    "listenbrainz_testdata/spotify_recently_played_submitted.json": "spotify-recent",
    "listenbrainz_testdata/spotify_skipped_tracks.json": "spotify-extended",
    "listenbrainz_testdata/spotify_streaming_2023.json": "spotify-extended",
    "listenbrainz_testdata/spotify_streaming_endsong_0.json": "spotify-extended",
    "spotify_account_data/Playlist1.json": "spotify-playlists",
    "spotify_account_data/YourLibrary.json": "spotify-library",
}
_MEMBERS = {
    "koito_test_assets/listenbrainz_shoko1_123456789.zip": "listens/2025/1.jsonl",
    "koito_test_assets/listenbrainz_shoko1_1749780844.zip": "listens/2025/6.jsonl",
}
# Texts about the samples.
_NO_EXPORTS = [
    "HEADERS.md",
    "itunes_xml/LICENSE",
    "koito_test_assets/LICENSE",
    "spotify_account_data/README.md",
]
# The header lines that the exporters write.
_HEADERS = {
    '"Track URI","Track Name","Artist URI(s)","Artist Name(s)","Album URI","Album Name","Album Artist URI(s)",'
    '"Album Artist Name(s)","Album Release Date","Album Image URL","Disc Number","Track Number","Track Duration (ms)",'
    '"Track Preview URL","Explicit","Popularity","ISRC","Is Playable","Added By","Added At"': "exportify",
    '"Track URI","Track Name","Album Name","Artist Name(s)","Release Date","Duration (ms)","Added At"': "exportify",
    "Track name,Artist name,Album,Playlist name,Type,ISRC": "tunemymusic-csv",
    "Track name,Artist name,Album,Playlist name,Type,ISRC,Apple - id": "tunemymusic-csv",
    "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id": "tunemymusic-csv",
    "title;artist;album;isrc": "soundiiz",
    "\ufefftitle;artist;album;isrc;addedDate;addedBy;duration;url": "soundiiz",
    "title,artist,album,isrc,platform,trackId,duration,addedDate,url": "soundiiz",
    "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid": "lastfm-csv",
    'The Invented,First,Song,"19 Aug 2026, 20:48"': "lastfm-headless",
    "Artist,Track,Album,Time": "librefm",
    "PlaylistBrowseId,PlaylistName,MediaId,Title,Artists,Duration,ThumbnailUrl": "vimusic",
    '"Apple ID Number","Apple Music Subscription","Artist Name","Build Version","Content Name","Content Type",'
    '"End Reason Type","Event End Timestamp","Event Start Timestamp","Event Type","Play Duration Milliseconds"': (
        "apple-activity"
    ),
    '"Artist Name","Song Name","Event Start Timestamp","Event End Timestamp","Play Duration Milliseconds",'
    '"Media Duration In Milliseconds","End Reason Type","Apple Id Number","UTC Offset In Seconds"': "apple-activity",
    '"Track Description","Date Played","Play Duration Milliseconds"': "apple-days",
}


@pytest.mark.parametrize(("header", "expected"), _HEADERS.items(), ids=range(len(_HEADERS)))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_header_alone_tells_what_a_table_is(header: str, expected: str, encoding: str) -> None:
    assert formats_of(header.encode(encoding)) == [expected]
    assert formats_of((header.removeprefix("\ufeff") + "\r\n").encode("utf-8-sig")) == [expected]


@pytest.mark.parametrize(("sample", "expected"), _SAMPLES.items())
def test_a_real_export_is_of_its_format_and_of_no_other(sample: str, expected: str) -> None:
    path = data_path(f"exports/{sample}")
    data = path.read_bytes()
    assert formats_of(data, path.name) == [expected]
    assert formats_of(data) == [expected], "the name may not be what decides"
    assert detect(Head(data[:HEAD_BYTES], path.name)) is format_named(expected)


@pytest.mark.parametrize(("archive", "member"), _MEMBERS.items())
def test_a_month_within_a_real_archive_is_recognised(archive: str, member: str) -> None:
    with zipfile.ZipFile(data_path(f"exports/{archive}")) as opened:
        assert formats_of(opened.read(member), member) == ["listenbrainz"]


@pytest.mark.parametrize("sample", _NO_EXPORTS)
def test_what_lies_beside_the_exports_is_none(sample: str) -> None:
    path = data_path(f"exports/{sample}")
    assert formats_of(path.read_bytes(), path.name) == []


def test_no_real_file_is_missing_from_the_table() -> None:
    root = data_path("exports")
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert found == {*_SAMPLES, *_MEMBERS, *_NO_EXPORTS}


def test_what_is_of_no_format_is_answered_with_what_can_be_imported() -> None:
    assert detect(Head(b"%PDF-1.7")) is None
    message = str(not_recognised())
    assert all(each.title in message for each in FORMATS)


def test_names_of_formats_are_theirs_alone() -> None:
    assert len({each.name for each in FORMATS}) == len({each.title for each in FORMATS}) == len(FORMATS)


def test_an_empty_file_is_of_no_format() -> None:
    assert detect(Head(b"")) is None
