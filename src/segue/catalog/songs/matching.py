"""How probable it is that two that are named alike are one song: evidence from names, duration, album and year."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from typing import Final, Literal

from segue.catalog.songs.folding import squeezed
from segue.catalog.songs.naming import SongName, name_of
from segue.catalog.songs.refs import SongRef

#: From here on two are taken for one song.
ACCEPTED: Final = 0.8
#: From here on they may be one: kept apart, and shown.
POSSIBLE: Final = 0.1

TitleEvidence = Literal["same", "bare", "near", "like", "other"]
ArtistEvidence = Literal["same", "shared", "near", "unknown", "other"]
DurationEvidence = Literal["unknown", "1 s", "3 s", "8 s", "20 s", "60 s", "more"]
Agreement = Literal["same", "unknown", "other"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a song by which it is told from others.

    Attributes
    ----------
    name : SongName
        Its keys.
    album : str or None
        As it is spelled.
    year, duration_ms
        None where unknown.
    """

    name: SongName
    album: str | None = None
    year: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """In what two songs agree.

    Attributes
    ----------
    title
        ``same`` without spaces; ``bare``: the same but for what stands in brackets; ``near``: one letter in five
        differs at most, no digit does; ``like``: two in five.
    artist
        ``same``: the lead of each is named by the other; ``shared``: some artist is named by both.
    version
        Whether both are the same version.
    duration
        The smallest bound that holds their difference.
    """

    title: TitleEvidence
    artist: ArtistEvidence
    version: bool
    duration: DurationEvidence
    album: Agreement
    year: Agreement

    def score(self) -> float:
        """Return the probability that they are one song."""
        return 1 / (1 + exp(-sum(WEIGHTS[name] for name in self.features())))

    def features(self) -> tuple[str, ...]:
        """Return the names of the weights that apply."""
        spelled = self.title == "same" and self.artist == "same"
        return (
            "bias",
            f"title {self.title}",
            f"artist {self.artist}",
            "version same" if self.version else "version other",
            f"duration {self.duration}",
            f"album {self.album}",
            f"year {self.year}",
            f"{'exact' if spelled else 'inexact'} {'timed' if self.duration != 'unknown' else 'untimed'}",
        )


#: Logarithms of odds: fitted by ``python -m training.identity``, on invented songs. `benchmarks identity` checks them.
#: But for ``title like``, which was fitted to -1.08: so an artist's songs that share a word and a length, "Quiet Rooms"
#: and "Quiet Bus", are told apart, whatever else agrees. Real pairs are found as often with it as without.
WEIGHTS: Final[dict[str, float]] = {
    "album other": -0.93,
    "album same": 0.03,
    "album unknown": -0.75,
    "artist near": 1.53,
    "artist other": -3.42,
    "artist same": 1.78,
    "artist shared": 1.21,
    "artist unknown": -2.76,
    "bias": -1.65,
    "duration 1 s": 3.66,
    "duration 3 s": 1.85,
    "duration 8 s": 0.23,
    "duration 20 s": -1.1,
    "duration 60 s": -1.88,
    "duration more": -4.02,
    "duration unknown": -0.4,
    "exact timed": -0.82,
    "exact untimed": -0.23,
    "inexact timed": -0.43,
    "inexact untimed": -0.17,
    "title same": 2.54,
    "title near": 1.66,
    "title bare": 0.89,
    "title like": -3.6,
    "title other": -5.66,
    "version same": 2.05,
    "version other": -3.7,
    "year same": -0.59,
    "year unknown": -0.4,
    "year other": -0.66,
}


_ROMAN: Final = frozenset(("ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii"))


def facts_of(ref: SongRef) -> Facts:
    """Return what a ref tells of its song."""
    return Facts(name_of(ref.title, ref.artist), ref.album, ref.year, ref.duration_ms)


