"""What makes music on any machine, without weights: composes new songs, and continues those that there are."""

from pathlib import Path

from segue.audio.signal import Progress, no_progress
from segue.engines.generation import Generation, GenerationEngine, GenerationRequest
from segue.engines.generation.composer import ComposerEngine
from segue.engines.generation.extending import ExtendingEngine
from segue.engines.generation.singing import Chorister


class OfflineEngine:
    """The composer, and in ``extend`` the engine that plays a song on; each signs what it made.

    Parameters
    ----------
    soundfont
        A General MIDI soundfont for acoustic instruments.
    chorister
        Who sings words.
    threads
        Threads that it may use.
    """

    name = ComposerEngine.name
    version = ComposerEngine.version

    def __init__(self, soundfont: Path | None = None, *, chorister: Chorister | None = None, threads: int) -> None:
        self._composer = ComposerEngine(soundfont, chorister=chorister, threads=threads)
        self._extending = ExtendingEngine(soundfont)

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`."""
        engine: GenerationEngine = self._extending if request.mode == "extend" else self._composer
        return engine.generate(request, folder, progress=progress)
