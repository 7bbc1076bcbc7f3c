"""Making a track's files with the engine: what a job, and the command line, run."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from segue.audio.signal import Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.choose import choose_generator
from segue.engines.generation.options import GeneratorChoice
from segue.engines.generation.warm import WarmEngine
from segue.engines.hosted.results import Refused
from segue.kit.errors import RateLimited, SegueError, Unavailable
from segue.kit.jobs import JobContext
from segue.kit.processes import ChildDied

THREADS: Final = 2
_OFFLINE: Final = "composer"
#: Engines that take long to load: they stay in a process of their own, one a worker.
_WARM: Final = frozenset({"musicgen"})
_warm: dict[GeneratorChoice, WarmEngine] = {}

_log = structlog.get_logger(__name__)


def produce(
    choice: GeneratorChoice, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress
) -> Generation:
    """Make a track with the engine that is wanted, or offline where that one cannot: nobody goes without music.

    See `segue.engines.generation.GenerationEngine.generate`.
    """
    try:
        return choose_generator(choice, threads=THREADS).generate(request, folder, progress=progress)
    except (Unavailable, Refused, RateLimited) as error:
        return _offline(choice, request, folder, error, progress)


async def produce_in_job(
    job: JobContext, choice: GeneratorChoice, request: GenerationRequest, folder: Path, *, share: tuple[float, float]
) -> Generation:
    """Do as `produce` in a process of the job's, or in the one that keeps the engine loaded."""
    if choice.name not in _WARM:
        return await job.run(produce, choice, request, folder, share=share)
    start, end = share

    def told(done: float) -> None:
        job.progress.set(start + (end - start) * min(1.0, done))

    try:
        return await _warm_engine(choice).make(request, folder, progress=told)
    except (Unavailable, ChildDied) as error:
        return await job.run(_offline, choice, request, folder, error, share=share)


async def close_warm_engines() -> None:
    """End the processes that keep engines loaded."""
    while _warm:
        _, engine = _warm.popitem()
        await engine.close()


def _warm_engine(choice: GeneratorChoice) -> WarmEngine:
    if choice not in _warm:
        _warm[choice] = WarmEngine(choice, batch=choice.optional.musicgen.batch)
    return _warm[choice]


def _offline(
    choice: GeneratorChoice,
    request: GenerationRequest,
    folder: Path,
    error: SegueError,
    progress: Progress = no_progress,
) -> Generation:
    """Make a track offline in place of an engine that could not, and say so in its provenance."""
    offline = replace(choice, name=_OFFLINE)
    if choice.name in (_OFFLINE, "auto"):
        raise error
    _log.warning("generation.offline_instead", engine=choice.name, error=error.detail)
    shutil.rmtree(folder)
    folder.mkdir()
    made = choose_generator(offline, threads=THREADS).generate(request, folder, progress=progress)
    return replace(made, provenance={**made.provenance, "instead_of": choice.name, "because": error.detail})
