"""The right engine serves, and says what is missing."""

from pathlib import Path

import pytest

from segue.engines.embedding.choose import choose_embedder, describe_embedders
from segue.kit.errors import InvalidRequest, Unavailable


def test_without_weights_statistics_serve(tmp_path: Path) -> None:
    assert choose_embedder("auto", tmp_path, threads=1).name == "statistics"


def test_with_weights_musicnn_serves(models_dir: Path) -> None:
    assert choose_embedder("auto", models_dir, threads=1).name == "musicnn"


def test_an_engine_without_its_weights_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="segue models install musicnn"):
        choose_embedder("musicnn", tmp_path, threads=1)


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="auto, musicnn, statistics, mert, clap"):
        choose_embedder("magic", tmp_path, threads=1)


def test_every_engine_is_described(tmp_path: Path) -> None:
    assert [(engine.name, engine.available) for engine in describe_embedders(tmp_path)] == [
        ("musicnn", False),
        ("statistics", True),
        ("mert", False),
        ("clap", False),
    ]


@pytest.mark.parametrize("name", ["mert", "clap"])
def test_a_transformer_without_its_weights_says_how_to_get_them(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unavailable, match=r"run `(uv pip install torch|hf download)"):
        choose_embedder(name, tmp_path, threads=1)
