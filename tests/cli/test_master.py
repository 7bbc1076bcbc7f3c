"""`segue master` keeps its promises in the file that it writes, as independent meters read it."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from segue.audio.files import decode, encode
from segue.audio.signal import Audio
from tests.cli.command import segue
from tests.data import data_path

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow


def metered(path: Path) -> tuple[float, float]:
    """Return a file's loudness in LUFS and its true peak in dBTP, by pyloudnorm and eightfold oversampling."""
    pyloudnorm: Any = import_module("pyloudnorm")
    audio = decode(path).audio
    fine = soxr.resample(audio.samples.T, audio.sample_rate, 8 * audio.sample_rate, quality="VHQ")
    lufs = pyloudnorm.Meter(audio.sample_rate).integrated_loudness(audio.samples.T.astype(np.float64))
    return float(lufs), float(20 * np.log10(np.abs(fine).max()))


@pytest.mark.parametrize("name", ["MASTER.MP3", "master.flac"])
def test_a_master_has_its_loudness_and_its_ceiling_in_the_file(sung_song: Path, tmp_path: Path, name: str) -> None:
    report = segue("master", sung_song, "-o", name, "--json", folder=tmp_path).report
    lufs, peak_dbtp = metered(tmp_path / name)
    assert lufs == pytest.approx(-14, abs=0.3)
    assert peak_dbtp <= -0.95
    assert report["after"]["loudness_lufs"] == pytest.approx(lufs, abs=0.1)
    assert report["after"]["true_peak_dbtp"] == pytest.approx(peak_dbtp, abs=0.1)
    assert report["after"]["true_peak_dbtp"] <= -1


def test_what_a_thrifty_encoder_does_to_the_level_is_made_up_for(sung_song: Path, tmp_path: Path) -> None:
    """LAME turns down by 0.45 dB at 160 kbit/s and less: all that mono and low rates can have."""
    encode(decode(sung_song, sample_rate=22050).audio, tmp_path / "low.wav")
    segue("master", "low.wav", "-o", "low.mp3", "--json", folder=tmp_path)
    lufs, peak_dbtp = metered(tmp_path / "low.mp3")
    assert lufs == pytest.approx(-14, abs=0.3)
    assert peak_dbtp <= -0.95


def test_a_reference_gives_its_loudness(sung_song: Path, song: Path, tmp_path: Path) -> None:
    model = decode(song).audio
    encode(Audio(model.samples * np.float32(0.1), model.sample_rate), tmp_path / "model.wav")
    wanted, _ = metered(tmp_path / "model.wav")
    segue("master", sung_song, "-o", "out.flac", "--reference", "model.wav", "--json", folder=tmp_path)
    assert metered(tmp_path / "out.flac")[0] == pytest.approx(max(-24.0, wanted), abs=0.3)


def test_a_reference_that_is_no_sound_is_named(song: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("la la la")
    told = segue("master", song, "-o", "out.flac", "--reference", "notes.txt", folder=tmp_path)
    assert told.code == 2
    assert told.err.startswith("error: notes.txt: ")


def test_people_read_what_was_before_and_after(song: Path, tmp_path: Path) -> None:
    told = segue("master", song, "-o", "out.flac", folder=tmp_path)
    assert told.err == ""
    assert told.out.splitlines()[0].endswith("LUFS -> -14.0 LUFS")
    assert told.out.splitlines()[-1] == "written    out.flac"


def test_a_song_is_not_overwritten_by_its_own_master(song: Path, tmp_path: Path) -> None:
    (tmp_path / "song.flac").write_bytes(song.read_bytes())
    told = segue("master", "song.flac", "-o", "./song.flac", folder=tmp_path)
    assert told.code == 2
    assert (tmp_path / "song.flac").read_bytes() == song.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "song",
    [
        "Dead Smiling Pirates - I/audio.ogg",
        "Jonathan Coulton - Flickr/audio.mp3",
        "Joshua Morin - On the run/audio.ogg",
    ],
)
def test_a_real_song_keeps_loudness_and_ceiling_as_mp3(tmp_path: Path, song: str) -> None:
    segue("master", data_path(f"songs_with_lyrics/{song}"), "-o", "out.mp3", "--json", folder=tmp_path)
    lufs, peak_dbtp = metered(tmp_path / "out.mp3")
    assert lufs == pytest.approx(-14, abs=0.3)
    assert peak_dbtp <= -1
