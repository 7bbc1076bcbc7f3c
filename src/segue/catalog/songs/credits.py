"""The artists that a credit names: "Simon & Garfunkel", "A feat. B", "Queen - Topic", "ColdplayVEVO"."""

# ruff: noqa: RUF001 - separators as services write them

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from segue.catalog.songs.folding import fold, lowered

#: What parts a credit from its guests; never a part of a name.
_GUESTS: Final = re.compile(r"[\s(\[]+(?:feat\b\.?|ft\b\.?|featuring\b|starring\b|presents\b|pres\.)[\s:]*")
_SEPARATORS: Final = re.compile(
    r"\s*[;|·•]\s*|\s+/\s+|\s*,\s+(?!(?:the|jr|sr|inc)\b)|\s*、\s*|\s+(?:&|\+|x|×|vs\.?|versus|with|w/"
    r"|and|y|e|et|und|con)\s+(?!(?:the|his|her|their|los|las|die)\b)"
)
_TOPIC: Final = re.compile(r"\s+-\s+topic$|\s*vevo$|\s+\(?official(?: (?:artist )?channel)?\)?$")
_THE_LAST: Final = re.compile(r"(.+),\s*(the|los|las|les|die)$")
_UNKNOWN: Final = frozenset(
    {"", "unknown artist", "unknown", "various artists", "various", "va", "artista desconocido"}
)


@dataclass(frozen=True, slots=True)
class Credit:
    """Whom a credit names, folded.

    Attributes
    ----------
    whole : str
        All that is said before the guests: "Earth, Wind & Fire" is one band, and only who knows it can tell. Empty
        where nobody is named ("Various Artists").
    single : tuple of str
        Those that it may be made of, in order, each once, guests last; after "Ann & The Band", "Ann" alone.
    """

    whole: str
    single: tuple[str, ...]

    @property
    def lead(self) -> str:
        """The first of them; empty where nobody is named."""
        return self.single[0] if self.single else ""

    @property
    def all(self) -> tuple[str, ...]:
        """The whole, and those that it may be made of, each once."""
        return tuple(dict.fromkeys((self.whole, *self.single))) if self.whole else self.single


@lru_cache(maxsize=32_768)
def artists_of(credit: str) -> Credit:
    """Read a credit; a leading "The" is dropped, and what channels of videos add to a name."""
    text = _TOPIC.sub("", lowered(credit).strip())
    hosts, *guests = _GUESTS.split(text)
    named = [part for group in (hosts, *guests) for part in _SEPARATORS.split(group.strip(" ()[]")) if part.strip()]
    keys = [key for name in map(_artist_key, named) for key in (name, name.split(" and the ", 1)[0])]
    single = tuple(key for key in dict.fromkeys(keys) if key not in _UNKNOWN)
    whole = _artist_key(hosts)
    return Credit("" if whole in _UNKNOWN else whole, single)


def _artist_key(name: str) -> str:
    turned = _THE_LAST.sub(r"\2 \1", name.strip())
    key = fold(turned)
    return key[4:] if key.startswith("the ") and len(key) > 4 else key
