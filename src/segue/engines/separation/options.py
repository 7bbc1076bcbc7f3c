"""What the optional separation engines must be told: weights that the user has, an account that the user pays."""

from dataclasses import dataclass, field
from pathlib import Path

from segue.engines.hosted.replicate import ReplicateAccount
from segue.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class OptionalEngines:
    """The settings of all optional engines: see ``docs/separation.md``."""

    demucs_weights: str | None = None
    roformer_checkpoint: Path | None = None
    roformer_config: Path | None = None
    replicate: ReplicateAccount | None = None


def optional_engines(settings: Settings) -> OptionalEngines:
    """Return what the settings say of optional engines."""
    token = settings.replicate_token
    return OptionalEngines(
        demucs_weights=settings.demucs_weights,
        roformer_checkpoint=settings.roformer_checkpoint,
        roformer_config=settings.roformer_config,
        replicate=ReplicateAccount(
            token=token.get_secret_value(),
            url=settings.replicate_url,
            model=settings.replicate_demucs,
            setting="SEGUE_REPLICATE_DEMUCS",
            hosts=tuple(settings.replicate_hosts),
        )
        if token
        else None,
    )


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine is wanted, and what it needs; it crosses to a job's process with the job.

    Attributes
    ----------
    name
        As `choose_separator` takes it.
    models_dir
        Where models lie.
    optional
        What optional engines must be told.
    """

    name: str
    models_dir: Path
    optional: OptionalEngines = field(default_factory=OptionalEngines)
