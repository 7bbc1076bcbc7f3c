"""What is known of a song as one unit vector: factors of its tags, of its company and of its artists, year, numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray
from segue.taste.factors import right_factors
from segue.taste.traits import Bag, SongTraits, Vocabulary, as_bag, hashed

#: How many factors tags, company and artists have at most.
_FACTORS: Final = {"tags": 160, "contexts": 224}
#: How many numbers tell one artist from another: two that are unrelated have a cosine of about ``128 ** -0.5``.
_IDENTITY: Final = 128
#: How much an artist's other songs say of a song, beside what is known of itself, and where nothing is.
_BESIDE, _INSTEAD = 0.4, 0.7
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
class ArtistMeans:
    """What the songs of each artist have in common.

    Attributes
    ----------
    vocabulary
        The artists.
    means
        The mean points of their songs' tags and contexts, each ``(artists, factors)``, ``float16``.
    """

    vocabulary: Vocabulary
    means: Mapping[str, NDArray[np.float16]]

    @classmethod
    def learn(cls, traits: Sequence[SongTraits], points: Mapping[str, FloatArray]) -> "ArtistMeans":
        """Learn from all songs there are and their points."""
        names = _artists(traits)
        vocabulary = Vocabulary.of(names)
        rows = vocabulary.rows(names)
        return cls(vocabulary, {kind: unit_rows(rows.T @ each).astype(np.float16) for kind, each in points.items()})

    def of(self, traits: Sequence[SongTraits]) -> dict[str, FloatArray]:
        """Return what their artists say of songs: unit vectors by kind; zeros for artists that are new."""
        rows = self.vocabulary.rows(_artists(traits))
        return {kind: unit_rows(rows @ each.astype(np.float32)) for kind, each in self.means.items()}


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSpace:
    """How traits become features.

    Attributes
    ----------
    bags
        The factors of tags and contexts.
    artists
        What is known of artists by their songs.
    numbers
        The names of the numeric features.
    middle, spread
        Their mean and standard deviation, ``(numbers,)``.
    """

    bags: Mapping[str, BagFactors]
    artists: ArtistMeans
    numbers: tuple[str, ...]
    middle: FloatArray
    spread: FloatArray

    @classmethod
    def learn(cls, traits: Sequence[SongTraits], *, seed: int = 0) -> "FeatureSpace":
        """Learn from all songs there are."""
        bags = {
            kind: BagFactors.learn(_bags(traits, kind), rank, least=2, seed=seed) for kind, rank in _FACTORS.items()
        }
        artists = ArtistMeans.learn(traits, _points(traits, bags))
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
        return cls(bags, artists, names, middle.astype(np.float32), np.maximum(spread, _NOTHING).astype(np.float32))

    @property
    def width(self) -> int:
        """How many features there are."""
        factors = sum(int(each.factors.shape[1]) for each in self.bags.values())
        return factors + _IDENTITY + len(_YEARS) + len(self.numbers)

    def features(self, traits: Sequence[SongTraits]) -> FloatArray:
        """Return the features of songs, unit vectors ``(songs, width)``; zeros where nothing is known."""
        own = _points(traits, self.bags)
        means = self.artists.of(traits)
        blocks = {kind: _completed(points, means[kind]) for kind, points in own.items()}
        blocks["artists"] = _identities(traits)
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
            stored |= {f"{kind}_factors": each.factors, f"{kind}_artists": self.artists.means[kind]}
        return stored | {"artists": self.artists.vocabulary.hashes}

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
        means = {kind: np.asarray(arrays[f"{kind}_artists"], dtype=np.float16) for kind in _FACTORS}
        artists = ArtistMeans(Vocabulary(np.asarray(arrays["artists"], dtype=np.uint64)), means)
        middle, spread = (np.asarray(arrays[name], dtype=np.float32) for name in ("middle", "spread"))
        return cls(bags, artists, tuple(str(name) for name in arrays["numbers"]), middle, spread)


def _bags(traits: Sequence[SongTraits], kind: str) -> list[Bag]:
    return [as_bag(song.tags) if kind == "tags" else song.contexts for song in traits]


def _artists(traits: Sequence[SongTraits]) -> list[Bag]:
    return [dict.fromkeys(song.artists, 1.0) for song in traits]


def _points(traits: Sequence[SongTraits], bags: Mapping[str, BagFactors]) -> dict[str, FloatArray]:
    return {kind: factors.points(_bags(traits, kind)) for kind, factors in bags.items()}


def _completed(points: FloatArray, means: FloatArray) -> FloatArray:
    """Return points with what their artists' other songs say: a little beside, more instead of nothing."""
    known = np.linalg.norm(points, axis=1, keepdims=True) > 0
    return np.where(known, unit_rows(points + _BESIDE * means), _INSTEAD * means).astype(np.float32)


def _identities(traits: Sequence[SongTraits]) -> FloatArray:
    """Return a random unit vector for each lead artist, the same on every machine, with half of each guest's."""
    vectors: dict[str, FloatArray] = {}
    rows = np.zeros((len(traits), _IDENTITY), dtype=np.float32)
    for number, song in enumerate(traits):
        for place, artist in enumerate(song.artists):
            if artist not in vectors:
                random = np.random.Generator(np.random.PCG64(hashed(artist)))
                vectors[artist] = random.standard_normal(_IDENTITY, dtype=np.float32)
            rows[number] += vectors[artist] * (0.5 if place else 1.0)
    return unit_rows(rows)


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
