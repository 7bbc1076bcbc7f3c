"""Tags in files, as strangers write them."""

import os
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.catalog.folders.tags import FileTags, read_tags, tags_of

TAGS = {
    "title": "Low Tide",
    "artist": "Ann Vale",
    "album": "Harbours",
    "date": "1971-05-01",
    "genre": "R&B/Soul; Pop",
    "bpm": "96",
    "isrc": "GB-AYE-06-01477",
}


def tagged(song: Path, target: Path, **tags: str) -> Path:
    """Copy a song with tags."""
    with av.open(song) as source, av.open(target, "w") as sink:
        sink.metadata.update(tags)
        stream = sink.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    return target


def test_what_a_file_says_is_read(song: Path, tmp_path: Path) -> None:
    assert tags_of(tagged(song, tmp_path / "song.flac", **TAGS)) == FileTags(
        title="Low Tide",
        artist="Ann Vale",
        album="Harbours",
        year="1971-05-01",
        genres=("R&B", "Soul", "Pop"),
        bpm="96",
        isrc="GB-AYE-06-01477",
    )


def test_the_albums_artist_stands_in(song: Path, tmp_path: Path) -> None:
    assert tags_of(tagged(song, tmp_path / "song.flac", album_artist="Ann Vale")).artist == "Ann Vale"


@pytest.mark.parametrize("content", [b"", b"no sound", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", b"fLaC\x84\xff\xff\xff"])
def test_broken_tags_say_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert tags_of(path) == FileTags()


def test_tags_that_claim_all_memory_take_a_process_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    with path.open("wb") as file:
        file.write(b"fLaC\x00\x00\x00\x22" + bytes(34) + b"\x84\xff\xff\xff" + b"\xff" * 64)
        os.truncate(file.fileno(), 2**33)
    assert tags_of(path) == FileTags()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(
        [b"ID3\x03\x00\x00\x00\x00\x01\x00", b"fLaC", b"OggS", b"RIFF", b"FORM", b"\x00\x00\x00\x20ftypM4A "]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_are_read_or_say_nothing(tmp_path: Path, magic: bytes, rest: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(magic + rest)
    assert isinstance(read_tags(str(path)), FileTags)
