"""`segue models` tells what there is, asks before it takes what is restricted, and takes away again."""

import os
import pty
import subprocess
from pathlib import Path

from segue.engines.models.registry import MODELS
from tests.cli.command import ARGV, TIMEOUT_S, environment, segue

RESTRICTED = "htdemucs-onnx"


def answering(answer: str, *arguments: str, folder: Path) -> tuple[int, str]:
    """Run the command on a terminal at which somebody types; return its exit code and what it said."""
    controller, terminal = pty.openpty()
    os.write(controller, f"{answer}\n".encode())
    with subprocess.Popen(
        [*ARGV, *arguments], env=environment(folder), stdin=terminal, stdout=terminal, stderr=terminal, cwd=folder
    ) as process:
        os.close(terminal)
        said = b""
        while True:
            try:
                heard = os.read(controller, 4096)
            except OSError:  # the other side is closed
                break
            if not heard:
                break
            said += heard
        code = process.wait(TIMEOUT_S)
    os.close(controller)
    return code, said.decode()


def test_every_model_is_listed_with_its_size_and_licence(tmp_path: Path) -> None:
    told = segue("models", "list", folder=tmp_path).out.splitlines()
    for line, spec in zip(told, MODELS.values(), strict=True):
        assert line.startswith(f"{spec.name} ")
        assert all(word in line for word in ("absent", " MB ", spec.licence, spec.purpose))
    listed = segue("models", "list", "--json", folder=tmp_path).report
    assert [entry["name"] for entry in listed] == list(MODELS)


def test_a_restricted_model_is_refused_where_nobody_can_be_asked(tmp_path: Path) -> None:
    told = segue("models", "install", RESTRICTED, folder=tmp_path)
    assert told.code == 2
    assert "personal and research use only" in told.err
    assert f"--accept-licence {RESTRICTED}" in told.err
    assert "Fetching" not in told.err


def test_whoever_declines_gets_nothing(tmp_path: Path) -> None:
    code, said = answering("n", "models", "install", RESTRICTED, folder=tmp_path)
    assert code == 2
    assert "personal and research use only" in said
    assert "Do you accept that?" in said
    assert not (tmp_path / "data" / "models" / RESTRICTED).exists()


def test_accepting_one_models_terms_accepts_no_others(tmp_path: Path) -> None:
    told = segue("models", "install", RESTRICTED, "--accept-licence", "musicnn", folder=tmp_path)
    assert told.code == 2


def test_removing_says_what_it_did(tmp_path: Path) -> None:
    assert "musicnn was not installed" in segue("models", "remove", "musicnn", folder=tmp_path).err
    assert "There is no model 'magic'" in segue("models", "remove", "magic", folder=tmp_path).err
