"""What is known of a song as one unit vector: factors of its tags, of its company and of its artists, year, numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.factors import right_factors
from segue.taste.traits import Bag, SongTraits, Vocabulary, as_bag

#: How many factors tags, company and artists have at most.
_FACTORS: Final = {"tags": 128, "contexts": 192, "artists": 128}
#: How much each kind of knowledge counts in the similarity of two songs of which all is known.
_IMPORTANCE: Final = {"tags": 1.0, "contexts": 1.0, "artists": 1.0, "year": 0.3, "numbers": 0.4}
#: The middles of the bumps in years, each as wide as the step between them.
_YEARS: Final = np.arange(1950, 2031, 8, dtype=np.float32)
_NUMBERS: Final = 32
_NOTHING: Final = 1e-9


def unit_rows(rows: FloatArray) -> FloatArray:
    """Return rows at unit length; those of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, _NOTHING), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class BagFactors:
    """Bags of keys as points: what keys have in common counts, not how they are spelled.

    Attributes
    ----------
    vocabulary
        The keys.
    rarity
        What each key counts, ``(keys,)``: the rarer, the more.
    factors
        ``(keys, factors)``.
    """

    vocabulary: Vocabulary
    rarity: FloatArray
    factors: FloatArray

    @classmethod
    def learn(cls, bags: Sequence[Bag], rank: int, *, least: int, seed: int) -> "BagFactors":
        """Learn from bags; keys that fewer than ``least`` of them hold are nobody's company and left out."""
        vocabulary = Vocabulary.of(bags, least=least)
        rows = vocabulary.rows(bags)
        holding = np.bincount(rows.indices, minlength=rows.shape[1]).astype(np.float32)
        rarity = np.log1p(max(len(bags), 1) / np.maximum(holding, 1.0)).astype(np.float32)
        factors, values = right_factors(_weighted(rows, rarity), rank, seed=seed)
        # Between the rows' own geometry (exponent 0) and all factors alike (-1): the frequent ones are damped.
        damped = factors * (values / values[:1]) ** -0.5 if len(values) else factors
        return cls(vocabulary, rarity, damped.astype(np.float32))

    def points(self, bags: Sequence[Bag]) -> FloatArray:
        """Return bags as unit vectors ``(bags, factors)``; zeros for those without any known key."""
        return unit_rows(_weighted(self.vocabulary.rows(bags), self.rarity) @ self.factors)


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSpace:
    """How traits become features.

    Attributes
    ----------
    bags
        The factors of tags, contexts and artists.
    numbers
        The names of the numeric features.
    middle, spread
        Their mean and standard deviation, ``(numbers,)``.
    """

    bags: Mapping[str, BagFactors]
    numbers: tuple[str, ...]
    middle: FloatArray
    spread: FloatArray

    @classmethod
    def learn(cls, traits: Sequence[SongTraits], *, seed: int = 0) -> "FeatureSpace":
        """Learn from all songs there are."""
        bags = {kind: BagFactors.learn(_bags(traits, kind), _FACTORS[kind], least=2, seed=seed) for kind in _FACTORS}
        counts: dict[str, int] = {}
        for song in traits:
            for name in song.numbers:
                counts[name] = counts.get(name, 0) + 1
        names = tuple(sorted(sorted(counts, key=lambda name: (-counts[name], name))[:_NUMBERS]))
        values = _values(traits, names).astype(np.float64)
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        middle = np.where(known, values, 0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (values - middle) ** 2, 0).sum(axis=0) / count)
        return cls(bags, names, middle.astype(np.float32), np.maximum(spread, _NOTHING).astype(np.float32))

    @property
    def width(self) -> int:
        """How many features there are."""
        return sum(int(each.factors.shape[1]) for each in self.bags.values()) + len(_YEARS) + len(self.numbers)

    def features(self, traits: Sequence[SongTraits]) -> FloatArray:
        """Return the features of songs, unit vectors ``(songs, width)``; zeros where nothing is known."""
        blocks = {kind: factors.points(_bags(traits, kind)) for kind, factors in self.bags.items()}
        blocks["year"] = _year_bumps([song.year for song in traits])
        scaled = (_values(traits, self.numbers) - self.middle) / self.spread
        usual = np.sqrt(np.float32(max(len(self.numbers), 1)))
        blocks["numbers"] = np.clip(np.nan_to_num(scaled), -3, 3) / usual
        return unit_rows(np.concatenate([_IMPORTANCE[kind] * block for kind, block in blocks.items()], axis=1))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what there is to store, by name."""
        stored: dict[str, NDArray[np.generic]] = {
            "numbers": np.array(self.numbers, dtype=np.str_),
            "middle": self.middle,
            "spread": self.spread,
        }
        for kind, each in self.bags.items():
            stored |= {f"{kind}_hashes": each.vocabulary.hashes, f"{kind}_rarity": each.rarity}
            stored[f"{kind}_factors"] = each.factors
        return stored

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "FeatureSpace":
        """Return what was stored."""
        bags = {
            kind: BagFactors(
                Vocabulary(np.asarray(arrays[f"{kind}_hashes"], dtype=np.uint64)),
                np.asarray(arrays[f"{kind}_rarity"], dtype=np.float32),
                np.asarray(arrays[f"{kind}_factors"], dtype=np.float32),
            )
            for kind in _FACTORS
        }
        middle, spread = (np.asarray(arrays[name], dtype=np.float32) for name in ("middle", "spread"))
        return cls(bags, tuple(str(name) for name in arrays["numbers"]), middle, spread)


def _bags(traits: Sequence[SongTraits], kind: str) -> list[Bag]:
    if kind == "tags":
        return [as_bag(song.tags) for song in traits]
    if kind == "contexts":
        return [song.contexts for song in traits]
    return [dict.fromkeys(song.artists, 1.0) for song in traits]


def _weighted(rows: sparse.csr_array, rarity: FloatArray) -> sparse.csr_array:
    """Return rows with damped strengths times rarity, each at unit length."""
    values = np.log1p(rows.data) * rarity[rows.indices]
    squares = np.bincount(np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), values**2, rows.shape[0])
    lengths = np.sqrt(np.maximum(squares, _NOTHING))
    scaled = (values / np.repeat(lengths, np.diff(rows.indptr))).astype(np.float32)
    return sparse.csr_array((scaled, rows.indices, rows.indptr), shape=rows.shape)


def _year_bumps(years: Sequence[int | None]) -> FloatArray:
    """Return how near each year is to each of a row of years, as unit vectors; zeros for None."""
    known = np.array([np.nan if year is None else year for year in years], dtype=np.float32)
    step = _YEARS[1] - _YEARS[0]
    clipped = np.clip(known, _YEARS[0], _YEARS[-1])[:, np.newaxis]
    return unit_rows(np.nan_to_num(np.exp(-0.5 * ((clipped - _YEARS) / step) ** 2)))


def _values(traits: Sequence[SongTraits], names: Sequence[str]) -> FloatArray:
    rows = [[song.numbers.get(name, np.nan) for name in names] for song in traits]
    return np.array(rows, dtype=np.float32).reshape(len(traits), len(names))
