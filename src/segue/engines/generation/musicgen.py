"""Music by MusicGen, with weights that the user has."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from segue.audio.signal import Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.musicgen_model import MusicgenModel, choose_device
from segue.engines.generation.windows import Order, make_in_windows
from segue.engines.local_weights import LocalWeights

#: What `segue.engines.generation.options.MusicgenOptions.model` may name.
MODELS: Final = (
    "musicgen-small",
    "musicgen-medium",
    "musicgen-large",
    "musicgen-melody",
    "musicgen-stereo-small",
    "musicgen-stereo-medium",
    "musicgen-stereo-large",
    "musicgen-stereo-melody",
)
_OURS: Final = "1"
#: What a model needs beside its weights, as a share of them, and for each track that is made at once.
_BESIDE: Final = 0.3
_PER_TRACK_BYTES: Final = 400_000_000


def weights_of(model: str) -> LocalWeights:
    """Return what is known of one of `MODELS`."""
    return LocalWeights(
        engine=model,
        repository=f"facebook/{model}",
        licence="CC-BY-NC-4.0: not for commercial use",
        note="makes music from words; slow without a GPU",
    )


class MusicgenEngine:
    """MusicGen (J. Copet et al., NeurIPS 2023): words, and sound to follow or to continue, to sound; of any length.

    It oversees half a minute. What is longer is made in windows that begin with the last ten seconds of the one
    before. Several tracks are made at once, each with chance of its own: one made alone and one made among others
    differ by rounding at most.

    Parameters
    ----------
    models_dir
        The model's files lie in a folder of its name there.
    model
        One of `MODELS`.
    device
        ``auto``: a GPU if there is one with room enough; ``cpu``, ``cuda``.
    threads
        Threads that PyTorch may use.

    Raises
    ------
    Unavailable
        If the libraries or the weights are missing; the message says how to get them.
    """

    name = "musicgen"

    def __init__(self, models_dir: Path, model: str, *, device: str, threads: int) -> None:
        weights = weights_of(model)
        self._folder = weights.found(models_dir)
        self._device = device
        self._threads = threads
        self._model_name = model
        self.version = f"{model}-{weights.fingerprint(models_dir)}+{_OURS}"

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`.

        Raises
        ------
        InvalidRequest
            If it shall be longer than a quarter of an hour (an hour with what it continues), or no longer than that.
        """
        (made,) = self.generate_many([(request, folder, progress)])
        if isinstance(made, Exception):
            raise made
        return made

    def generate_many(self, orders: Sequence[Order]) -> list[Generation | Exception]:
        """Make several tracks at once; each ends in a track or in what went wrong with it."""
        return make_in_windows(self._model, orders, {"engine": self.name, "version": self.version})

    @cached_property
    def _model(self) -> MusicgenModel:
        """Load the network when it is first needed, where there is room."""
        size = sum(file.stat().st_size for file in self._folder.iterdir() if file.is_file())
        needed = round(size * (1 + _BESIDE)) + _PER_TRACK_BYTES
        device = choose_device(self._device, needed)
        return MusicgenModel(self._folder, device=device, threads=self._threads)