def compare(one: Facts, other: Facts) -> Evidence:
    """Weigh two songs against each other; which is which makes no difference."""
    return Evidence(
        title=_titles(one.name, other.name),
        artist=_artists(one.name, other.name),
        version=one.name.version == other.name.version,
        duration=_durations(one.duration_ms, other.duration_ms),
        album=_albums(one.album, other.album),
        year="unknown" if not (one.year and other.year) else "same" if abs(one.year - other.year) <= 1 else "other",
    )


def contradicts(one: Facts, other: Facts) -> bool:
    """Tell whether two are so unlike that an id which says that they are one song is wrong.

    A song may be called otherwise elsewhere (in another script, by another artist's name), but hardly both.
    """
    evidence = compare(one, other)
    lasts_otherwise = evidence.duration in {"20 s", "60 s", "more"}
    return evidence.title == "other" and (evidence.artist == "other" or lasts_otherwise)


def score(one: Facts, other: Facts) -> float:
    """Return the probability that two are one song."""
    return compare(one, other).score()


def _titles(one: SongName, other: SongName) -> TitleEvidence:
    titles = squeezed(one.title), squeezed(other.title)
    if titles[0] == titles[1]:
        return "same"
    if _numbers(one.title) == _numbers(other.title) and (alike := likeness(*titles, 0.6)):
        return "near" if alike >= 0.8 else "like"
    bare = squeezed(one.bare), squeezed(other.bare)
    if bare[0] == bare[1] or bare[0] == titles[1] or titles[0] == bare[1]:
        return "bare"
    return "other"


def _numbers(title: str) -> list[str]:
    """Return what tells parts of a series from each other: digits, Roman numbers after the first word."""
    roman = [word for word in title.split(" ")[1:] if word in _ROMAN]
    return roman if title.isalpha() else [*filter(str.isdigit, title), *roman]


def _artists(one: SongName, other: SongName) -> ArtistEvidence:
    if not (one.artists and other.artists):
        return "unknown"
    if one.lead == other.lead or (one.lead in other.artists and other.lead in one.artists):
        return "same"
    mine, theirs = frozenset(map(squeezed, one.artists)), frozenset(map(squeezed, other.artists))
    if one.artists[0] == other.artists[0] or squeezed(one.lead) == squeezed(other.lead):
        return "same"
    if mine & theirs:
        return "shared"
    return "near" if likeness(squeezed(one.lead), squeezed(other.lead), 0.7) else "other"


def _durations(one: int | None, other: int | None) -> DurationEvidence:
    if one is None or other is None:
        return "unknown"
    apart = abs(one - other)
    bounds: tuple[tuple[int, DurationEvidence], ...] = (
        (1_000, "1 s"), (3_000, "3 s"), (8_000, "8 s"), (20_000, "20 s"), (60_000, "60 s")
    )  # fmt: skip
    return next((name for bound, name in bounds if apart <= bound), "more")


def _albums(one: str | None, other: str | None) -> Agreement:
    if not (one and other):
        return "unknown"
    return "same" if one == other or name_of(one).title == name_of(other).title else "other"


@lru_cache(maxsize=65_536)
def likeness(one: str, other: str, least: float) -> float:
    """Return 1 less the edits that make one of the other (a swap of neighbours is one), over the longer's length.

    0 where it is below `least`: most pairs are told so by their lengths and letters alone.
    """
    longer = max(len(one), len(other))
    allowed = int(longer * (1 - least) + 1e-9)
    if abs(len(one) - len(other)) > allowed or not longer:
        return 0.0
    spare = Counter(one)
    spare.subtract(other)
    if max(sum(n for n in spare.values() if n > 0), -sum(n for n in spare.values() if n < 0)) > allowed:
        return 0.0
    edits = _edits(one, other, allowed)
    return 1 - edits / longer if edits <= allowed else 0.0


def _edits(one: str, other: str, allowed: int) -> int:
    """Return how many edits there are, or some number above `allowed`."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, theirs in enumerate(other, 1):
            edits = last[j - 1] if letter == theirs else 1 + min(last[j], row[j - 1], last[j - 1])
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        if min(row) > allowed:
            return allowed + 1
        before, last = last, row
    return last[-1]
