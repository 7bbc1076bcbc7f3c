"""From a title and a credit, however a service writes them, to the keys by which songs are told apart."""

# ruff: noqa: RUF001 - brackets, dashes and quotation marks as services write them

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from segue.catalog.songs.credits import artists_of
from segue.catalog.songs.folding import fold, lowered, squeezed
from segue.catalog.songs.qualifiers import is_noise, qualifier_of

_BRACKETS: Final = re.compile(r"[(\[{【〔]([^()\[\]{}【】〔〕]*)(?:[)\]}】〕]|$)")
_TAIL: Final = re.compile(r"\s+[-–—―|~•]+\s+")
_GUESTS: Final = re.compile(r"(?:^|[\s(\[])(?:feat\b\.?|ft\b\.?|featuring\b)[\s:]*(?=\S)")
_WITH: Final = re.compile(r"(?:with\b|w/|con\b)\s*(?=\S)")
#: What follows "with" where it is a part of a title: "(With You)", "(With a Little Help)".
_NO_NAMES: Final = re.compile(
    r"(?:an?|the|you|u|me|my|your|his|her|him|them|us|it|love|no|nothing|out|or|lyrics)\b", re.IGNORECASE
)
_QUOTES: Final = re.compile(r"from\s+[\"“”„«‹「『'‘]")
_PARTS: Final = {"pt": "part", "vol": "volume"}
_ROMAN: Final = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}


@dataclass(frozen=True, slots=True)
class SongName:
    """What a song is called, folded (`segue.catalog.songs.folding`).

    Attributes
    ----------
    title : str
        Without featured artists, noise and version; never empty.
    bare : str
        The title without what stands in brackets: "(I Can't Get No) Satisfaction" is "satisfaction".
    version : str
        Canonical words for what sets this recording apart, sorted: "live", "acoustic live", "loud luxury remix";
        empty for the song as it was issued.
    artists : tuple of str
        The whole credit, then the artists in it and in the title, each once. Empty where nobody is named.
    lead : str
        The first artist of the credit; empty where nobody is named.
    """

    title: str
    bare: str
    version: str
    artists: tuple[str, ...]
    lead: str


@dataclass(slots=True)
class _Reading:
    """What has been read of a title so far."""

    known: frozenset[str]
    guests: list[str]
    versions: set[str]

    def takes(self, fragment: str) -> bool:
        """Take a fragment in, and tell whether it is no part of the title."""
        said, *guests = _GUESTS.split(f" {fragment}")
        said = said.strip()
        if (found := _WITH.match(said)) and not is_noise(fold(said)):
            rest = said[found.end() :]
            if not _NO_NAMES.match(fold(rest)):
                said, guests = "", [rest, *guests]
        elif said and self.known.issuperset(artists_of(said).single):
            said = ""
        versions = () if not said or _QUOTES.match(said) else qualifier_of(said)
        if versions is None:
            return False
        self.guests += guests
        self.versions.update(versions)
        return True


@lru_cache(maxsize=4_096)
def name_of(title: str, artist: str = "") -> SongName:
    """Read a title and a credit.

    Parameters
    ----------
    title
        As a service writes it: with versions, noise and guests in brackets or after " - ".
    artist
        As a service writes it; where it is empty, a title "Artist - Title" is parted.
    """
    text = " ".join(lowered(title).split())
    credit, text = _parted(text, artist)
    named = artists_of(credit)
    reading = _Reading(frozenset(named.single), [], set())
    full = _title_of(text, reading)
    bare = _BRACKETS.sub(" ", full)
    artists = dict.fromkeys((*named.all, *(name for guests in reading.guests for name in artists_of(guests).single)))
    key = _title_key(full)
    bare_key = _title_key(bare) if fold(bare).strip() else key
    return SongName(key, bare_key, " ".join(sorted(reading.versions)), tuple(artists), named.lead)


def _parted(title: str, artist: str) -> tuple[str, str]:
    """Return credit and title, where a video's title holds both."""
    head, *tail = _TAIL.split(title, maxsplit=1)
    if not tail or not head.strip():
        return artist, title
    if not artist.strip():
        return (artist, title) if qualifier_of(tail[0]) is not None else (head, tail[0])
    said, known = squeezed(artists_of(head).whole), squeezed(artists_of(artist).whole)
    repeated = said == known != ""
    return (artist, tail[0]) if repeated else (artist, title)


def _title_of(text: str, reading: _Reading) -> str:
    """Return the title without the fragments that are none of it; brackets that are a part of it stay."""

    def bracketed(found: re.Match[str]) -> str:
        if reading.takes(found[1].strip()):
            return " "
        return f"\x00{found[1]}\x01"

    parts = text
    while (fewer := _BRACKETS.sub(bracketed, parts)) != parts:
        parts = fewer
    parts = parts.replace("\x00", "(").replace("\x01", ")")
    head, *tails = _TAIL.split(parts)
    kept = [head] + [tail for tail in tails if tail.strip() and not reading.takes(_plain(tail))]
    whole = " ".join(" ".join(kept).split())
    said, guests = _without_guests(whole)
    if fold(said):
        reading.guests += guests
        return said
    # All was read as something else, so it is a title after all; its guests were taken in above and are none of it.
    reading.versions.clear()
    return _without_guests(text)[0]


def _without_guests(title: str) -> tuple[str, list[str]]:
    """Return a title up to the guests that are named without brackets, and those; a title of guests alone stays."""
    found = _GUESTS.search(title, 1)
    if found and fold(title[: found.start()]):
        return title[: found.start()], [title[found.end() :]]
    return title, []


def _plain(tail: str) -> str:
    return tail.replace("(", " ").replace(")", " ").strip()


def _title_key(title: str) -> str:
    words = fold(title).split(" ")
    if len(words) > 1:
        words = [_PARTS.get(word, word) if n else word for n, word in enumerate(words)]
        words = [
            _ROMAN.get(word, word) if n and words[n - 1] in {"part", "volume", "chapter"} else word
            for n, word in enumerate(words)
        ]
    return " ".join(words)
