"""Embeddings and tags by MusiCNN."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.kernel_mean import kernel_mean
from segue.engines.embedding.measurements import pitch_classes, pulse, timbre
from segue.engines.embedding.musicnn_tags import MSD_TAGS, MTT_TAGS
from segue.engines.embedding.projection import unit
from segue.engines.embedding.windows import RATE, SAMPLES, at_one_level, log_mel, spread
from segue.engines.models.install import installed_file
from segue.engines.models.musicnn_graph import FILE, NETWORKS, PENULTIMATE
from segue.engines.models.registry import MUSICNN
from segue.engines.models.runtime import OnnxModel

_WINDOWS: Final = 24
_CLIP: Final = 3.0
_PREFIXES: Final = tuple(network.lower() for network in NETWORKS)
_HALF: Final = DIMENSIONS // 2
_NARROW: Final = 0.45
_WIDE: Final = 0.7
#: What plain measurements weigh beside the networks' features.
_PLAIN: Final = 0.5


class MusicnnEmbedder:
    """A song's place among songs, as two tagging networks hear it (J. Pons, X. Serra, ISMIR 2019).

    Up to 24 windows of three seconds at one level are heard by a network that learned the Million Song Dataset's tags
    and by one that learned MagnaTagATune's. Of each the space takes the 200 features before the tags, standardised by
    the running statistics of the network's own batch normalisation, and beside them the windows' timbre, pulse and
    pitch classes. Half of the space is their mean under a narrow kernel, by which a part of a song knows its song; half
    is their mean but for the pitch classes under a wide one, by which songs of one kind lie together, in whatever key.

    Parameters
    ----------
    models_dir
        Where ``musicnn`` is installed.
    threads
        How many windows may be heard at a time; however many, the embedding has the same bytes.

    Raises
    ------
    Unavailable
        If the weights are not installed, or damaged.
    """

    name = "musicnn"
    version = f"{MUSICNN.version}+768.2"

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        self._networks = OnnxModel(installed_file(models_dir, MUSICNN, FILE), threads=1, keep_memory=True)
        self._threads = threads

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding: see `Embedder.embed`."""
        windows, mel = _listen_to(audio)
        features = np.concatenate(self._hear(mel, "penultimate"), axis=1)
        features = np.clip(features, -_CLIP, _CLIP) / np.float32(np.sqrt(len(NETWORKS) * PENULTIMATE))
        sound = np.concatenate([features, _PLAIN * timbre(mel), _PLAIN * pulse(mel)], axis=1)
        notes = np.concatenate([sound, _PLAIN * pitch_classes(windows)], axis=1)
        narrow = kernel_mean(notes, width=_NARROW, dimensions=_HALF, name="musicnn, narrow, version 2")
        wide = kernel_mean(sound, width=_WIDE, dimensions=_HALF, name="musicnn, wide, version 2")
        return unit(np.concatenate([narrow, wide]))

    def tags(self, audio: Audio) -> dict[str, float]:
        """Return how likely each tag is, 0 to 1; where both networks know a tag, the mean of the two."""
        heard = self._hear(_listen_to(audio)[1], "tags")
        votes: dict[str, list[float]] = {}
        for names, tags in zip((MSD_TAGS, MTT_TAGS), heard, strict=True):
            for name, likelihood in zip(names, tags.mean(axis=0), strict=True):
                votes.setdefault(name, []).append(float(likelihood))
        return {name: sum(likelihoods) / len(likelihoods) for name, likelihoods in votes.items()}

    def _hear(self, mel: FloatArray, part: str) -> list[FloatArray]:
        """Return each network's output for every window.

        One window at a time fits the processor's cache, and one thread each keeps the bytes the same.
        """
        outputs = [f"{prefix}_{part}" for prefix in _PREFIXES]
        with ThreadPoolExecutor(self._threads) as pool:
            heard = list(pool.map(lambda window: self._networks.run(outputs, mel=window[np.newaxis]), mel))
        return [np.concatenate(of_windows) for of_windows in zip(*heard, strict=True)]


def _listen_to(audio: Audio) -> tuple[FloatArray, FloatArray]:
    """Return a song's windows and their log-mel spectra."""
    windows = at_one_level(spread(audio, rate=RATE, samples=SAMPLES, at_most=_WINDOWS, overlapping=True))
    return windows, log_mel(windows)
