"""A ZIP is read member by member as it is unpacked, and one that lies or is made to harm does no harm."""

import io
import json
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from segue.library.formats import archives
from segue.library.formats.archives import Ignored, is_archive, read_archive
from segue.library.formats.entries import Entry, Kept, Listen, Refusal
from segue.library.formats.format import Head, UnreadableExport
from segue.library.formats.registry import FORMATS
from tests.data import data_path
from tests.library.formats.files import spoilt, told

_HISTORY = "my_spotify_data/Spotify Extended Streaming History/Streaming_History_Audio_2024_1.json"


def _plays(count: int) -> str:
    rows = [
        {
            "ts": "2024-04-20T18:15:22Z",
            "ms_played": 120_000,
            "master_metadata_track_name": f"Song {number}",
            "master_metadata_album_artist_name": "The Invented",
        }
        for number in range(count)
    ]
    return json.dumps(rows)


def _zip(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def _read(data: bytes, **limits: int) -> dict[str, list[Entry] | Ignored | None]:
    walked = read_archive(io.BytesIO(data), FORMATS, **limits)
    return {member.name: list(member.entries) if member.format else member.ignored for member in walked}


def test_each_member_is_read_as_what_it_is_and_the_others_are_told() -> None:
    table = "Track URI,Track Name,Artist Name(s),Added At\nspotify:track:x,Low Tide,The Invented,\n"
    data = _zip(
        {_HISTORY: _plays(2), "lists/Tides.csv": table, "me/Userdata.json": '{"user": 1}', "photo.jpg": b"\xff\xd8"}
    )
    walked = {member.name: (member.format, member.ignored, list(member.entries)) for member in _walk(data)}
    found, ignored, entries = walked[_HISTORY]
    assert found is not None
    assert (found.name, ignored, told(entries)) == ("spotify-extended", None, ["Song 0", "Song 1"])
    (kept,) = walked["lists/Tides.csv"][2]
    assert isinstance(kept, Kept)
    assert kept.playlist == "Tides"
    assert walked["me/Userdata.json"] == (None, "not known", [])
    assert walked["photo.jpg"] == (None, "not known", [])


def _walk(data: bytes) -> "list[archives.Member]":
    # Each member's entries are to be read before the next: a list of them would come too late.
    members = []
    for member in read_archive(io.BytesIO(data), FORMATS):
        entries = list(member.entries)
        members.append(archives.Member(member.name, member.format, iter(entries), member.ignored))
    return members


def test_a_zip_is_told_by_its_beginning() -> None:
    assert is_archive(Head(_zip({"a": "b"})))
    assert is_archive(Head(_zip({})))
    assert not is_archive(Head(b"PK, a band"))


def test_an_empty_archive_and_folders_hold_nothing() -> None:
    assert _read(_zip({})) == {}
    assert _read(_zip({"folder/": ""})) == {}


def test_names_that_climb_out_of_the_archive_are_only_names() -> None:
    table = "Track URI,Track Name,Artist Name(s),Added At\nspotify:track:x,Low Tide,A,\n"
    (entries,) = _read(_zip({"../../../etc/Tides.csv": table})).values()
    assert isinstance(entries, list)
    (kept,) = entries
    assert isinstance(kept, Kept)
    assert kept.playlist == "Tides"


def test_an_archive_within_is_not_opened() -> None:
    assert _read(_zip({"inner.zip": _zip({"a.json": _plays(1)})})) == {"inner.zip": "an archive"}


def test_an_encrypted_member_is_told() -> None:
    data = bytearray(_zip({"a.json": _plays(1), "b.json": _plays(1)}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert _read(bytes(data))["a.json"] == "encrypted"
    assert isinstance(_read(bytes(data))["b.json"], list)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_told(method: int) -> None:
    assert _read(_zip({"a.json": _plays(1)}, method)) == {"a.json": "packed in an unusual way"}


def test_what_is_packed_too_tightly_is_not_unpacked() -> None:
    bomb = "[" + " " * (8 * 2**20) + '{"ts": 1, "ms_played": 1}]'
    found = _read(_zip({"bomb.json": bomb, "a.json": _plays(1)}))
    assert found["bomb.json"] == "packed too tightly"
    assert isinstance(found["a.json"], list)


def test_more_than_the_allowance_is_never_unpacked() -> None:
    members = {f"{number}.json": _plays(3_000) for number in range(4)}
    size = len(members["0.json"])
    assert len(_read(_zip(members), most_unpacked=4 * (size + 2 * archives.HEAD_BYTES))) == 4
    with pytest.raises(UnreadableExport, match="unpacks to more"):
        _read(_zip(members), most_unpacked=3 * size)


def test_the_allowance_ends_an_archive_even_where_a_reader_takes_it_for_a_broken_file() -> None:
    rows = [{"track": {"name": f"Song {n}"}, "played_at": "2024-04-20T18:15:22Z"} for n in range(20_000)]
    with pytest.raises(UnreadableExport, match="unpacks to more"):
        _read(_zip({"a.json": json.dumps({"items": rows})}), most_unpacked=400_000)


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 20)
    assert len(_read(_zip({f"{number}": "" for number in range(20)}))) == 20
    with pytest.raises(UnreadableExport, match="more than"):
        _read(_zip({f"{number}": "" for number in range(21)}))


def test_a_table_of_contents_that_is_too_long_is_not_read() -> None:
    data = bytearray(_zip({"a.json": _plays(1)}))
    end = data.rindex(b"PK\x05\x06")
    size, offset = struct.unpack_from("<II", data, end + 12)
    padding = 64 * 2**20
    data[end + 12 : end + 20] = struct.pack("<II", size + padding, offset)
    data[end:end] = bytes(padding)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableExport):
            _read(bytes(data))
        assert tracemalloc.get_traced_memory()[1] < 3 * padding
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("declared", [10, 1_000, 2**31])
def test_a_size_that_lies_costs_that_member_only(declared: int) -> None:
    data = bytearray(_zip({"a.json": _plays(500), "b.json": _plays(1)}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", declared)
    found = _read(bytes(data))
    assert told(found["b.json"]) == ["Song 0"]  # type: ignore[arg-type]
    assert found["a.json"] != []


def test_damage_within_a_member_is_told_and_costs_that_member_only() -> None:
    history = _plays(5_000)
    data = bytearray(_zip({"a.json": history, "b.json": _plays(1)}, zipfile.ZIP_STORED))
    at = data.index(b"Song 4000")
    data[at : at + 4] = b"Gong"
    found = _read(bytes(data))
    (*plays, refusal) = found["a.json"]  # type: ignore[misc]
    assert len(plays) == 5_000
    assert isinstance(refusal, Refusal)
    assert refusal.where == "a.json"
    assert told(found["b.json"]) == ["Song 0"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"nonsense", _zip({"a": "b"})[:-8], _zip({"a": "b"})[30:]],
    ids=["empty", "a beginning", "nonsense", "no end", "no beginning"],
)
def test_what_is_no_whole_archive_is_refused(data: bytes) -> None:
    with suppress(UnreadableExport):
        assert _read(data) in ({}, {"a": "damaged"})


@settings(deadline=None, max_examples=60)
@given(spoilt(_zip({"a.json": _plays(3), "b/c.csv": "title;artist;album;isrc\nx;y;z;\n"})))
def test_a_spoilt_archive_raises_nothing_else(data: bytes) -> None:
    with suppress(UnreadableExport):
        _read(data)


@pytest.mark.parametrize("name", ["listenbrainz_shoko1_123456789.zip", "listenbrainz_shoko1_1749780844.zip"])
def test_the_real_archives_give_all_their_listens(name: str) -> None:
    path = data_path(f"exports/koito_test_assets/{name}")
    with zipfile.ZipFile(path) as archive:
        lines = sum(
            archive.read(member).decode().strip().count("\n") + 1
            for member in archive.namelist()
            if member.startswith("listens/") and member.endswith(".jsonl")
        )
    found = _read(path.read_bytes())
    listens = [entry for entries in found.values() if isinstance(entries, list) for entry in entries]
    assert sum(isinstance(entry, Listen) for entry in listens) == lines


_WALK = """
import resource, sys
from segue.library.formats.archives import read_archive
from segue.library.formats.registry import FORMATS
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    count = sum(1 for member in read_archive(file, FORMATS) for _ in member.entries)
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_half_a_gigabyte_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "my_spotify_data.zip"
    plays = _write_history(path, unpacked=500 * 2**20)
    walk = subprocess.run([sys.executable, "-c", _WALK, path], capture_output=True, text=True, check=True)
    count, grown_kb = map(int, walk.stdout.split())
    assert count == plays
    assert grown_kb * 1024 < 64 * 2**20


def _write_history(path: Path, unpacked: int) -> int:
    """Write an archive of listening histories of 12 MiB each, with all the fields of real ones; return the plays."""
    generator = random.Random(7)
    (row,) = json.loads(_plays(1))
    empty = ("episode_name", "spotify_episode_uri", "audiobook_title", "audiobook_uri", "audiobook_chapter_title")
    fields = {"platform": "android", "conn_country": "DE", "ip_addr": "192.0.2.1", "reason_start": "fwdbtn"}
    row |= {"spotify_track_uri": "URI", "incognito_mode": False, **dict.fromkeys(empty), **fields}
    before, behind = json.dumps(row, indent=4).split("URI")
    plays_each = 12 * 2**20 // (len(before) + len(behind) + 36)
    written = plays = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        while written < unpacked:
            uris = (f"spotify:track:{generator.getrandbits(73):022d}" for _ in range(plays_each))
            text = "[" + ",".join(f"{before}{uri}{behind}" for uri in uris) + "]"
            archive.writestr(f"Streaming_History_Audio_{plays}.json", text)
            written, plays = written + len(text), plays + plays_each
    return plays
