"""Making a track's files with the engine: what a job's process runs. It imports little, since each job pays for it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from segue.audio.signal import Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.choose import choose_generator
from segue.engines.generation.options import GeneratorChoice
from segue.kit.errors import SegueError

THREADS: Final = 2
#: What makes music on any machine; `auto` means it.
OFFLINE: Final = ("composer", "auto")

_log = structlog.get_logger(__name__)


def produce(
    choice: GeneratorChoice, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress
) -> Generation:
    """Make a track with the engine that is wanted, or offline where that one cannot: nobody goes without music.

    See `segue.engines.generation.GenerationEngine.generate`.
    """
    try:
        return choose_generator(choice, threads=THREADS).generate(request, folder, progress=progress)
    except SegueError as error:  # what the offline engine cannot make either, it refuses itself
        return produce_offline(choice, request, folder, error, progress)


def produce_offline(
    choice: GeneratorChoice,
    request: GenerationRequest,
    folder: Path,
    error: SegueError,
    progress: Progress = no_progress,
) -> Generation:
    """Make a track offline in place of an engine that could not, and say so in its provenance."""
    if choice.name in OFFLINE:
        raise error
    offline = replace(choice, name=OFFLINE[0])
    _log.warning("generation.offline_instead", engine=choice.name, error=error.detail)
    shutil.rmtree(folder)
    folder.mkdir()
    made = choose_generator(offline, threads=THREADS).generate(request, folder, progress=progress)
    return replace(made, provenance={**made.provenance, "instead_of": choice.name, "because": error.detail})
