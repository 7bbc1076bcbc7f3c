"""Making a track's files in a job: in a process of its own, or in the one that keeps an engine loaded."""

from pathlib import Path
from typing import Final

from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.options import GeneratorChoice
from segue.engines.generation.warm import WarmEngine
from segue.generation.playing import produce, produce_offline
from segue.kit.errors import Unavailable
from segue.kit.jobs import JobContext
from segue.kit.processes import ChildDied

#: Engines that take long to load: they stay in a process of their own, one a worker.
_WARM: Final = frozenset({"musicgen"})
_warm: dict[GeneratorChoice, WarmEngine] = {}


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
        return await job.run(produce_offline, choice, request, folder, error, share=share)


async def close_warm_engines() -> None:
    """End the processes that keep engines loaded."""
    while _warm:
        _, engine = _warm.popitem()
        await engine.close()


def _warm_engine(choice: GeneratorChoice) -> WarmEngine:
    if choice not in _warm:
        _warm[choice] = WarmEngine(choice, batch=choice.optional.musicgen.batch)
    return _warm[choice]
