"""Embeddings by the audio half of CLAP."""

from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.projection import orthonormal, unit
from segue.engines.embedding.windows import spread
from segue.engines.local_weights import LocalWeights

CLAP: Final = LocalWeights(
    engine="clap",
    repository="laion/larger_clap_music",
    licence="Apache-2.0",
    note="learned music together with words about it; slow without a GPU",
)
_WINDOWS: Final = 24
_BATCH: Final = 4
_OURS: Final = "768.1"


class ClapEmbedder:
    """A song's place among songs by a network that learned to match sounds with words (Y. Wu et al., ICASSP 2023).

    Up to 24 windows of ten seconds, as it learned from, spread evenly; the mean of their unit vectors, turned from 512
    into 768 dimensions by a fixed matrix with orthonormal rows, which keeps every cosine. No window is longer than the
    network's own: its preparation would take a random part.

    Parameters
    ----------
    models_dir
        Its files lie in the folder ``clap`` there.
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If PyTorch, transformers or the weights are missing.
    """

    name = "clap"

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        self._folder = CLAP.found(models_dir)
        self._threads = threads
        self.version = f"{CLAP.fingerprint(models_dir)}+{_OURS}"

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding: see `Embedder.embed`."""
        listener, prepare = self._model
        windows = spread(audio, rate=prepare.sampling_rate, samples=prepare.nb_max_samples, at_most=_WINDOWS)
        torch = import_module("torch")
        heard = []
        with torch.inference_mode():
            for start in range(0, len(windows), _BATCH):
                batch = list(windows[start : start + _BATCH])
                mel = prepare(batch, sampling_rate=prepare.sampling_rate, return_tensors="pt")["input_features"]
                # The preparation calls one window of a batch long, at random; none is.
                longer = torch.zeros((len(batch), 1), dtype=torch.bool)
                heard.append(listener.get_audio_features(mel.float(), is_longer=longer).pooler_output.numpy())
        mean = np.concatenate(heard).mean(axis=0)
        return unit(mean @ orthonormal(len(mean), DIMENSIONS, name="clap"))

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        """Load the network and what prepares sound for it, when first needed."""
        transformers, torch = import_module("transformers"), import_module("torch")
        torch.set_num_threads(self._threads)
        listener = transformers.ClapModel.from_pretrained(self._folder, local_files_only=True)
        prepare = transformers.ClapFeatureExtractor.from_pretrained(self._folder, local_files_only=True)
        return listener.eval(), prepare
