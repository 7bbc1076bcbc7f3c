"""The right engine serves, and says what is missing."""

from pathlib import Path

import pytest

from segue.engines.separation.choose import choose_separator, describe_separators
from segue.kit.errors import InvalidRequest, Unavailable


def test_without_weights_the_classical_engine_serves(tmp_path: Path) -> None:
    assert choose_separator("auto", tmp_path, threads=1).name == "classical"


def test_with_weights_spleeter_serves(models_dir: Path) -> None:
    assert choose_separator("auto", models_dir, threads=1).name == "spleeter"


def test_an_engine_without_its_weights_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="segue models install spleeter-2stems"):
        choose_separator("spleeter", tmp_path, threads=1)


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="auto, spleeter, classical"):
        choose_separator("magic", tmp_path, threads=1)


def test_every_engine_is_described(tmp_path: Path) -> None:
    described = {engine.name: engine for engine in describe_separators(tmp_path)}
    assert not described["spleeter"].available
    assert "segue models install" in described["spleeter"].note
    assert described["classical"].available
