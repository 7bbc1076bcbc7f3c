"""Choosing the engine that embeds songs."""

from pathlib import Path

from segue.engines.description import EngineDescription
from segue.engines.embedding import Embedder
from segue.engines.embedding.clap import CLAP, ClapEmbedder
from segue.engines.embedding.mert import MERT, MertEmbedder
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
        ``musicnn``, ``statistics``, ``mert``, ``clap``, or ``auto``: MusiCNN if it is installed, else statistics.
    models_dir
        Where models lie.
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If it was asked for by name and its weights or libraries are missing; the message says how to get them.
    InvalidRequest
        If there is no engine of that name.
    """
    if name == "auto":
        name = "musicnn" if is_installed(MUSICNN, models_dir) else "statistics"
    if name == "musicnn":
        return MusicnnEmbedder(models_dir, threads=threads)
    if name == "statistics":
        return StatisticsEmbedder()
    if name == "mert":
        return MertEmbedder(models_dir, threads=threads)
    if name == "clap":
        return ClapEmbedder(models_dir, threads=threads)
    raise InvalidRequest(f"There is no embedding engine {name!r}. There are: auto, musicnn, statistics, mert, clap.")


def describe_embedders(models_dir: Path) -> list[EngineDescription]:
    """Return every embedding engine: those of ``auto``, best first, then those that are to be asked for."""
    installed = is_installed(MUSICNN, models_dir)
    remedy = f"run `segue models install {MUSICNN.name}` ({MUSICNN.size_bytes / 1e6:.0f} MB, {MUSICNN.licence})"
    return [
        EngineDescription("musicnn", installed, "neural, with tags" if installed else f"not installed: {remedy}"),
        EngineDescription("statistics", True, "needs no weights; timbre, rhythm and harmony by statistics"),
        MERT.describe(models_dir),
        CLAP.describe(models_dir),
    ]
