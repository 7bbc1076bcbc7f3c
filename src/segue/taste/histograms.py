"""Weighted histograms of a listener's songs: their tempi, years and energies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from segue.catalog.embeddings.service import KnownTrack

TEMPO_EDGES: Final = tuple(range(50, 211, 8))
ERA_EDGES: Final = tuple(range(1950, 2041, 10))
ENERGY_EDGES: Final = tuple(round(0.1 * step, 1) for step in range(11))

#: A listener's songs, each with how much it speaks for their taste.
Weighed = Sequence[tuple[KnownTrack, float]]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a listener's songs are spread over a measure.

    Attributes
    ----------
    edges
        Of the bins, one more than there are.
    shares
        Of the weight of all songs of which the measure is known; they add up to 1, or are all 0.
    low, middle, high
        The weighted tenth, fiftieth and ninetieth percentile; None where nothing is known.
    songs
        Of how many songs the measure is known.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    low: float | None
    middle: float | None
    high: float | None
    songs: int

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {
            "edges": list(self.edges),
            "shares": [round(share, 4) for share in self.shares],
            "low": self.low,
            "middle": self.middle,
            "high": self.high,
            "songs": self.songs,
        }


def tempo(songs: Weighed) -> Histogram:
    """Return how fast a listener's songs are, in beats a minute."""
    return _histogram(songs, lambda song: song.numbers.get("tempo") or None, TEMPO_EDGES)


def eras(songs: Weighed) -> Histogram:
    """Return in which years a listener's songs were issued."""
    return _histogram(songs, lambda song: song.year, ERA_EDGES)


def energy(songs: Weighed) -> Histogram:
    """Return how energetic a listener's songs are, 0 to 1."""
    return _histogram(songs, lambda song: song.numbers.get("energy"), ENERGY_EDGES)


def percentile(values: Iterable[float], weights: Iterable[float], share: float) -> float:
    """Return the value below which this share of the weights lies; there is at least one."""
    ordered = sorted(zip(values, weights, strict=True))
    reached = np.cumsum([weight for _, weight in ordered])
    place = int(np.searchsorted(reached, share * reached[-1]))
    return float(ordered[min(place, len(ordered) - 1)][0])


def _histogram(songs: Weighed, value_of: Callable[[KnownTrack], float | None], edges: Sequence[float]) -> Histogram:
    told = [(value, weight) for song, weight in songs if weight > 0 and (value := value_of(song)) is not None]
    if not told:
        return Histogram(tuple(edges), (0.0,) * (len(edges) - 1), None, None, None, 0)
    values, weights = [value for value, _ in told], [weight for _, weight in told]
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], edges[0]))
    counts, _ = np.histogram(inside, bins=edges, weights=weights)
    low, middle, high = (round(percentile(values, weights, share), 3) for share in (0.1, 0.5, 0.9))
    return Histogram(tuple(edges), tuple(counts / counts.sum()), low, middle, high, len(told))
