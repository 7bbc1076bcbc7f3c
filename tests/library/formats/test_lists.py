"""The lists that services and players exchange are read: Soundiiz, ViMusic, JSPF, XSPF, M3U, PLS."""

from io import BytesIO

import pytest

from segue.library.formats.entries import Entry, Kept
from segue.library.formats.format import UnreadableExport
from tests.library.formats.files import as_json, entries_of, format_named, formats_of, told

_MBID = "0d16bd6e-b2aa-4ffa-bded-2448415b39b0"
_SPOTIFY = "2AX5E86cn9n2dgioZEjirI"


def _kept(entries: list[Entry]) -> list[Kept]:
    return [entry for entry in entries if isinstance(entry, Kept)]


class TestSoundiiz:
    def test_the_short_form_is_read(self) -> None:
        (kept,) = _kept(entries_of("title;artist;album;isrc\nSong;A;First;XXABC0100053\n", "soundiiz"))
        assert (kept.song.title, kept.song.artist, kept.song.isrc) == ("Song", "A", "XXABC0100053")

    def test_the_long_form_is_read(self) -> None:
        data = (
            "\ufefftitle;artist;album;isrc;addedDate;addedBy;duration;url\r\n"
            f'"A; Song";A, B;First;;2023-11-14 22:13:20;x;225s;https://open.spotify.com/track/{_SPOTIFY}\r\n'
        )
        (kept,) = _kept(entries_of(data, "soundiiz"))
        assert (kept.song.title, kept.song.artist, kept.song.duration_ms) == ("A; Song", "A, B", 225_000)
        assert kept.song.ids == {"spotify": _SPOTIFY}
        assert kept.added_at is not None

    def test_the_match_report_is_read_with_the_platforms_ids(self) -> None:
        data = (
            "title,artist,album,isrc,platform,trackId,duration,addedDate,url\n"
            'One,"A, B",First,,deezer,123456,225,,\n'
            f"Two,A,,,spotify,{_SPOTIFY},225,,\nThree,A,,,unheard,9,225,,\nFour,A,,,Apple Music,1440857781,,,\n"
        )
        entries = _kept(entries_of(data, "soundiiz"))
        assert [dict(kept.song.ids) for kept in entries] == [
            {"deezer": "123456"},
            {"spotify": _SPOTIFY},
            {},
            {"apple": "1440857781"},
        ]
        assert [kept.position for kept in entries] == [0, 1, 2, 3]

    def test_rows_without_a_title_are_left_out(self) -> None:
        assert told(entries_of("title;artist;album;isrc\n;A;;\nSong;A;;\n", "soundiiz")) == ["no title, line 2", "Song"]


def test_vimusics_lists_are_parted_by_their_names() -> None:
    data = (
        "PlaylistBrowseId,PlaylistName,MediaId,Title,Artists,Duration,ThumbnailUrl\n"
        ",Mine,abcdefghijk,One,A,3:45,\n,Mine,local:7,Two,A,1:02:03,\n,Other,abcdefghij-,Three,A,160,\n"
    )
    entries = _kept(entries_of(data, "vimusic"))
    assert [(kept.playlist, kept.position) for kept in entries] == [("Mine", 0), ("Mine", 1), ("Other", 0)]
    assert [kept.song.duration_ms for kept in entries] == [225_000, 3_723_000, 160_000]
    assert [dict(kept.song.ids) for kept in entries] == [{"youtube": "abcdefghijk"}, {}, {"youtube": "abcdefghij-"}]


class TestJspf:
    def test_a_list_of_listenbrainz_is_read(self) -> None:
        track = {
            "title": "Song",
            "creator": "A",
            "album": "First",
            "duration": 225_000,
            "identifier": [f"https://musicbrainz.org/recording/{_MBID}"],
            "location": f"spotify:track:{_SPOTIFY}",
            "extension": {"https://musicbrainz.org/doc/jspf#track": {"added_at": "2023-11-14T22:13:20+00:00"}},
        }
        (kept,) = _kept(entries_of(as_json({"playlist": {"track": [track], "title": "Mine"}}), "jspf"))
        assert (kept.playlist, kept.position, kept.song.recording_mbid) == ("Mine", 0, _MBID)
        assert kept.song.ids == {"spotify": _SPOTIFY}
        assert kept.added_at is not None

    @pytest.mark.parametrize("bad", [None, [], "text", {"title": ["x"]}, {"title": None, "identifier": [None, 3]}])
    def test_a_song_of_a_wrong_kind_takes_no_other_with_it(self, bad: object) -> None:
        tracks = [{"title": "One", "identifier": "x"}, bad, {"title": "Two"}]
        assert told(entries_of(as_json({"playlist": {"track": tracks}}), "jspf")) == ["One", "no title, entry 2", "Two"]

    def test_an_address_that_only_ends_like_a_spotify_id_is_none(self) -> None:
        track = {"title": "One", "location": f"https://files.example/{_SPOTIFY}"}
        (kept,) = _kept(entries_of(as_json({"playlist": {"track": [track]}}), "jspf"))
        assert kept.song.ids == {}


