"""Finding songs in folders."""

import os
from pathlib import Path

import pytest

from segue.catalog.folders.walking import FoundFile, walk
from segue.catalog.songs.loaders.told import Refused


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def names(folder: Path) -> list[str]:
    return [one.path.relative_to(folder).as_posix() for one in walk(folder) if isinstance(one, FoundFile)]


def test_songs_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/2.MP3", "b/1.flac", "a/x/3.ogg", "0.wav", "cover.jpg", ".hidden/4.mp3", "b/._1.mp3"):
        touched(tmp_path / name)
    (tmp_path / "folder.mp3").mkdir()
    assert names(tmp_path) == ["0.wav", "a/x/3.ogg", "b/1.flac", "b/2.MP3"]


def test_links_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    touched(tmp_path / "music" / "1.mp3")
    elsewhere = touched(tmp_path / "elsewhere" / "2.mp3").parent
    (tmp_path / "music" / "linked").symlink_to(elsewhere)
    (tmp_path / "music" / "self").symlink_to(tmp_path / "music")
    (elsewhere / "back").symlink_to(tmp_path / "music")
    assert names(tmp_path / "music") == ["1.mp3", "linked/2.mp3"]


def test_a_link_to_nothing_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "gone.mp3").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round.mp3").symlink_to(tmp_path / "round.mp3")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    touched(tmp_path / "1.mp3")
    refused = [one for one in walk(tmp_path) if isinstance(one, Refused)]
    assert [Path(one.where).name for one in refused] == ["gone.mp3", "round.mp3"]
    assert names(tmp_path) == ["1.mp3"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_closed_folder_is_told_of_and_the_rest_is_found(tmp_path: Path) -> None:
    touched(tmp_path / "a" / "1.mp3").parent.chmod(0)
    touched(tmp_path / "b" / "2.mp3")
    assert [type(one) for one in walk(tmp_path)] == [Refused, FoundFile]
    (tmp_path / "a").chmod(0o700)


def test_what_is_no_folder_is_told_of(tmp_path: Path) -> None:
    [refused] = walk(tmp_path / "nowhere")
    assert isinstance(refused, Refused)


def test_names_of_any_bytes_are_found(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp3"))).write_bytes(b"x")
    [found] = walk(tmp_path)
    assert isinstance(found, FoundFile)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_no_song(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    assert list(walk(tmp_path)) == []
