"""Understanding a song file: everything that Segue hears in it, as one JSON-ready report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.audio.analysis import Analysis
from segue.audio.files import DecodeLimits, decode
from segue.audio.listening import analyze
from segue.audio.report import report_of
from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.embedding import Embedder
from segue.engines.embedding.choose import choose_embedder

#: Raised when the analysis itself changes, so that stored analyses are made anew.
ANALYSIS_REVISION = 3
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was heard in a song, and the engine that placed it.

    Attributes
    ----------
    analysis
        What signal processing hears.
    embedding
        ``float32`` ``(768,)``, unit norm.
    version
        Which analyser and which engine made it: the same version gives the same result.
    """

    analysis: Analysis
    embedding: FloatArray
    version: str

    def report(self) -> dict[str, Any]:
        """Return the contract of ``segue analyze --json``."""
        return {
            **report_of(self.analysis),
            "embedding": [float(value) for value in self.embedding],
            "version": self.version,
        }


def understand(
    path: Path,
    embedding_engine: str,
    models_dir: Path,
    limits: DecodeLimits,
    *,
    progress: Progress = no_progress,
) -> Understanding:
    """Decode a song, analyse it and place it in the space of tastes.

    Raises
    ------
    InvalidAudio, TooLarge
        The file cannot be read as audio, or is over the limits.
    Unavailable
        The embedding engine asked for is not installed.
    """
    embedder = choose_embedder(embedding_engine, models_dir, threads=_THREADS)
    audio = decode(path, limits, progress=lambda done: progress(0.1 * done)).audio
    analysis = analyze(audio, progress=lambda done: progress(0.1 + 0.6 * done))
    embedding = embedder.embed(audio)
    progress(1.0)
    return Understanding(analysis, embedding, _version_with(embedder))


def current_version(embedding_engine: str, models_dir: Path) -> str:
    """Return the version that `understand` would give now: a stored understanding of it need not be made again."""
    return _version_with(choose_embedder(embedding_engine, models_dir, threads=_THREADS))


def engine_of(version: str) -> tuple[str, str]:
    """Return name and version of the engine that placed a song, of an understanding's version."""
    engine, _, engine_version = version.partition("+")[2].partition("-")
    return engine, engine_version


def _version_with(embedder: Embedder) -> str:
    return f"{ANALYSIS_REVISION}+{embedder.name}-{embedder.version}"
