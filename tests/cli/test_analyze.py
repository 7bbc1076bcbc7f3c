"""`segue analyze` hears what was rendered, and says it to programs and to people."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.audio.files import encode
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song
from tests.cli.command import segue
from tests.data import data_path

CONTRACT = {
    "duration_s",
    "sample_rate",
    "tempo_bpm",
    "tempo_confidence",
    "beats_s",
    "downbeats_s",
    "time_signature",
    "key",
    "loudness_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "sections",
    "descriptors",
    "embedding",
}
DESCRIPTORS = {
    "energy",
    "valence",
    "danceability",
    "acousticness",
    "instrumentalness",
    "speechiness",
    "liveness",
}


@pytest.fixture(scope="module")
def report(song: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found: dict[str, Any] = segue("analyze", song, "--json", folder=tmp_path_factory.mktemp("here")).report
    return found


def test_the_report_has_all_that_the_contract_names(report: dict[str, Any]) -> None:
    assert set(report) >= CONTRACT
    assert set(report["key"]) == {"tonic", "mode", "camelot", "confidence"}
    assert set(report["descriptors"]) >= DESCRIPTORS
    assert all(set(section) == {"start_s", "end_s", "label"} for section in report["sections"])


def test_the_beats_are_those_that_were_rendered(report: dict[str, Any]) -> None:
    rendered = render_song(bars=8, tempo_bpm=100, seed=1).beats_s
    beats = np.asarray(report["beats_s"])
    off = np.abs(rendered[:, None] - beats[None, :]).min(axis=1)
    assert report["tempo_bpm"] == pytest.approx(100, abs=1)
    assert np.mean(off < 0.07) > 0.9


def test_the_key_and_the_metre_are_those_that_were_rendered(report: dict[str, Any]) -> None:
    assert (report["key"]["tonic"], report["key"]["mode"], report["key"]["camelot"]) == ("C", "major", "8B")
    assert report["time_signature"] == 4


def test_the_sections_cover_the_song(report: dict[str, Any]) -> None:
    starts = [section["start_s"] for section in report["sections"]]
    ends = [section["end_s"] for section in report["sections"]]
    assert starts == [0.0, *ends[:-1]]
    assert ends[-1] == pytest.approx(report["duration_s"], abs=0.01)


def test_the_embedding_is_a_unit_vector_of_768(report: dict[str, Any]) -> None:
    embedding = np.asarray(report["embedding"])
    assert embedding.shape == (768,)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-4)


def test_people_read_it_in_a_few_lines(song: Path, tmp_path: Path) -> None:
    told = segue("analyze", song, folder=tmp_path)
    lines = dict(line.split(maxsplit=1) for line in told.out.splitlines())
    assert told.err == ""
    assert lines["length"] == "0:21"
    assert lines["tempo"].startswith("100.0 bpm, 4/4")
    assert lines["key"].startswith("C major, Camelot 8B")
    assert lines["loudness"].endswith("dBTP")


def test_silence_is_said_to_be_silent(tmp_path: Path) -> None:
    encode(Audio(np.zeros((1, 3 * 44100), dtype=np.float32), 44100), tmp_path / "silence.wav")
    lines = segue("analyze", "silence.wav", folder=tmp_path).out.splitlines()
    assert "tempo             none heard" in lines
    assert "key               none heard" in lines
    assert any(line.startswith("loudness          silent") for line in lines)


@pytest.mark.slow
def test_a_real_song_is_heard_without_a_word_on_stderr(tmp_path: Path) -> None:
    song = data_path("songs_with_lyrics/Jonathan Coulton - Code Monkey/audio.ogg")
    report = segue("analyze", song, "--json", folder=tmp_path).report
    assert report["duration_s"] == pytest.approx(189, abs=1)
    assert report["tempo_bpm"] in (pytest.approx(80, abs=1), pytest.approx(160, abs=1))  # people tap both
