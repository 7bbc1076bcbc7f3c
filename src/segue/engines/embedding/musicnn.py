"""Embeddings and tags by MusiCNN."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.excerpts import excerpts, log_mel
from segue.engines.embedding.musicnn_tags import MSD_TAGS, MTT_TAGS
from segue.engines.embedding.projection import orthonormal, unit
from segue.engines.models.install import installed_file
from segue.engines.models.musicnn_graph import FILE, NETWORKS, PENULTIMATE, POOLED, TAGS
from segue.engines.models.registry import MUSICNN
from segue.engines.models.runtime import OnnxModel

_EXCERPTS: Final = 24
_BATCH: Final = 4
_CLIP: Final = 3.0
_PREFIXES: Final = tuple(network.lower() for network in NETWORKS)
_POOLED_DIMENSIONS: Final = DIMENSIONS - len(NETWORKS) * (PENULTIMATE + TAGS)
#: What a tag's logit spreads over, in units of its standardised inputs: brings tags to the scale of features.
_TAG_SPREAD: Final = 3.0


class MusicnnEmbedder:
    """A song's place among songs, as two tagging networks hear it (J. Pons, X. Serra, ISMIR 2019).

    Up to 24 excerpts of three seconds at one level are heard by a network that learned the Million Song Dataset's tags
    and by one that learned MagnaTagATune's. Of each, and averaged over the excerpts, the space holds the 200 features
    before the tags, the 50 tags' logits, and (by a fixed orthogonal projection to 268 dimensions) both networks' 3012
    pooled features. Features are standardised by the running statistics of the networks' own batch normalisation, so
    that the origin is the average of the music that they learned from, and cosine similarities spread around 0.

    Parameters
    ----------
    models_dir
        Where ``musicnn`` is installed.
    threads
        Threads that the networks may use.

    Raises
    ------
    Unavailable
        If the weights are not installed, or damaged.
    """

    name = "musicnn"
    version = f"{MUSICNN.version}+768.1"

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        self._networks = OnnxModel(installed_file(models_dir, MUSICNN, FILE), threads=threads)

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding: see `Embedder.embed`."""
        heard = self._hear(audio, ("penultimate", "leanings", "pooled"))
        parts = []
        for prefix in _PREFIXES:
            parts.append(_clipped_mean(heard[f"{prefix}_penultimate"]) / np.sqrt(PENULTIMATE))
            parts.append(heard[f"{prefix}_leanings"].mean(axis=0) / (_TAG_SPREAD * np.sqrt(TAGS)))
        pooled = np.concatenate([_clipped_mean(heard[f"{prefix}_pooled"]) for prefix in _PREFIXES])
        parts.append(pooled @ _pooled_projection() / np.sqrt(_POOLED_DIMENSIONS))
        return unit(np.concatenate(parts))

    def tags(self, audio: Audio) -> dict[str, float]:
        """Return how likely each tag is, 0 to 1; where both networks know a tag, the mean of the two."""
        heard = self._hear(audio, ("tags",))
        votes: dict[str, list[float]] = {}
        for prefix, names in zip(_PREFIXES, (MSD_TAGS, MTT_TAGS), strict=True):
            for name, likelihood in zip(names, heard[f"{prefix}_tags"].mean(axis=0), strict=True):
                votes.setdefault(name, []).append(float(likelihood))
        return {name: sum(likelihoods) / len(likelihoods) for name, likelihoods in votes.items()}

    def _hear(self, audio: Audio, parts: tuple[str, ...]) -> dict[str, FloatArray]:
        """Return both networks' outputs for each excerpt, a few excerpts at a time."""
        outputs = [f"{prefix}_{part}" for prefix in _PREFIXES for part in parts]
        mel = log_mel(excerpts(audio, at_most=_EXCERPTS))
        batches = [self._networks.run(outputs, mel=mel[start : start + _BATCH]) for start in range(0, len(mel), _BATCH)]
        return {name: np.concatenate(values) for name, values in zip(outputs, zip(*batches, strict=True), strict=True)}


def _clipped_mean(features: FloatArray) -> FloatArray:
    """Return the mean over excerpts, no excerpt counting for more than a few standard deviations."""
    mean: FloatArray = np.clip(features, -_CLIP, _CLIP).mean(axis=0)
    return mean


@lru_cache(maxsize=1)
def _pooled_projection() -> FloatArray:
    """Return the projection of both networks' pooled features."""
    return orthonormal(len(NETWORKS) * POOLED, _POOLED_DIMENSIONS, name="musicnn pooled features, version 1")
