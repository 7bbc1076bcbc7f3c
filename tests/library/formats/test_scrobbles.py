"""The histories that scrobblers and their servers export are read."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pytest

from segue.library.formats.entries import Kept, Listen
from segue.library.formats.format import UnreadableExport
from tests.data import data_path
from tests.library.formats.files import as_json, as_lines, entries_of, entries_of_sample, format_named, told

_MBID = "0d16bd6e-b2aa-4ffa-bded-2448415b39b0"
_OTHER = "c7d0bf6e-b2aa-4ffa-bded-2448415b39b0"


def _listen(name: str, **info: object) -> dict[str, object]:
    metadata = {"track_name": name, "artist_name": "The Invented", "additional_info": info}
    return {"listened_at": 1700000000, "track_metadata": metadata}


def _only_listen(entries: object) -> Listen:
    assert isinstance(entries, list)
    (entry,) = entries
    assert isinstance(entry, Listen)
    return entry


class TestListenBrainz:
    def test_a_listen_brings_all_that_its_player_told(self) -> None:
        line = _listen(
            "Song",
            duration_ms=206_760,
            duration_played=61,
            isrc="xx-abc-01-00053",
            recording_mbid=_MBID,
            spotify_id="https://open.spotify.com/track/2AX5E86cn9n2dgioZEjirI",
            origin_url="https://music.youtube.com/watch?v=abcdefghijk",
        )
        listen = _only_listen(entries_of(as_lines([line]), "listenbrainz"))
        assert listen.song.duration_ms == 206_760
        assert listen.played_ms == 61_000
        assert listen.song.isrc == "XXABC0100053"
        assert listen.song.recording_mbid == _MBID
        assert listen.song.ids == {"spotify": "2AX5E86cn9n2dgioZEjirI", "youtube": "abcdefghijk"}

    def test_the_mapped_recording_serves_where_the_player_told_none(self) -> None:
        line = _listen("Song", duration=200)
        line["track_metadata"]["mbid_mapping"] = {"recording_mbid": _OTHER}  # type: ignore[index]  # a dict
        listen = _only_listen(entries_of(as_lines([line]), "listenbrainz"))
        assert (listen.song.recording_mbid, listen.song.duration_ms) == (_OTHER, 200_000)

    def test_the_older_export_is_one_list(self) -> None:
        assert told(entries_of(as_json([_listen("One"), _listen("Two")]), "listenbrainz-list")) == ["One", "Two"]

    def test_loves_and_hates_are_kept(self) -> None:
        lines = [
            {"recording_mbid": _MBID, "score": 1, "created": 1700000000, "track_metadata": {"track_name": "One"}},
            {"recording_mbid": _MBID, "score": -1, "created": 1700000000, "track_metadata": {"track_name": "Two"}},
            {"recording_mbid": _MBID, "recording_msid": None, "score": 1, "created": 1700000000},
            {"recording_mbid": _MBID, "score": 7, "created": 1700000000},
        ]
        entries = entries_of(as_lines(lines), "listenbrainz-feedback")
        assert told(entries) == ["One", "Two", "no title, line 3", "refused line 4"]
        assert [entry.liked for entry in entries if isinstance(entry, Kept)] == [True, False]

    def test_the_real_lines_are_read(self) -> None:
        # By eye: two whole listens, both of Spotify songs.
        listens = entries_of_sample("listenbrainz_testdata/listenbrainz_listens.jsonl", "listenbrainz")
        assert [entry.song.ids["spotify"][:3] for entry in listens if isinstance(entry, Listen)] == ["2AX", "4s6"]

    def test_the_real_lines_of_mixed_validity_are_told_apart(self) -> None:
        # By eye: five lines; the second has no artist, the fourth no title.
        entries = entries_of_sample("listenbrainz_testdata/listenbrainz_mixed_validity.jsonl", "listenbrainz")
        assert [told(entries)[1], told(entries)[3]] == ["refused line 2", "no title, line 4"]
        assert [isinstance(entry, Listen) for entry in entries] == [True, False, True, False, True]

    def test_of_the_real_invalid_lines_none_is_a_listen(self) -> None:
        # By eye: three lines without an artist, without a title, without both.
        entries = entries_of_sample("listenbrainz_testdata/listenbrainz_all_invalid.jsonl", "listenbrainz")
        assert told(entries) == ["refused line 1", "no title, line 2", "no title, line 3"]

    # wc -l of each archive's listens: 19 and 5.
    @pytest.mark.parametrize(
        ("archive", "member", "count"),
        [("123456789", "listens/2025/1.jsonl", 19), ("1749780844", "listens/2025/6.jsonl", 5)],
    )
    def test_the_real_exports_months_are_read(self, archive: str, member: str, count: int) -> None:
        path = data_path(f"exports/koito_test_assets/listenbrainz_shoko1_{archive}.zip")
        with zipfile.ZipFile(path) as opened:
            entries = entries_of(opened.read(member), "listenbrainz", "1.jsonl")
        assert len(entries) == count
        assert all(isinstance(entry, Listen) for entry in entries)


class TestMaloja:
    def test_a_scrobble_is_a_listen_of_all_its_artists(self) -> None:
        scrobble = {
            "time": 1700000000,
            "track": {
                "artists": ["One", "", "Other"],
                "title": "Song",
                "album": {"albumtitle": "First"},
                "length": 200,
            },
            "duration": 150,
        }
        listen = _only_listen(entries_of(as_json({"maloja": {}, "scrobbles": [scrobble]}), "maloja"))
        assert (listen.song.artist, listen.song.album) == ("One, Other", "First")
        assert (listen.song.duration_ms, listen.played_ms) == (200_000, 150_000)

    def test_the_real_exports_are_read(self) -> None:
        # json.load: 38 and 2 scrobbles, each with a title and artists.
        for name, count in (("koito_test_assets/maloja_import_test", 38), ("listenbrainz_testdata/maloja", 2)):
            entries = entries_of_sample(f"{name}.json", "maloja")
            assert [type(entry) for entry in entries] == [Listen] * count

    def test_the_real_malformed_export_says_what_is_wrong_with_each(self) -> None:
        # By eye: no track, no artists, an empty list of artists.
        entries = entries_of_sample("listenbrainz_testdata/maloja_malformed.json", "maloja")
        assert told(entries) == ["no title, entry 1", "refused entry 2", "refused entry 3"]


class TestKoito:
    def test_the_primary_of_a_things_names_is_taken(self) -> None:
        names = [{"alias": "Other", "is_primary": False}, {"alias": "Song", "is_primary": True}]
        listen = {
            "listened_at": "2022-01-08T22:32:08Z",
            "track": {"mbid": _MBID, "duration": 354, "aliases": names},
            "album": {"aliases": [{"alias": "First"}]},
            "artists": [{"aliases": [{"alias": "One"}]}, None, {"aliases": "none"}, {"aliases": [{"alias": "Two"}]}],
        }
        found = _only_listen(entries_of(as_json({"version": "1", "listens": [listen]}), "koito"))
        assert (found.song.title, found.song.artist, found.song.album) == ("Song", "One, Two", "First")
        assert (found.song.duration_ms, found.song.recording_mbid) == (354_000, _MBID)
        assert found.listened_at == datetime(2022, 1, 8, 22, 32, 8, tzinfo=UTC)

    def test_the_real_export_is_read(self) -> None:
        # json.load: 13 listens.
        entries = entries_of_sample("koito_test_assets/koito_export_test.json", "koito")
        assert [type(entry) for entry in entries] == [Listen] * 13


_PANO = {"timeMs": 1700000000123, "artist": "The Invented", "durationMs": 216000, "album": None, "event": "scrobble"}


class TestPanoScrobbler:
    def test_scrobbles_are_listens_and_loves_are_kept(self) -> None:
        lines = [{**_PANO, "track": "One"}, {**_PANO, "track": "Two", "event": "love"}]
        lines.append({**_PANO, "track": "Two", "event": "unlove"})
        entries = entries_of(as_lines(lines), "panoscrobbler")
        assert told(entries) == ["One", "Two", "not a play, line 3"]
        assert [type(entry) for entry in entries[:2]] == [Listen, Kept]

    def test_the_table_is_read_like_the_lines(self) -> None:
        header = "timeHuman,timeMs,artist,track,album,albumArtist,durationMs,mediaPlayerPackage,event"
        listen = _only_listen(
            entries_of(f"{header}\nnow,1700000000123,A,Song,,,null,x,scrobble\n", "panoscrobbler-csv")
        )
        assert listen.listened_at == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
        assert listen.song.duration_ms is None

    def test_the_real_lines_are_read(self) -> None:
        # By eye: two scrobbles.
        entries = entries_of_sample("listenbrainz_testdata/panoscrobbler.jsonl", "panoscrobbler")
        assert [type(entry) for entry in entries] == [Listen] * 2


class TestLibreFm:
    def test_comments_above_the_table_are_passed_over_and_artists_that_look_like_them_are_not(self) -> None:
        data = "# Export\n#\n\nuserid,Artist,TRACK,time\n1,#1 Band,Song,1700000000\n2,A,Other,2023-11-14T22:13:20Z\n"
        assert told(entries_of(data, "librefm")) == ["Song", "Other"]

    def test_an_export_that_passed_through_utf_7_is_read_as_it_was_meant(self) -> None:
        data = (
            "+ACM- Data export from Libre.fm,,,\nArtist,Track,Album,Time\n"
            "Bj+APY-rn +ACY- Co,A+AC0-B,,1700000000\nA+B-C,1+1,,1700000000\n"
        )
        entries = entries_of(data, "librefm")
        assert told(entries) == ["A-B", "1+1"]
        assert [entry.song.artist for entry in entries if isinstance(entry, Listen)] == ["Björn & Co", "A+B-C"]

    def test_without_utf_7_a_plus_stays_a_plus(self) -> None:
        data = "Artist,Track,Album,Time\nFlorence +AAA- Co,Song,,1700000000\n"
        assert _only_listen(entries_of(data, "librefm")).song.artist == "Florence +AAA- Co"

    # By eye: rows below the line that names the columns.
    @pytest.mark.parametrize(
        ("name", "count"), [("librefm", 3), ("librefm_no_album_column", 2), ("librefm_via_maloja", 3)]
    )
    def test_the_real_exports_are_read(self, name: str, count: int) -> None:
        entries = entries_of_sample(f"listenbrainz_testdata/{name}.csv", "librefm")
        assert [type(entry) for entry in entries] == [Listen] * count

    def test_the_real_export_with_comments_is_read(self) -> None:
        # By eye: three rows below two comments; the second has no album.
        entries = entries_of_sample("listenbrainz_testdata/librefm_with_comments.csv", "librefm")
        assert [entry.song.album is None for entry in entries if isinstance(entry, Listen)] == [False, True, False]

    def test_the_real_export_without_a_header_says_what_is_missing(self) -> None:
        with pytest.raises(UnreadableExport, match="names its columns"):
            entries_of_sample("listenbrainz_testdata/librefm_no_header.csv", "librefm")


class TestSpinitron:
    _DATA = (
        '"Playlist Title","A Show"\n"Show Description","<p>Songs, of ""old"".</p>"\n\nDate-time,Artist,Song,Release\n'
    )

    def test_spins_are_listens_in_utc(self) -> None:
        listen = _only_listen(entries_of(self._DATA + "2024-09-05T03:03:07-0500,A,Song,First\n", "spinitron"))
        assert listen.listened_at == datetime(2024, 9, 5, 8, 3, 7, tzinfo=UTC)
        assert listen.song.album == "First"

    def test_a_list_without_its_columns_is_unreadable(self) -> None:
        with pytest.raises(UnreadableExport):
            list(format_named("spinitron").read(BytesIO(b"a,b\n")))

    def test_the_real_playlist_is_read(self) -> None:
        # By eye: three spins, one of no time, one of no song.
        entries = entries_of_sample("listenbrainz_testdata/spinitron_sample.csv", "spinitron")
        assert [type(entry) for entry in entries[:3]] == [Listen] * 3
        assert told(entries)[3:] == ["refused line 12", "no title, line 13"]
