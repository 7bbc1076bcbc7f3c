"""Making a track's files with the engine: what a job's process, and the command line, run."""

from pathlib import Path

from segue.audio.signal import Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.choose import choose_generator

THREADS = 2


def produce(
    engine: str, models_dir: Path, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress
) -> Generation:
    """Make a track with the engine of that name: see `segue.engines.generation.GenerationEngine.generate`."""
    return choose_generator(engine, models_dir, threads=THREADS).generate(request, folder, progress=progress)
