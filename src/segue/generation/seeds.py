"""Seeds of tracks: a listener's own, each another one, and what of a track only its seed decides."""

import hashlib
from typing import Final
from uuid import UUID

_NUMBERS: Final = 2**20


def own_seed(user_id: UUID, number: int) -> int:
    """Return a listener's seed of a number, 0 to 2^52: the same for both, another one for each number below 2^20."""
    drawn = hashlib.sha256(user_id.bytes + number.to_bytes(8, "big")).digest()[:4]
    return int.from_bytes(drawn, "big") * _NUMBERS + number % _NUMBERS


def number_of(seed: int) -> int:
    """Return the number that a seed holds, whoever draws it: it says which key and facet a track is in."""
    return seed % _NUMBERS


def is_own(user_id: UUID, seed: int) -> bool:
    """Whether a seed was drawn for this listener, rather than chosen."""
    return own_seed(user_id, number_of(seed)) == seed