class TestXspf:
    _LIST = (
        '<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>Mine</title><trackList>{}</trackList></playlist>'
    )
    _TRACK = "<track><title>{}</title><creator>A &amp; B</creator><duration>225000</duration></track>"

    def test_songs_are_read_with_their_list(self) -> None:
        data = '<?xml version="1.0" encoding="UTF-8"?>\n' + self._LIST.format(
            self._TRACK.format("Öne") + self._TRACK.format("Two")
        )
        entries = _kept(entries_of(data, "xspf"))
        assert [(kept.song.title, kept.song.artist, kept.playlist) for kept in entries] == [
            ("Öne", "A & B", "Mine"),
            ("Two", "A & B", "Mine"),
        ]
        assert entries[0].song.duration_ms == 225_000

    def test_prefixes_and_unknown_elements_are_no_matter(self) -> None:
        data = (
            '<x:playlist xmlns:x="http://xspf.org/ns/0/"><x:trackList><x:track><x:extension><title>No</title>'
            f"</x:extension><x:title>One</x:title><x:identifier>https://musicbrainz.org/recording/{_MBID}"
            "</x:identifier></x:track></x:trackList></x:playlist>"
        )
        (kept,) = _kept(entries_of(data, "xspf"))
        assert (kept.song.title, kept.song.recording_mbid) == ("One", _MBID)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "koi8-r"])
    def test_the_encoding_may_be_any_that_is_declared(self, encoding: str) -> None:
        title = "Öl" if encoding != "koi8-r" else "Песня"
        name = encoding.removesuffix("-sig")
        data = f'<?xml version="1.0" encoding="{name}"?>' + self._LIST.format(self._TRACK.format(title))
        assert told(entries_of(data.encode(encoding), "xspf")) == [title]

    def test_a_document_type_is_refused_with_all_its_entities(self) -> None:
        bomb = '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        data = (bomb + self._LIST.format(self._TRACK.format("&b;"))).encode()
        with pytest.raises(UnreadableExport, match="document type"):
            list(format_named("xspf").read(BytesIO(data)))

    def test_what_precedes_a_cut_is_read(self) -> None:
        data = self._LIST.format("".join(self._TRACK.format(f"Song {n}") for n in range(2_000)))
        entries = entries_of(data[: len(data) // 2], "xspf")
        assert len(entries) > 900
        assert told(entries)[-1].startswith("refused after entry")

    def test_depth_beyond_measure_is_refused(self) -> None:
        data = self._LIST.format("<track>" * 10_000).encode()
        with pytest.raises(UnreadableExport):
            list(format_named("xspf").read(BytesIO(data)))


class TestM3u:
    def test_what_the_list_tells_of_a_song_comes_before_its_files_name(self) -> None:
        data = (
            "#EXTM3U\r\n#PLAYLIST:Mine\r\n#EXTINF:225,A, B – One - Live\r\n#EXTALB:First\r\nx/y.mp3\r\n"  # noqa: RUF001  # a dash
            '#EXTINF:-1 tvg-logo="a,b" group="c",Two\r\n#EXTART:C\r\nhttps://radio.example/stream\r\n'
        )
        entries = _kept(entries_of(data, "m3u"))
        assert [(kept.song.artist, kept.song.title, kept.song.duration_ms) for kept in entries] == [
            ("A, B", "One - Live", 225_000),
            ("C", "Two", None),
        ]
        assert [(kept.playlist, kept.position) for kept in entries] == [("Mine", 0), ("Mine", 1)]
        assert entries[0].song.album == "First"

    def test_without_it_the_files_name_serves(self) -> None:
        data = (
            "C:\\Music\\01 - A - One.mp3\n/music/02. A - Two.flac\nfile:///m/A%20-%20Three.ogg\n99 Balloons.m4a\n"
            "1999 - Four.opus\n03 Five.mp3\n"
        )
        entries = _kept(entries_of(data, "m3u"))
        assert [(kept.song.artist, kept.song.title) for kept in entries] == [
            ("A", "One"),
            ("A", "Two"),
            ("A", "Three"),
            ("", "99 Balloons"),
            ("1999", "Four"),
            ("", "Five"),
        ]

    def test_latin_1_is_read(self) -> None:
        data = "#EXTM3U\n#EXTINF:200,Björn - Über\nx.mp3\n".encode("latin-1")
        assert told(entries_of(data, "m3u", "list.m3u")) == ["Über"]

    def test_an_address_without_a_name_is_left_out(self) -> None:
        data = "#EXTM3U\nhttps://radio.example/stream\n#EXTINF:1,A - One\nhttps://x.example/y\n"
        assert told(entries_of(data, "m3u")) == ["no title, line 2", "One"]

    def test_the_pieces_of_a_video_are_no_songs(self) -> None:
        assert formats_of(b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9.9,\npiece0.ts\n") == []


class TestPls:
    @pytest.mark.parametrize(
        "lines",
        [
            ["File1=x.mp3", "Title1=A - One", "Length1=225", "File2=/m/A - Two.mp3", "Length2=-1"],
            ["file1=x.mp3", "file2=/m/A - Two.mp3", "title1=A - One", "length1=225", "NumberOfEntries=2"],
        ],
    )
    def test_the_lines_of_a_song_are_put_together_by_its_number(self, lines: list[str]) -> None:
        entries = _kept(entries_of("[playlist]\n" + "\n".join(lines), "pls"))
        assert [(kept.song.title, kept.song.artist, kept.song.duration_ms) for kept in entries] == [
            ("One", "A", 225_000),
            ("Two", "A", None),
        ]

    def test_a_list_beyond_measure_is_read_in_bounded_memory(self) -> None:
        data = "[playlist]\n" + "".join(f"File{n}=x.mp3\nTitle{n}=A - {n}\n" for n in range(45_000))
        assert told(entries_of(data, "pls")) == [str(n) for n in range(45_000)]
