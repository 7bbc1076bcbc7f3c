"""Whatever the user can mend ends with status 2 and a clear line on stderr, at once and with nothing written."""

from pathlib import Path

import pytest

from segue import __version__
from tests.cli.command import segue

VERBS = ("analyze", "separate", "mashup", "master", "up", "api", "worker", "migrate", "doctor")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("analyze", "absent.mp3"), "'absent.mp3' does not exist"),
        (("analyze", "."), "'.' is a directory"),
        (("master", "text.mp3", "-o", "out.xyz"), "end the name in one of .mp3, .flac, .wav"),
        (("master", "text.mp3", "-o", "absent/out.mp3"), "there is no folder"),
        (("mashup", "text.mp3", "text.mp3", "-o", "out.mp3", "--vibe", "odd"), "'balanced', 'faithful'"),
        (("mashup", "text.mp3", "text.mp3", "-o", "out.mp3", "--intensity", "2"), "less than or equal to 1"),
        (("separate", "text.mp3"), "Missing option '-o'"),
        (("sing",), "No such command 'sing'"),
    ],
)
def test_a_wrong_command_line_is_told_what_is_wrong(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "text.mp3").write_text("no sound")
    told = segue(*arguments, folder=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert message in told.err.splitlines()[-1]
    assert not (tmp_path / "out.mp3").exists()


@pytest.mark.parametrize("arguments", [("analyze",), ("separate", "-o", "stems"), ("master", "-o", "out.mp3")])
def test_what_is_no_sound_is_refused_in_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "[b]text.mp3").write_text("no sound")
    verb, *rest = arguments
    told = segue(verb, "[b]text.mp3", *rest, "--json", folder=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: ")
    assert "a text file" in told.err
    assert len(told.err.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"[b]text.mp3"}


def test_an_engine_that_there_is_not_is_refused_with_those_that_there_are(song: Path, tmp_path: Path) -> None:
    told = segue("separate", song, "-o", "stems", "--engine", "magic", folder=tmp_path)
    assert told.code == 2
    assert told.err == (
        "error: There is no separation engine 'magic'. There are: auto, spleeter, classical, htdemucs-onnx, htdemucs, "
        "roformer, replicate.\n"
    )


def test_an_engine_that_is_not_installed_says_how_to_get_it(song: Path, tmp_path: Path) -> None:
    told = segue("separate", song, "-o", "stems", "--engine", "spleeter", folder=tmp_path)
    assert told.code == 1
    assert "segue models install spleeter-2stems" in told.err


def test_a_wrong_setting_is_named_and_its_value_kept(tmp_path: Path) -> None:
    told = segue("doctor", folder=tmp_path, database_url="mysql://root:secret@db/x", upload_max_s="long")
    assert told.code == 2
    assert "SEGUE_DATABASE_URL: " in told.err
    assert "SEGUE_UPLOAD_MAX_S: " in told.err
    assert "secret" not in told.err
    assert len(told.err.splitlines()) == 1


def test_a_folder_that_is_a_file_is_refused_without_a_trace(song: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = segue("separate", song, "-o", "file/stems", folder=tmp_path)
    assert (told.code, told.err) == (2, "error: Not a directory: file/stems\n")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_helps_with_an_example(tmp_path: Path, verb: str) -> None:
    told = segue(verb, "--help", folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert "Example: " in told.out
    assert f"segue {verb}" in told.out.split("Example: ")[1]


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert segue("--version", folder=tmp_path).out == f"segue {__version__}\n"
