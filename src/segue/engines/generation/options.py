"""What the optional engines that make music must be told: weights that the user has, services that the user runs."""

from dataclasses import dataclass, field
from pathlib import Path

from segue.engines.hosted.replicate import ReplicateAccount
from segue.engines.writing.choose import account_of
from segue.engines.writing.openai import Account
from segue.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class MusicgenOptions:
    """Which MusicGen, and where it runs.

    Attributes
    ----------
    model
        One of `segue.engines.generation.musicgen.MODELS`.
    device
        ``auto``, ``cpu``, ``cuda``.
    batch
        How many tracks are made at once.
    """

    model: str = "musicgen-small"
    device: str = "auto"
    batch: int = 4


@dataclass(frozen=True, slots=True)
class AceStepServer:
    """A server of ACE-Step 1.5 that the user runs.

    Attributes
    ----------
    url
        Where its API answers.
    token
        Its key, if it wants one.
    model
        Which of its models; its own choice where there is none.
    """

    url: str
    token: str = field(default="", repr=False)
    model: str | None = None


@dataclass(frozen=True, slots=True)
class OptionalGenerators:
    """The settings of all optional engines: see ``docs/engines.md``."""

    musicgen: MusicgenOptions = field(default_factory=MusicgenOptions)
    replicate: ReplicateAccount | None = None
    acestep: AceStepServer | None = None


@dataclass(frozen=True, slots=True)
class GeneratorChoice:
    """Which engine is wanted, and what it needs; it crosses to a job's process with the job.

    Attributes
    ----------
    name
        As `segue.engines.generation.choose.choose_generator` takes it.
    models_dir
        Where models lie.
    optional
        What optional engines must be told.
    singing
        Whether voices sing words, where the engine composes.
    writer
        Where somebody writes them; without it, a grammar does.
    """

    name: str
    models_dir: Path
    optional: OptionalGenerators = field(default_factory=OptionalGenerators)
    singing: bool = False
    writer: Account | None = None


def generator_choice(settings: Settings) -> GeneratorChoice:
    """Return what the settings say of the engine that makes music."""
    token, url = settings.replicate_token, settings.acestep_url
    return GeneratorChoice(
        name=settings.generation_engine,
        models_dir=settings.models_dir,
        singing=settings.singing,
        writer=account_of(settings),
        optional=OptionalGenerators(
            musicgen=MusicgenOptions(settings.musicgen_model, settings.musicgen_device, settings.musicgen_batch),
            replicate=ReplicateAccount(
                token=token.get_secret_value(),
                url=settings.replicate_url,
                model=settings.replicate_musicgen,
                setting="SEGUE_REPLICATE_MUSICGEN",
                hosts=tuple(settings.replicate_hosts),
            )
            if token
            else None,
            acestep=AceStepServer(
                url=url,
                token=settings.acestep_token.get_secret_value() if settings.acestep_token else "",
                model=settings.acestep_model,
            )
            if url
            else None,
        ),
    )
