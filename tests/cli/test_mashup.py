"""`segue mashup` makes of two songs the file that its report describes."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from segue.audio.files import decode, encode, probe
from tests.cli.command import segue
from tests.cli.test_master import metered
from tests.data import data_path
from tests.songs import song_file, sung_song_file

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

CONTRACT = {
    "tempo_bpm",
    "key",
    "stretch",
    "transpose_semitones",
    "beats_s",
    "alignment",
    "loudness_lufs",
    "true_peak_dbtp",
    "compatibility",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mashup")
    sung = sung_song_file(tmp_path_factory.mktemp("sung"), tempo_bpm=140, bars=16, tonic=2)
    encode(decode(sung).audio, folder / "a.mp3", tags={"title": "Ode", "artist": "The Larks"})
    song_file(folder, "Drumming.flac", tempo_bpm=150, bars=16, seed=1)
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = segue("mashup", "a.mp3", "Drumming.flac", "-o", "out.mp3", "--json", folder=folder).report
    return found


def test_the_report_has_all_that_the_contract_names(report: dict[str, Any]) -> None:
    assert set(report) >= CONTRACT
    assert set(report["stretch"]) == set(report["transpose_semitones"]) == {"a", "b"}
    assert abs(report["transpose_semitones"]["a"]) <= 3
    assert 0 <= report["compatibility"]["score"] <= 1
    assert {"a", "b"} == {placement["track"] for placement in report["alignment"]}


def test_the_file_is_as_loud_and_as_long_as_reported(report: dict[str, Any], folder: Path) -> None:
    lufs, peak_dbtp = metered(folder / "out.mp3")
    assert lufs == pytest.approx(-14, abs=0.3)
    assert lufs == pytest.approx(report["loudness_lufs"], abs=0.1)
    assert peak_dbtp <= -0.95
    assert decode(folder / "out.mp3").audio.duration_s == pytest.approx(report["duration_s"], abs=0.06)


def test_the_beats_are_even_and_lie_in_the_file(report: dict[str, Any]) -> None:
    beats = report["beats_s"]
    gaps = [later - earlier for earlier, later in pairwise(beats)]
    assert gaps == pytest.approx([60 / report["tempo_bpm"]] * len(gaps), abs=1e-3)
    assert 0 <= beats[0] < beats[-1] <= report["duration_s"]


def test_the_notes_call_songs_by_their_tags_or_else_their_files(report: dict[str, Any], folder: Path) -> None:
    words = " ".join(report["notes"])
    assert "The Larks - Ode is stretched by" in words
    assert "Drumming carries the form" in words
    assert probe(folder / "out.mp3").title == "The Larks - Ode x Drumming"


def test_nothing_is_left_beside_the_mashup(report: dict[str, Any], folder: Path) -> None:
    assert report
    assert {path.name for path in folder.iterdir()} <= {"a.mp3", "Drumming.flac", "out.mp3", "data"}


def test_the_song_that_is_no_sound_is_named(folder: Path) -> None:
    told = segue("mashup", "a.mp3", __file__, "-o", "x.mp3", folder=folder)
    assert told.code == 2
    assert told.err.startswith("error: test_mashup.py: ")
    assert not (folder / "x.mp3").exists()


@pytest.mark.slow
def test_two_real_songs_make_a_mashup_of_the_right_loudness(tmp_path: Path) -> None:
    songs = [data_path(f"songs_with_lyrics/Jonathan Coulton - {name}") for name in ("Flickr", "I Feel Fantastic")]
    told = segue("mashup", *(song / "audio.mp3" for song in songs), "-o", "out.flac", folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    lufs, peak_dbtp = metered(tmp_path / "out.flac")
    assert lufs == pytest.approx(-14, abs=0.3)
    assert peak_dbtp <= -0.95
