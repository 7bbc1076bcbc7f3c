"""`segue identify` names the song that an excerpt is of, and the songs that a mix is made of."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import encode
from segue.audio.signal import Audio
from tests.audio.recordings import RATE, excerpt, in_noise, song, sped_up
from tests.cli.command import segue
from tests.data import data_path


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three songs, one of them in a folder of its own, and a text."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "album").mkdir()
    for name in ("1.flac", "2.flac", "album/3.flac"):
        encode(song(int(Path(name).stem)), folder / name)
    (folder / "cover.mp3").write_text("<!doctype html>" * 100)
    return folder


def test_an_excerpt_is_named_with_its_place_and_speed(music: Path, tmp_path: Path) -> None:
    encode(in_noise(sped_up(excerpt(song(3), 5, 6), 1.03), 10), tmp_path / "clip.wav")
    told = segue("identify", "clip.wav", "--against", music, "--json", folder=tmp_path).report
    [match] = told["matches"]
    assert match["song"] == str(music / "album" / "3.flac")
    assert match["start_s"] == pytest.approx(5, abs=0.1)
    assert match["speed"] == pytest.approx(1.03, abs=0.02)
    assert told["compared"] == 3
    assert list(told["unread"]) == [str(music / "cover.mp3")]


def test_a_mix_is_taken_apart(music: Path, tmp_path: Path) -> None:
    parts = [excerpt(song(number), 2, 14).samples for number in (2, 1)]
    encode(Audio(np.concatenate(parts, axis=1), RATE), tmp_path / "medley.flac")
    told = segue(
        *("identify", "medley.flac", "--sources", "--against", music / "1.flac", "--against", music / "2.flac"),
        folder=tmp_path,
    )
    assert told.code == 0
    assert told.err == ""
    assert {line.split()[0] for line in told.out.splitlines()} == {str(music / "1.flac"), str(music / "2.flac")}


def test_what_is_like_nothing_is_told_so(music: Path, tmp_path: Path) -> None:
    encode(excerpt(song(4), 5, 6), tmp_path / "clip.wav")
    told = segue("identify", "clip.wav", "--against", music / "1.flac", folder=tmp_path)
    assert (told.code, told.out) == (0, "")
    assert told.err == "Compared with 1: it is like none of them.\n"


def test_a_folder_without_songs_is_an_error(tmp_path: Path) -> None:
    encode(excerpt(song(4), 5, 6), tmp_path / "clip.wav")
    (tmp_path / "empty").mkdir()
    told = segue("identify", "clip.wav", "--against", "empty", folder=tmp_path)
    assert told.code == 2
    assert "no songs" in told.err


@pytest.mark.slow
def test_a_real_song_is_known_by_five_seconds_of_it(tmp_path: Path) -> None:
    """Among the real songs with lyrics, with noise ten decibels below."""
    from segue.audio.files import decode

    songs = data_path("songs_with_lyrics")
    wanted = songs / "Jonathan Coulton - Code Monkey" / "audio.ogg"
    encode(in_noise(excerpt(decode(wanted).audio, 60, 5), 10), tmp_path / "clip.wav")
    told = segue("identify", "clip.wav", "--against", songs, "--json", folder=tmp_path).report
    assert [match["song"] for match in told["matches"]] == [str(wanted)]
    assert told["compared"] == 5
