"""Choosing the engine that embeds songs."""

from pathlib import Path

from segue.engines.description import EngineDescription
from segue.engines.embedding import Embedder
from segue.engines.embedding.musicnn import MusicnnEmbedder
from segue.engines.embedding.statistics import StatisticsEmbedder
from segue.engines.models.install import is_installed
from segue.engines.models.registry import MUSICNN
from segue.kit.errors import InvalidRequest


def choose_embedder(name: str, models_dir: Path, *, threads: int) -> Embedder:
    """Return the engine of that name, ready to run.

    Embeddings of different engines do not compare: keep the engine's name and version beside what it made.

    Parameters
    ----------
    name
        ``musicnn``, ``statistics``, or ``auto``: the best one that is installed.
    models_dir
        Where models lie.
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If it was asked for by name and its weights are not installed; the message says how to get them.
    InvalidRequest
        If there is no engine of that name.
    """
    if name == "auto":
        name = "musicnn" if is_installed(MUSICNN, models_dir) else "statistics"
    if name == "musicnn":
        return MusicnnEmbedder(models_dir, threads=threads)
    if name == "statistics":
        return StatisticsEmbedder()
    raise InvalidRequest(f"There is no embedding engine {name!r}. There are: auto, musicnn, statistics.")


def describe_embedders(models_dir: Path) -> list[EngineDescription]:
    """Return every embedding engine, best first."""
    installed = is_installed(MUSICNN, models_dir)
    remedy = f"run `segue models install {MUSICNN.name}` ({MUSICNN.size_bytes / 1e6:.0f} MB, {MUSICNN.licence})"
    return [
        EngineDescription("musicnn", installed, "neural, with tags" if installed else f"not installed: {remedy}"),
        EngineDescription("statistics", True, "needs no weights; timbre, rhythm and harmony by statistics"),
    ]
