"""Choosing the engine that makes music."""

from segue.engines.description import EngineDescription
from segue.engines.generation import GenerationEngine
from segue.engines.generation.acestep import AceStepEngine
from segue.engines.generation.composer import installed_soundfont
from segue.engines.generation.musicgen import MODELS, MusicgenEngine, weights_of
from segue.engines.generation.offline import OfflineEngine
from segue.engines.generation.options import GeneratorChoice
from segue.engines.generation.replicate import ReplicateGenerator
from segue.engines.generation.singing import Chorister
from segue.engines.libraries import has_library, how_to_get
from segue.engines.models.registry import MUSESCORE_GENERAL
from segue.engines.singing.hibari import LIBRARIES, HibariSinger
from segue.engines.writing.choose import writer_at
from segue.kit.errors import InvalidRequest


def choose_generator(choice: GeneratorChoice, *, threads: int) -> GenerationEngine:
    """Return the engine that is wanted, ready to run.

    Parameters
    ----------
    choice
        Its name is ``composer``, or ``auto``: the same. Or an optional one: ``musicgen``, ``replicate``, ``acestep``.
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If it is not installed or configured; the message says how to get it.
    InvalidRequest
        If there is no engine of that name.
    """
    optional, models_dir = choice.optional, choice.models_dir
    if choice.name in ("auto", "composer"):
        return OfflineEngine(installed_soundfont(models_dir), chorister=_chorister(choice), threads=threads)
    if choice.name == "musicgen":
        wanted = optional.musicgen
        if wanted.model not in MODELS:
            raise InvalidRequest(f"There is no MusicGen {wanted.model!r}. There are: {', '.join(MODELS)}.")
        return MusicgenEngine(models_dir, wanted.model, device=wanted.device, threads=threads)
    if choice.name == "replicate":
        return ReplicateGenerator(optional.replicate)
    if choice.name == "acestep":
        return AceStepEngine(optional.acestep, writer_at(choice.writer))
    names = ", ".join(engine.name for engine in describe_generators(choice))
    raise InvalidRequest(f"There is no generation engine {choice.name!r}. There are: auto, {names}.")


def _chorister(choice: GeneratorChoice) -> Chorister | None:
    return Chorister(HibariSinger(), writer_at(choice.writer)) if choice.singing else None


def describe_singers() -> list[EngineDescription]:
    """Return every engine that sings."""
    if has_library(*LIBRARIES):
        return [EngineDescription("hibari", True, "sings English words, where SEGUE_SINGING is set")]
    return [EngineDescription("hibari", False, f"not installed: run {how_to_get(*LIBRARIES)}")]


def describe_generators(choice: GeneratorChoice) -> list[EngineDescription]:
    """Return every engine that makes music: Segue's own, then the optional ones."""
    optional, models_dir = choice.optional, choice.models_dir
    if installed_soundfont(models_dir):
        note = "composes, plays and continues songs, acoustic instruments by a soundfont"
    else:
        size_mb = MUSESCORE_GENERAL.size_bytes / 1e6
        note = (
            "composes, plays on instruments of its own and continues songs; acoustic ones by a soundfont: "
            f"`segue models install {MUSESCORE_GENERAL.name}` ({size_mb:.0f} MB, {MUSESCORE_GENERAL.licence})"
        )
    missing = weights_of(optional.musicgen.model).missing(models_dir)
    return [
        EngineDescription("composer", True, note),
        EngineDescription("musicgen", missing is None, missing or f"{optional.musicgen.model}; slow without a GPU"),
        EngineDescription("replicate", True, f"{optional.replicate.model}; words are sent to replicate.com")
        if optional.replicate
        else EngineDescription("replicate", False, "not configured: set SEGUE_REPLICATE_TOKEN; words are sent there"),
        EngineDescription("acestep", True, f"asks {optional.acestep.url}")
        if optional.acestep
        else EngineDescription("acestep", False, "not configured: run ACE-Step's API server and set SEGUE_ACESTEP_URL"),
    ]
