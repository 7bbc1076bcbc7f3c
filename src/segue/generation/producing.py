"""Making a track's files in a job: in a process of its own, or in the one that keeps an engine loaded."""

from pathlib import Path
from typing import Final

from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.options import GeneratorChoice
from segue.engines.generation.warm import WarmEngine
from segue.generation.playing import OFFLINE, produce, produce_offline
from segue.kit.errors import SegueError
from segue.kit.jobs import JobContext

#: Engines that take long to load: they stay in a process of their own, one a worker.
_WARM: Final = frozenset({"musicgen"})
_warm: dict[GeneratorChoice, WarmEngine] = {}


async def produce_in_job(
    job: JobContext, choice: GeneratorChoice, request: GenerationRequest, folder: Path, *, share: tuple[float, float]
) -> Generation:
    """Do as `produce` in a process of the job's, or in the one that keeps the engine loaded."""
    start, end = share

    def told(done: float) -> None:
        job.progress.set(start + (end - start) * min(1.0, done))

    try:
        if choice.name in _WARM:
            return await _warm_engine(choice).make(request, folder, progress=told)
        return await job.run(produce, choice, request, folder, share=share)
    except SegueError as error:
        if choice.name in OFFLINE:
            raise
        return await job.run(produce_offline, choice, request, folder, error, share=share)


def _warm_engine(choice: GeneratorChoice) -> WarmEngine:
    if choice not in _warm:
        _warm[choice] = WarmEngine(choice, batch=choice.optional.musicgen.batch)
    return _warm[choice]
