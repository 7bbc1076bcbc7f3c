"""Seeded chance, a stream of its own for each purpose, so that a new draw in one place changes nothing in another."""

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

_T = TypeVar("_T")


def chance(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the generator of a seed for a purpose: the same words give the same numbers, on every machine."""
    words = "/".join(map(str, purpose)).encode()
    return np.random.default_rng([abs(seed), int(seed < 0), zlib.crc32(words)])


def pick(rng: np.random.Generator, options: Sequence[_T], weights: Sequence[float] | None = None) -> _T:
    """Return one of the options; their weights need not sum to 1."""
    if weights is None:
        return options[int(rng.integers(len(options)))]
    shares = np.cumsum(np.asarray(weights, dtype=np.float64))
    return options[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]


def between(rng: np.random.Generator, span: tuple[float, float]) -> float:
    """Return a number of a span, evenly."""
    return float(rng.uniform(*span))


def between_log(rng: np.random.Generator, span: tuple[float, float]) -> float:
    """Return a number of a span, evenly in octaves."""
    return float(np.exp(rng.uniform(*np.log(span))))
