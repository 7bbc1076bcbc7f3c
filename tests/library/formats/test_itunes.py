"""A library of Music or iTunes gives its songs with what was counted, and the lists that its owner made."""

import tracemalloc
from datetime import UTC, datetime
from io import BytesIO

import pytest

from segue.library.formats.entries import Entry, Kept, Listen, Omission, Refusal
from segue.library.formats.format import UnreadableExport
from tests.library.formats.files import entries_of, entries_of_sample, format_named, told

_TYPE = (
    '<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">'
)


def _value(value: object) -> str:
    match value:
        case bool():
            return f"<{str(value).lower()}/>"
        case int():
            return f"<integer>{value}</integer>"
        case datetime():
            return f"<date>{value:%Y-%m-%dT%H:%M:%SZ}</date>"
        case dict():
            return f"<dict>{''.join(f'<key>{key}</key>{_value(each)}' for key, each in value.items())}</dict>"
        case list():
            return f"<array>{''.join(map(_value, value))}</array>"
    return f"<string>{value}</string>"


def _library(*tracks: dict[str, object], lists: object = (), type_: str = _TYPE) -> str:
    document = {
        "Major Version": 1,
        "Tracks": {str(number): {"Track ID": number, **track} for number, track in enumerate(tracks, start=1)},
        "Playlists": list(lists),  # type: ignore[call-overload]
    }
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{type_}\n<plist version="1.0">{_value(document)}</plist>'


def _read(text: str | bytes) -> list[Entry]:
    return entries_of(text, "itunes-library")


def _kept(**features: object) -> Kept:
    (kept,) = _read(_library({"Name": "Low Tide", **{key.replace("_", " "): value for key, value in features.items()}}))
    assert isinstance(kept, Kept)
    return kept


def test_a_track_is_a_kept_song_with_what_was_counted() -> None:
    kept = _kept(
        Artist="Salt &amp; Sea",
        Album="First",
        Year=2003,
        Total_Time=147_922,
        Date_Added=datetime(2013, 6, 19, 8, 7, 24, tzinfo=UTC),
        Play_Count=12,
        Skip_Count=2,
        Play_Date_UTC=datetime(2016, 3, 31, tzinfo=UTC),
        Rating=80,
        Loved=True,
    )
    assert (kept.song.title, kept.song.artist, kept.song.album) == ("Low Tide", "Salt & Sea", "First")
    assert (kept.song.year, kept.song.duration_ms) == (2003, 147_922)
    assert (kept.play_count, kept.skip_count, kept.rating, kept.liked) == (12, 2, 4, True)
    assert kept.added_at == datetime(2013, 6, 19, 8, 7, 24, tzinfo=UTC)
    assert kept.last_played_at == datetime(2016, 3, 31, tzinfo=UTC)
    assert (kept.playlist, kept.position) == (None, None)


@pytest.mark.parametrize(
    ("rating", "stars"), [(20, 1), (100, 5), (10, 1), (50, 3), (0, None), (-20, None), (120, None), ("x", None)]
)
def test_twenty_points_are_a_star(rating: object, stars: int | None) -> None:
    assert _kept(Rating=rating).rating == stars


def test_stars_that_the_program_worked_out_are_nobodys() -> None:
    assert _kept(Rating=80, Rating_Computed=True).rating is None


@pytest.mark.parametrize(("mark", "liked"), [("Loved", True), ("Favorited", True), ("Disliked", False)])
def test_what_is_loved_is_liked(mark: str, liked: bool) -> None:
    assert _kept(**{mark: True}).liked is liked
    assert _kept(**{mark: False}).liked is None


def test_an_impossible_date_costs_the_date_only() -> None:
    assert _kept(Play_Date_UTC=datetime(2040, 2, 6, tzinfo=UTC)).last_played_at is None


def test_a_song_without_an_artist_has_its_albums() -> None:
    assert _kept(Album_Artist="The Invented").song.artist == "The Invented"


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        ("Podcast", True),
        ("Movie", True),
        ("TV Show", True),
        ("Has Video", True),
        ("Genre", "Audiobook"),
        ("Track Type", "URL"),
    ],
)
def test_what_is_no_music_is_left_out(feature: str, value: object) -> None:
    (omission,) = _read(_library({"Name": "Ebb", feature: value}))
    assert isinstance(omission, Omission)
    assert omission.reason == "not music"


def test_a_music_video_is_music() -> None:
    assert _kept(Has_Video=True, Music_Video=True).song.title == "Low Tide"


