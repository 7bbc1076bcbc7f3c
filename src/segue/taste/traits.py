"""What is known of a song without its audio, and bags of keys as sparse rows."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segue.audio.signal import FloatArray

#: What is a whole number is a hash already.
Key = str | int
Bag = Mapping[str, float] | Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SongTraits:
    """What is known of a song; whatever is not is left empty.

    Attributes
    ----------
    tags
        Genres, moods, instruments: each with how sure or how frequent it is (over 0), or a plain list of them.
    artists
        Their keys, however they are folded, the lead first.
    year
        Of its release.
    numbers
        Numeric features by name: tempo, energy, loudness, duration ... in whatever unit, the same for all songs.
    contexts
        The histories and playlists that hold it, by any id or by its hash, each with how strongly (over 0): its row of
        co-occurrence. What counts is who is in company with whom; the ids themselves are kept as hashes only.
    """

    tags: Bag | Sequence[str] = field(default_factory=dict)
    artists: Sequence[str] = ()
    year: int | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    contexts: Bag = field(default_factory=dict)


def as_bag(keys: Bag | Sequence[str]) -> Bag:
    """Return keys with their strengths: 1 each where they have none."""
    return keys if isinstance(keys, Mapping) else dict.fromkeys(keys, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Keys as columns. They are kept as 64-bit hashes, so that a stored model names nobody.

    Attributes
    ----------
    hashes
        ``uint64``, ascending: one for each column.
    """

    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, bags: Iterable[Bag], *, least: int = 1) -> "Vocabulary":
        """Return the keys that at least so many bags hold."""
        counts: dict[Key, int] = {}
        for bag in bags:
            for key in bag:
                counts[key] = counts.get(key, 0) + 1
        kept = [hashed(key) for key, count in counts.items() if count >= least]
        return cls(np.unique(np.array(kept, dtype=np.uint64)))

    def rows(self, bags: Sequence[Bag]) -> sparse.csr_array:
        """Return bags as rows, ``(bags, keys)``; keys that are no columns are left out."""
        columns = {key: self._column(key) for key in {key for bag in bags for key in bag}}
        held = [
            [(columns[key], value) for key, value in bag.items() if columns[key] >= 0 and value > 0] for bag in bags
        ]
        ends = np.cumsum([0, *map(len, held)])
        indices = np.fromiter((column for row in held for column, _ in row), dtype=np.int64, count=ends[-1])
        values: FloatArray = np.fromiter((value for row in held for _, value in row), dtype=np.float32, count=ends[-1])
        return sparse.csr_array((values, indices, ends), shape=(len(bags), len(self.hashes)))

    def _column(self, key: Key) -> int:
        value = hashed(key)
        place = int(np.searchsorted(self.hashes, np.uint64(value)))
        return place if place < len(self.hashes) and int(self.hashes[place]) == value else -1


def hashed(key: Key) -> int:
    """Return a key's 64 bits: the same on every machine."""
    if isinstance(key, int):
        return key % 2**64
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
