"""Choosing the engine that makes music."""

from pathlib import Path

from segue.engines.description import EngineDescription
from segue.engines.generation import GenerationEngine
from segue.engines.generation.composer import ComposerEngine, installed_soundfont
from segue.engines.models.registry import MUSESCORE_GENERAL
from segue.kit.errors import InvalidRequest


def choose_generator(name: str, models_dir: Path, *, threads: int) -> GenerationEngine:
    """Return the engine of that name, ready to run.

    Parameters
    ----------
    name
        ``composer``, or ``auto``: the same.
    models_dir
        Where models lie: the composer's soundfont, if it is installed.
    threads
        Threads that it may use.

    Raises
    ------
    InvalidRequest
        If there is no engine of that name.
    """
    if name in ("auto", "composer"):
        return ComposerEngine(installed_soundfont(models_dir), threads=threads)
    names = ", ".join(engine.name for engine in describe_generators(models_dir))
    raise InvalidRequest(f"There is no generation engine {name!r}. There are: auto, {names}.")


def describe_generators(models_dir: Path) -> list[EngineDescription]:
    """Return every engine that makes music."""
    if installed_soundfont(models_dir):
        note = "composes and plays, acoustic instruments by a soundfont"
    else:
        size_mb = MUSESCORE_GENERAL.size_bytes / 1e6
        note = (
            "composes and plays on instruments of its own; acoustic ones by a soundfont: "
            f"`segue models install {MUSESCORE_GENERAL.name}` ({size_mb:.0f} MB, {MUSESCORE_GENERAL.licence})"
        )
    return [EngineDescription("composer", True, note)]
