"""Choosing the engine that parts a mix."""

from pathlib import Path

from segue.engines.description import EngineDescription
from segue.engines.models.install import is_installed
from segue.engines.models.registry import SPLEETER_2STEMS
from segue.engines.separation import Separator
from segue.engines.separation.classical import ClassicalSeparator
from segue.engines.separation.spleeter import SpleeterSeparator
from segue.kit.errors import InvalidRequest


def choose_separator(name: str, models_dir: Path, *, threads: int) -> Separator:
    """Return the engine of that name, ready to run.

    Parameters
    ----------
    name
        ``spleeter``, ``classical``, or ``auto``: the best one that is installed.
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
        name = "spleeter" if is_installed(SPLEETER_2STEMS, models_dir) else "classical"
    if name == "spleeter":
        return SpleeterSeparator(models_dir, threads=threads)
    if name == "classical":
        return ClassicalSeparator()
    raise InvalidRequest(f"There is no separation engine {name!r}. There are: auto, spleeter, classical.")


def describe_separators(models_dir: Path) -> list[EngineDescription]:
    """Return every separation engine, best first."""
    installed = is_installed(SPLEETER_2STEMS, models_dir)
    spec = SPLEETER_2STEMS
    remedy = f"run `segue models install {spec.name}` ({spec.size_bytes / 1e6:.0f} MB, {spec.licence})"
    return [
        EngineDescription(
            "spleeter",
            installed,
            "neural vocals; drums and bass by medians" if installed else f"not installed: {remedy}",
        ),
        EngineDescription("classical", True, "needs no weights; rough"),
    ]
