"""Choosing the engine that parts a mix."""

from pathlib import Path
from typing import Final

from segue.engines.description import EngineDescription
from segue.engines.libraries import has_library, how_to_get
from segue.engines.models.install import is_installed
from segue.engines.models.registry import HTDEMUCS_ONNX, SPLEETER_2STEMS
from segue.engines.models.spec import ModelSpec
from segue.engines.separation import Separator, htdemucs, roformer
from segue.engines.separation.classical import ClassicalSeparator
from segue.engines.separation.htdemucs import HtdemucsSeparator
from segue.engines.separation.htdemucs_onnx import HtdemucsOnnxSeparator
from segue.engines.separation.options import OptionalEngines
from segue.engines.separation.replicate import ReplicateSeparator
from segue.engines.separation.roformer import RoformerSeparator
from segue.engines.separation.spleeter import SpleeterSeparator
from segue.kit.errors import InvalidRequest

#: Without any optional engine.
NONE: Final = OptionalEngines()


def choose_separator(name: str, models_dir: Path, *, threads: int, optional: OptionalEngines = NONE) -> Separator:
    """Return the engine of that name, ready to run.

    Parameters
    ----------
    name
        ``spleeter``, ``classical``, or ``auto``: the best one of these that is installed. Or an optional one:
        ``htdemucs-onnx``, ``htdemucs``, ``roformer``, ``replicate``.
    models_dir
        Where models lie.
    threads
        Threads that it may use.
    optional
        What the settings say of optional engines.

    Raises
    ------
    Unavailable
        If it was asked for by name and is not installed or configured; the message says how to get it.
    InvalidRequest
        If there is no engine of that name.
    """
    if name == "auto":
        name = "spleeter" if is_installed(SPLEETER_2STEMS, models_dir) else "classical"
    if name == "spleeter":
        return SpleeterSeparator(models_dir, threads=threads)
    if name == "classical":
        return ClassicalSeparator(threads=threads)
    if name == "htdemucs-onnx":
        return HtdemucsOnnxSeparator(models_dir, threads=threads)
    if name == "htdemucs":
        return HtdemucsSeparator(optional.demucs_weights, threads=threads)
    if name == "roformer":
        return RoformerSeparator(optional.roformer_checkpoint, optional.roformer_config, threads=threads)
    if name == "replicate":
        return ReplicateSeparator(optional.replicate)
    names = ", ".join(engine.name for engine in describe_separators(models_dir))
    raise InvalidRequest(f"There is no separation engine {name!r}. There are: auto, {names}.")


def describe_separators(models_dir: Path, optional: OptionalEngines = NONE) -> list[EngineDescription]:
    """Return every separation engine: Segue's own, best first, then the optional ones."""
    return [
        _with_model("spleeter", SPLEETER_2STEMS, models_dir, "neural vocals; drums and bass by our own network"),
        EngineDescription("classical", True, "vocals by what does not repeat; rough"),
        _with_model("htdemucs-onnx", HTDEMUCS_ONNX, models_dir, "four neural stems; slow, 3 GB of memory"),
        _with_libraries(
            "htdemucs",
            htdemucs.LIBRARIES,
            "weights: a file, named in SEGUE_DEMUCS_WEIGHTS",
            configured=bool(optional.demucs_weights),
        ),
        _with_libraries(
            "roformer",
            roformer.LIBRARIES,
            "weights: SEGUE_ROFORMER_CHECKPOINT and SEGUE_ROFORMER_CONFIG",
            configured=bool(optional.roformer_checkpoint and optional.roformer_config),
        ),
        EngineDescription("replicate", True, f"{optional.replicate.model}; songs are sent to replicate.com")
        if optional.replicate
        else EngineDescription("replicate", False, "not configured: set SEGUE_REPLICATE_TOKEN; songs are sent there"),
    ]


def _with_model(name: str, spec: ModelSpec, models_dir: Path, note: str) -> EngineDescription:
    """Describe an engine whose weights Segue installs."""
    if is_installed(spec, models_dir):
        return EngineDescription(name, True, note)
    remedy = f"run `segue models install {spec.name}` ({spec.size_bytes / 1e6:.0f} MB, {spec.licence})"
    return EngineDescription(name, False, f"not installed: {remedy}")


def _with_libraries(name: str, libraries: tuple[str, ...], weights: str, *, configured: bool) -> EngineDescription:
    """Describe an engine whose libraries and weights the user brings."""
    if not has_library(*libraries):
        return EngineDescription(name, False, f"not installed: run {how_to_get(*libraries)}; {weights}")
    if not configured:
        return EngineDescription(name, False, f"not configured: {weights}")
    return EngineDescription(name, True, "on PyTorch, with weights of your own")