_TRACKS: tuple[dict[str, object], ...] = ({"Name": "One"}, {"Name": "Pod", "Podcast": True}, {"Name": "Two"})
_ITEMS = [{"Track ID": number} for number in (3, 2, 99, 1)]


def _list(name: str | None, **features: object) -> dict[str, object]:
    named: dict[str, object] = {} if name is None else {"Name": name}
    return {**named, **features, "Playlist Items": _ITEMS}


def _of_lists(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if isinstance(entry, Kept) and entry.playlist] + [
        entry for entry in entries if not isinstance(entry, Kept | Listen) and "list" in entry.where
    ]


def test_lists_keep_their_order_and_tell_what_the_library_lacks() -> None:
    first, second, *others = _of_lists(_read(_library(*_TRACKS, lists=[_list("Tides")])))
    assert isinstance(first, Kept)
    assert isinstance(second, Kept)
    assert (first.song.title, first.playlist, first.position) == ("Two", "Tides", 0)
    assert (second.song.title, second.position) == ("One", 3)
    assert others == [
        Omission("playlist “Tides”, entry 2", "not music"),
        Refusal("playlist “Tides”, entry 3", "the library has no track 99"),
    ]


@pytest.mark.parametrize("mark", [{"Master": True}, {"Distinguished Kind": 4}, {"Folder": True}])
def test_the_programs_own_lists_are_left_out(mark: dict[str, object]) -> None:
    lists = _of_lists(_read(_library(*_TRACKS, lists=[{**_list("Music"), **mark}])))
    assert lists == [Omission("the program's own list “Music”", "not a song")]


def test_the_order_of_a_property_list_does_not_matter() -> None:
    text = _library(*_TRACKS, lists=[{"Playlist Items": _ITEMS, "Name": "Tides"}])
    start, end = text.index("<key>Tracks</key>"), text.index("<key>Playlists</key>")
    turned = text[:start] + text[end : text.rindex("</dict>")] + text[start:end] + text[text.rindex("</dict>") :]
    assert turned != text
    assert sorted(told(_of_lists(_read(turned)))) == sorted(told(_of_lists(_read(text))))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read_whatever_the_document_says(encoding: str) -> None:
    assert told(_read(_library({"Name": "\u00c4rger \x07"}).encode(encoding))) == ["\u00c4rger"]


def test_a_document_that_is_cut_off_keeps_what_came_before() -> None:
    text = _library(*_TRACKS)
    *entries, last = _read(text[: text.index("Two")])
    assert told(entries) == ["One", "not music, line 3"]
    assert isinstance(last, Refusal)


@pytest.mark.parametrize(
    "declaration",
    ['<!ENTITY a "aaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % a SYSTEM "http://localhost/x">'],
)
def test_entities_are_refused(declaration: str) -> None:
    text = _library({"Name": "One"}, type_=f"<!DOCTYPE plist [{declaration}]>")
    with pytest.raises(UnreadableExport, match="entities"):
        _read(text)


@pytest.mark.parametrize("unit", [b"<dict>", b"<!-- ", b'x="', b"<key>", b"<dict><key>a</key><true/></dict>"])
def test_a_hostile_document_costs_little_memory(unit: bytes) -> None:
    data = b"<plist><dict><key>Tracks</key><dict><key>1</key><dict " + unit + b">" * (unit == b"<dict>")
    data += unit * (4 * 2**20 // len(unit))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableExport):
            list(format_named("itunes-library").read(BytesIO(data)))
        assert tracemalloc.get_traced_memory()[1] < 12 * 2**20
    finally:
        tracemalloc.stop()


def test_the_real_library_gives_all_it_holds() -> None:
    # Counted with plistlib: of 402 tracks 371 are left without podcasts, films, series and videos that are no music
    # videos; 215 plays are theirs. Of 11 lists 3 are the owner's, with 17 entries, of which 1 is there.
    entries = entries_of_sample("itunes_xml/Test Library.xml", "itunes-library")
    library = [entry for entry in entries if isinstance(entry, Kept) and entry.playlist is None]
    assert len(library) == 371
    assert sum(entry.play_count for entry in library) == 215
    assert told(entries).count("not music") == 0
    omitted = [entry.reason for entry in entries if isinstance(entry, Omission)]
    assert (omitted.count("not music"), omitted.count("not a song")) == (31, 8)
    assert [entry.playlist for entry in entries if isinstance(entry, Kept) and entry.playlist] == ["Jazz"]
    assert sum(isinstance(entry, Refusal) for entry in entries) == 16
