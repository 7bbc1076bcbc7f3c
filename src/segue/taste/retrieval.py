"""The hybrid retriever: songs for a listener from all sides at once, each with why.

What speaks for a song (`segue.taste.signals`) is added up with weights that depend on how many songs of the listener
are known: of a newcomer popularity says more, of an old friend their company and their facets do. The weights are
chosen on listeners' songs that were held out of what it learns from (`segue.taste.tuning`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.company import Company
from segue.taste.facets import Facet
from segue.taste.signals import SIGNALS, Shelf, Sides

#: With so few songs known, and with so many, the weights were chosen; between them they change with the logarithm.
FEW: Final = 5
MANY: Final = 50
#: How many of the listener's songs an explanation names at most.
_REASONS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was chosen on songs that were held out.

    Attributes
    ----------
    ridge, features
        Of `segue.taste.company`: the ridge's strength, and how much embeddings count beside listeners.
    few, many
        The weight of each signal where few songs of a listener are known, and where many are.
    odds
        The intercept and the slope that make a score the logarithm of the odds that the song is liked.
    """

    ridge: float = 100.0
    features: float = 1.0
    few: tuple[float, ...] = (1.0, 1.0, 1.0, 0.1, 0.3)
    many: tuple[float, ...] = (1.0, 1.0, 1.0, 0.1, 0.0)
    odds: tuple[float, float] = (-6.0, 0.3)

    def weights(self, known: int) -> FloatArray:
        """Return the weight of each signal for a listener of whom so many songs are known, ``(signals,)``."""
        part = (np.log(max(known, 1)) - np.log(FEW)) / (np.log(MANY) - np.log(FEW))
        part = float(np.clip(part, 0, 1))
        return np.asarray((1 - part) * np.array(self.few) + part * np.array(self.many), dtype=np.float32)

    def probability(self, scores: FloatArray) -> FloatArray:
        """Return scores as probabilities that a song is among the listener's, 0 to 1."""
        intercept, slope = self.odds
        return np.asarray(1 / (1 + np.exp(-(intercept + slope * scores))), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A song, and why.

    Attributes
    ----------
    song
        Its number on the shelf.
    score
        The sum of its signals; the higher, the better.
    probability
        That the listener likes it, as far as that could be counted on songs that were held out, 0 to 1.
    signals
        What each signal adds to the score.
    because
        The listener's songs that speak for it most, each with its part of all that they say, 0 to 1.
    """

    song: int
    score: float
    probability: float
    signals: Mapping[str, float]
    because: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Retriever:
    """Finds songs for listeners.

    Attributes
    ----------
    sides
        What speaks for songs.
    settings
        How much each counts.
    """

    sides: Sides
    settings: Settings

    @classmethod
    def learn(cls, listens: sparse.csr_array, shelf: Shelf, settings: Settings) -> "Retriever":
        """Learn from all listeners.

        Parameters
        ----------
        listens
            ``(listeners, songs)``, sparse: how much each likes each song, above 0, around 1; what they dislike is
            left out.
        shelf
            The songs.
        settings
            From `segue.taste.tuning.tune`.
        """
        company = Company.learn(listens, settings.features * shelf.embeddings, ridge=settings.ridge)
        return cls(Sides(shelf, company, shelf.of_artists()), settings)

    def scores(self, histories: sparse.csr_array, facets: Sequence[Sequence[Facet]] | None = None) -> FloatArray:
        """Return the scores of all songs for histories ``(histories, songs)``: of that shape."""
        signals = self.sides.measure(histories, facets)
        weights = np.stack([self.settings.weights(int(known)) for known in np.diff(histories.indptr)], axis=1)
        return np.asarray(np.einsum("sb,sbn->bn", weights, signals), dtype=np.float32)

    def recommend(
        self,
        history: Mapping[int, float],
        *,
        count: int = 20,
        facets: Sequence[Facet] | None = None,
        without: Collection[int] = (),
    ) -> list[Recommendation]:
        """Return songs for a listener, the best first.

        Parameters
        ----------
        history
            The listener's songs with their weights (`segue.taste.weighing`). Those above 0 speak; all are left out.
        count
            How many are wanted.
        facets
            The listener's, where they are known; found in the history where not.
        without
            Songs to leave out beside.
        """
        songs = np.array(sorted(song for song, weight in history.items() if weight > 0), dtype=np.intp)
        weights = np.array([history[song] for song in songs.tolist()], dtype=np.float32)
        row = sparse.csr_array((weights, songs, [0, len(songs)]), shape=(1, len(self.sides.shelf.embeddings)))
        signals = self.sides.measure(row, None if facets is None else [facets])[:, 0]
        parts = self.settings.weights(len(songs))[:, np.newaxis] * signals
        scores = parts.sum(axis=0)
        scores[list({*history, *without})] = -np.inf
        best = np.argsort(-scores, kind="stable")[:count]
        probabilities = self.settings.probability(scores)
        return [
            Recommendation(
                song=song,
                score=float(scores[song]),
                probability=float(probabilities[song]),
                signals=dict(zip(SIGNALS, parts[:, song].tolist(), strict=True)),
                because=self._reasons(songs, weights, song, parts[:, song]),
            )
            for song in best.tolist()
            if np.isfinite(scores[song])
        ]

    def _reasons(
        self, songs: NDArray[np.intp], weights: FloatArray, song: int, parts: FloatArray
    ) -> tuple[tuple[int, float], ...]:
        """Return the listener's songs that speak for a song most: what each signal says is parted among them."""
        shelf = self.sides.shelf
        alike = weights * np.maximum(shelf.embeddings[songs] @ shelf.embeddings[song], 0)
        same = weights * ((shelf.artists[songs] == shelf.artists[song]) & (shelf.artists[song] >= 0))
        company = np.maximum(self.sides.company.contributions(songs, weights, song), 0)
        said = np.zeros(len(songs), dtype=np.float32)
        for part, speaking in zip(parts[:4], (company, alike, np.square(alike), same), strict=True):
            if part > 0 and speaking.sum() > 0:
                said += part * speaking / speaking.sum()
        whole = float(said.sum())
        most = np.argsort(-said, kind="stable")[:_REASONS]
        return tuple((int(songs[one]), float(said[one]) / whole) for one in most.tolist() if said[one] > 0)
