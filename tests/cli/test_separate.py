"""`segue separate` writes four stems that lie on the song and sum to it."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from segue.audio.files import decode, encode
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song
from tests.cli.command import segue
from tests.data import data_path

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

STEMS = ("vocals", "drums", "bass", "other")


def residual_db(song: Path, stems: Path) -> float:
    """Return the level of what the stems' sum lacks of the song, against the song's, sample by sample."""
    mix = decode(song).audio
    parts = [decode(stems / f"{name}.flac").audio for name in STEMS]
    assert {part.sample_rate for part in parts} == {mix.sample_rate}
    assert {part.samples.shape for part in parts} == {mix.samples.shape}
    rest = mix.samples.astype(np.float64) - sum(part.samples.astype(np.float64) for part in parts)
    return float(10 * np.log10(np.mean(rest**2) / np.mean(mix.samples.astype(np.float64) ** 2) + 1e-20))


def song_at(path: Path, sample_rate: int, channels: Literal[1, 2]) -> Path:
    """Render ten seconds at a rate, in a format; the two channels differ."""
    source = render_song(bars=4, tempo_bpm=100).audio
    encode(source, path.with_suffix(".source.wav"))
    audio = decode(path.with_suffix(".source.wav"), sample_rate=sample_rate, channels=channels).audio
    samples = audio.samples.copy()
    if channels == 2:
        samples[1] = np.roll(samples[1], sample_rate // 100) * 0.7
    encode(Audio(samples, sample_rate), path)
    return path


@pytest.mark.parametrize(
    ("name", "sample_rate", "channels"),
    [
        pytest.param("stereo.wav", 44100, 2, marks=pytest.mark.slow),
        ("dvd.flac", 48000, 2),
        ("low.wav", 22050, 1),
        ("song.mp3", 44100, 2),
        pytest.param("song.m4a", 44100, 2, marks=pytest.mark.slow),
        pytest.param("song.opus", 48000, 2, marks=pytest.mark.slow),
    ],
)
def test_stems_of_any_file_lie_on_it_and_sum_to_it(
    tmp_path: Path, name: str, sample_rate: int, channels: Literal[1, 2]
) -> None:
    song = song_at(tmp_path / name, sample_rate, channels)
    report = segue("separate", song, "-o", tmp_path / "new" / "stems", "--json", folder=tmp_path).report
    assert report["engine"] == "classical"
    assert list(report["stems"]) == list(STEMS)
    assert sorted(path.name for path in (tmp_path / "new" / "stems").iterdir()) == sorted(f"{n}.flac" for n in STEMS)
    assert residual_db(song, tmp_path / "new" / "stems") < -60


def test_people_are_told_where_the_stems_are_and_how_to_get_better_ones(song: Path, tmp_path: Path) -> None:
    told = segue("separate", song, "-o", "stems", folder=tmp_path)
    assert told.out.splitlines()[0] == "vocals  stems/vocals.flac"
    assert "segue models install spleeter-2stems" in told.err


def test_a_song_is_not_overwritten_by_its_own_stem(song: Path, tmp_path: Path) -> None:
    copy = tmp_path / "vocals.flac"
    copy.write_bytes(song.read_bytes())
    told = segue("separate", copy, "-o", tmp_path, folder=tmp_path)
    assert told.code == 2
    assert copy.read_bytes() == song.read_bytes()


def test_stems_do_not_go_into_a_file(song: Path, tmp_path: Path) -> None:
    (tmp_path / "stems").write_text("a file")
    told = segue("separate", song, "-o", "stems", folder=tmp_path)
    assert told.code == 2
    assert "'stems' is a file" in told.err


@pytest.mark.slow
def test_stems_of_a_real_song_lie_on_it_and_sum_to_it(tmp_path: Path) -> None:
    song = data_path("songs_with_lyrics/Joshua Morin - On the run/audio.ogg")
    segue("separate", song, "-o", tmp_path / "stems", "--json", folder=tmp_path)
    assert residual_db(song, tmp_path / "stems") < -60
