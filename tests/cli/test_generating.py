"""`segue generate`: songs like others or as asked; and the notes that its picture shows."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from segue.audio.analysis import Key, Mode
from segue.cli import generating
from segue.cli.made_score import read_parts
from segue.music.composing import compose
from segue.music.midi import midi_bytes
from segue.music.wishes import Wishes
from tests.songs import song_file


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [("A minor", 9, "minor"), ("eb major", 3, "major"), ("8A", 9, "minor"), ("F#", 6, "major")],
)
def test_keys_are_read_as_people_write_them(text: str, tonic: int, mode: Mode) -> None:
    assert generating._key(text) == Key(tonic, mode)


def run(*arguments: object) -> tuple[int, str]:
    import typer

    app = typer.Typer()
    app.callback()(lambda: None)
    generating.register(app)
    result = CliRunner().invoke(app, ["generate", *map(str, arguments)])
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--style", "polka"),
        ("--style", "house=much"),
        ("--key", "H minor"),
        ("--tempo", "500"),
        ("--duration", "3"),
        ("--midi", "score.txt"),
        ("-o", "song.aac"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(tmp_path: Path, arguments: tuple[str, str]) -> None:
    written = () if "-o" in arguments else ("-o", tmp_path / "song.flac")
    assert run(*arguments, *written)[0] == 2


def test_the_notes_of_a_score_are_read_with_their_times(tmp_path: Path) -> None:
    score = compose(3, Wishes(styles={"funk": 1.0}, duration_s=12.0, tempo_bpm=100.0))
    file = tmp_path / "score.mid"
    file.write_bytes(midi_bytes(score))
    parts = read_parts(file)
    assert [part.name for part in parts] == [part.name for part in score.parts if part.notes]
    assert [part.drums for part in parts] == [part.role == "drums" for part in score.parts if part.notes]
    for read, part in zip(parts, [part for part in score.parts if part.notes], strict=True):
        starts = np.sort(score.seconds(np.array([note.start for note in part.notes])) - score.beats_s[0])
        found = np.array([note.start_s for note in read.notes])
        assert abs(len(found) - len(starts)) <= 0.02 * len(starts) + 1
        assert np.abs(found[:, None] - starts[None]).min(axis=1).max() < 0.02


def test_what_is_no_midi_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "score.mid"
    file.write_bytes(b"RIFF....")
    with pytest.raises(ValueError, match="no MIDI file"):
        read_parts(file)


@pytest.mark.slow
def test_a_song_like_another_is_made_with_stems_score_and_picture(tmp_path: Path) -> None:
    song = song_file(tmp_path, "source.flac", tempo_bpm=120, bars=8)
    files = {name: tmp_path / name for name in ("new.flac", "new.mid", "new.png", "stems")}
    arguments = [
        "--like", song, "-o", files["new.flac"], "--midi", files["new.mid"], "--plot", files["new.png"],
        "--stems", files["stems"], "--duration", 10, "--style", "house=0.6", "--instrumental", "--json",
    ]  # fmt: skip
    code, printed = run(*arguments)
    assert code == 0
    report = json.loads(printed)
    assert report["wishes"]["tempo_bpm"] == pytest.approx(120, rel=0.05)
    assert any("nobody sings" in sentence for sentence in report["explanation"])
    assert files["new.flac"].read_bytes()[:4] == b"fLaC"
    assert files["new.png"].stat().st_size > 20_000
    assert {file.name for file in files["stems"].iterdir()} == {"vocals.flac", "drums.flac", "bass.flac", "other.flac"}
