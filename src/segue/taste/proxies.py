"""Proxy embeddings: where a song lies in the embedding space, told from what is known of it without its audio.

A song's features are factors of its tags, of the histories and playlists that hold it and of its artists, beside bumps
of its year and its numbers: a unit vector, so that songs of which like things are known have like features. A linear
map takes them to the embedding space. It is a ridge regression on the songs that have both, not towards 0 but towards
a fixed map that keeps cosines (orthonormal, seeded by name). So with no song that has audio the space still has like
songs together; the more of them there are, the more it becomes the audio's.

Sources: S. Deerwester et al., "Indexing by latent semantic analysis", JASIS 41, 1990 (factors of tags); A. van den
Oord, S. Dieleman, B. Schrauwen, "Deep content-based music recommendation", NIPS 2013 (the same regression, the other
way); A. Hoerl, R. Kennard, "Ridge regression", Technometrics 12, 1970.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.projection import orthonormal
from segue.taste.features import FeatureSpace, unit_rows
from segue.taste.traits import SongTraits

#: Changes whenever the same songs would get other proxies, or the file has another form.
VERSION: Final = 1

#: Strengths of the ridge that are tried.
_STRENGTHS: Final = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)
#: How much of the fixed map is kept that are tried: what it tells songs apart by is no direction of the audio's.
_KEPT: Final = (1.0, 0.5, 0.25)
_CONSTANT: Final = 4.0
_FOLDS: Final = 5
#: The strength is chosen on so many songs at most.
_MOST_VALIDATED: Final = 20_000
#: Songs with audio from which on a map is learned at all.
_FEWEST: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class ProxyModel:
    """Where songs lie, told from their traits.

    Attributes
    ----------
    space
        How traits become features.
    weights
        The map, ``(features + 1, 768)``; the last row is what all songs have in common.
    strength
        Of the ridge that cross-validation chose; infinite where nothing was learned from audio.
    error
        The mean cosine between the proxies of songs that were held out and their true embeddings; None for none.
    songs
        How many songs with audio it was learned from.
    """

    space: FeatureSpace
    weights: FloatArray
    strength: float
    error: float | None
    songs: int

    @classmethod
    def learn(cls, traits: Sequence[SongTraits], vectors: FloatArray | None = None, *, seed: int = 0) -> "ProxyModel":
        """Learn from songs, of which some have audio.

        Parameters
        ----------
        traits
            Of all songs, those without audio too: tags and company are learned from them.
        vectors
            ``(songs, 768)``: the embeddings of those that have audio; rows of zeros or NaN where there is none. None
            for none at all.
        seed
            The same songs and seed give the same model.
        """
        space = FeatureSpace.learn(traits, seed=seed)
        prior = _prior(space.width)
        if vectors is None:
            return cls(space, prior, np.inf, None, 0)
        there = np.flatnonzero(np.nan_to_num(np.linalg.norm(vectors, axis=1)) > 0)
        if len(there) < _FEWEST:
            return cls(space, prior, np.inf, None, len(there))
        features = _with_constant(space.features([traits[number] for number in there.tolist()]))
        truth = unit_rows(vectors[there])
        strength, kept, error = _validated(features, truth, prior, seed)
        fitted = _Ridge(features, truth, kept * prior).fitted(strength)
        return cls(space, fitted, strength, error, len(there))

    def embed(self, traits: Sequence[SongTraits]) -> FloatArray:
        """Return the proxies of songs, unit vectors ``(songs, 768)``; zeros for a song of which nothing is known."""
        features = self.space.features(traits)
        known = np.linalg.norm(features, axis=1) > 0
        vectors = unit_rows(_with_constant(features) @ self.weights)
        vectors[~known] = 0
        return vectors

    def to_bytes(self) -> bytes:
        """Return the model as a file."""
        file = io.BytesIO()
        facts = np.array([VERSION, self.strength, np.nan if self.error is None else self.error, self.songs])
        arrays: dict[str, Any] = {"facts": facts, "weights": self.weights, **self.space.arrays()}
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ProxyModel":
        """Return the model that a file holds.

        Raises
        ------
        ValueError
            It is none, or one of another version: learn it again.
        """
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            version, strength, error, songs = arrays["facts"].tolist()
            if version != VERSION:
                raise ValueError(f"This model of proxies has version {version:.0f}, not {VERSION}: learn it again")
            space = FeatureSpace.from_arrays(arrays)
            return cls(space, arrays["weights"], strength, None if np.isnan(error) else error, int(songs))


def _prior(width: int) -> FloatArray:
    """Return the fixed map, which keeps cosines and knows nothing common to all songs."""
    fixed = orthonormal(width, DIMENSIONS, name="segue proxies")
    return np.concatenate([fixed, np.zeros((1, DIMENSIONS), dtype=np.float32)])


def _with_constant(features: FloatArray) -> FloatArray:
    # A large constant is hardly held back by the ridge: what all audio has in common is soon learned.
    return np.concatenate([features, np.full((len(features), 1), _CONSTANT, dtype=np.float32)], axis=1)


class _Ridge:
    """The regression on one set of songs, for any strength."""

    def __init__(self, features: FloatArray, truth: FloatArray, prior: FloatArray) -> None:
        self.prior = prior
        values, basis = np.linalg.eigh(features.T.astype(np.float64) @ features)
        self._values, self._basis = np.maximum(values, 0), basis
        self._turned = basis.T @ (features.T @ (truth - features @ prior))

    def fitted(self, strength: float) -> FloatArray:
        """Return the map with the least squared error plus ``strength`` times its squared distance from the prior."""
        change = self._basis @ (self._turned / (self._values + strength)[:, np.newaxis])
        return np.asarray(self.prior + change, dtype=np.float32)


def _validated(features: FloatArray, truth: FloatArray, prior: FloatArray, seed: int) -> tuple[float, float, float]:
    """Choose what takes the proxies of held-out songs nearest to the truth.

    Returns
    -------
    strength
        Of the ridge.
    kept
        How much of the prior is.
    error
        The mean cosine that they reach.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    some = random.permutation(len(truth))[:_MOST_VALIDATED]
    features, truth = features[some], truth[some]
    fold_of: NDArray[np.intp] = np.arange(len(truth)) % _FOLDS
    cosines: dict[tuple[float, float], float] = dict.fromkeys(product(_STRENGTHS, _KEPT), 0.0)
    for fold, kept in product(range(_FOLDS), _KEPT):
        seen, held = fold_of != fold, fold_of == fold
        ridge = _Ridge(features[seen], truth[seen], kept * prior)
        for strength in _STRENGTHS:
            told = unit_rows(features[held] @ ridge.fitted(strength))
            cosines[strength, kept] += float((told * truth[held]).sum()) / len(truth)
    best = max(cosines, key=lambda choice: cosines[choice])
    return *best, cosines[best]
