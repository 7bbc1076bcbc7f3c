"""`segue extend` makes a song longer, says how, and draws it."""

from pathlib import Path

import pytest

from segue.audio.files import decode, encode
from tests.audio.extending.songs import repeating
from tests.cli.command import segue
from tests.data import data_path

pytestmark = pytest.mark.slow  # it plans, plays and draws


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extend")
    encode(repeating()[0], folder / "song.flac")
    return folder


def test_the_song_becomes_as_long_as_asked_and_is_drawn(folder: Path) -> None:
    told = segue(
        *("extend", "song.flac", "--minutes", 1.2, "-o", "long.flac", "--plot", "walk.svg", "--json"), folder=folder
    ).report
    assert told["duration_s"] == pytest.approx(72, abs=3.5)
    assert decode(folder / "long.flac").audio.duration_s == pytest.approx(told["duration_s"], abs=0.01)
    assert told["loudness_lufs"] == pytest.approx(-14, abs=0.2)
    assert "song" in (folder / "walk.svg").read_text()


def test_without_a_name_it_is_written_beside_where_one_is(folder: Path) -> None:
    told = segue("extend", "song.flac", "--minutes", 1, "--no-bridges", folder=folder)
    assert (told.code, told.err) == (0, "")
    assert "song-extended.flac" in told.out
    assert (folder / "song-extended.flac").exists()


def test_the_song_itself_is_not_written_over(folder: Path) -> None:
    told = segue("extend", "song.flac", "-o", "song.flac", folder=folder)
    assert told.code == 2
    assert "it would be lost" in told.err


def test_a_length_that_it_has_already_is_refused(folder: Path) -> None:
    told = segue("extend", "song.flac", "--minutes", 0.5, "-o", "x.flac", folder=folder)
    assert told.code == 2
    assert "ask for 5 seconds more" in told.err
    assert not (folder / "x.flac").exists()


def test_a_real_song_goes_on(tmp_path: Path) -> None:
    song = data_path("songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3")
    told = segue("extend", song, "--minutes", 5, "-o", "long.mp3", "--json", folder=tmp_path).report
    assert told["duration_s"] == pytest.approx(300, abs=6)
    assert all(jump["heard"] < 0.2 for jump in told["jumps"])
