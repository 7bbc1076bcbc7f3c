"""What a listener prefers: what they said, and what their songs let one infer; what was said counts more.

A profile, as `users.preferences_profile` keeps it, is ``{"said": {name: {"value", "at"}}, "inferred": {name: {"value",
"evidence", "songs"}}, "inferred_at"}``.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from segue.taste.histograms import Weighed, energy, eras, tempo

#: In the order in which they are shown.
NAMES: Final = ("tempo_range", "energy", "vocals", "eras", "languages", "explicit_lyrics", "bass_level")
#: Of fewer songs, or of a smaller share of what a listener hears, nothing is concluded.
_FEWEST: Final = 5
_LEAST_SHARE: Final = 0.1
#: A decade, or a language, is one's own from this share on.
_OWN: Final = 0.12
_CALM, _ENERGETIC = 0.4, 0.65
_SUNG, _INSTRUMENTAL = 0.25, 0.6
#: Scripts that one language alone is written in, nearly.
_SCRIPTS: Final = (
    ("ko", "\uac00", "\ud7a3", "Hangul"),
    ("ja", "\u3041", "\u30ff", "Japanese kana"),
    ("th", "\u0e01", "\u0e5b", "Thai letters"),
    ("he", "\u05d0", "\u05ea", "Hebrew letters"),
    ("el", "\u0391", "\u03c9", "Greek letters"),
    ("zh", "\u4e00", "\u9fff", "Chinese characters"),
)


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a listener's songs tell of a preference: its value, why in words, and from how many songs."""

    value: Any
    evidence: str
    songs: int


@dataclass(frozen=True, slots=True)
class Preference:
    """A preference as it counts.

    Attributes
    ----------
    value
        None where nobody knows.
    source
        Whether it was said or inferred; None where nobody knows.
    evidence
        Why, in words.
    inferred
        What the songs tell, also where something else was said.
    """

    name: str
    value: Any
    source: Literal["said", "inferred"] | None
    evidence: str
    inferred: Any


def infer(songs: Weighed) -> dict[str, Inferred]:
    """Return what a listener's songs tell of their preferences; of what they don't tell there is nothing."""
    liked = [(song, weight) for song, weight in songs if weight > 0]
    found = {
        "tempo_range": _tempo_range(liked),
        "energy": _energy(liked),
        "vocals": _vocals(liked),
        "eras": _eras(liked),
        "languages": _languages(liked),
        "explicit_lyrics": _explicit(liked),
    }
    return {name: one for name, one in found.items() if one is not None}


def with_inferred(profile: Mapping[str, Any], found: Mapping[str, Inferred], *, at: datetime) -> dict[str, Any]:
    """Return a profile with what was inferred now in place of what was before; what was said stays."""
    inferred = {name: {"value": one.value, "evidence": one.evidence, "songs": one.songs} for name, one in found.items()}
    return {**profile, "inferred": inferred, "inferred_at": at.isoformat()}


def with_said(profile: Mapping[str, Any], said: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Return a profile with what a listener says now: None takes back what they said before, the rest of it stays."""
    kept = {name: one for name, one in profile.get("said", {}).items() if name not in said}
    new = {name: {"value": value, "at": at.isoformat()} for name, value in said.items() if value is not None}
    return {**profile, "said": {**kept, **new}}


def effective(profile: Mapping[str, Any]) -> list[Preference]:
    """Return each preference as it counts: as it was said, else as it was inferred."""
    said, inferred = profile.get("said", {}), profile.get("inferred", {})
    return [_effective(name, said.get(name), inferred.get(name)) for name in NAMES]


def _effective(name: str, said: Mapping[str, Any] | None, inferred: Mapping[str, Any] | None) -> Preference:
    told = None if inferred is None else inferred["value"]
    if said is not None:
        evidence = f"You said so on {datetime.fromisoformat(said['at']):%-d %B %Y}."
        return Preference(name, said["value"], "said", evidence, told)
    if inferred is not None:
        return Preference(name, told, "inferred", inferred["evidence"], told)
    return Preference(name, None, None, "Nothing is known yet.", None)


def _enough(songs: int, liked: Weighed) -> bool:
    return songs >= min(_FEWEST, len(liked)) and songs >= _LEAST_SHARE * len(liked) and songs > 0


def _tempo_range(liked: Weighed) -> Inferred | None:
    found = tempo(liked)
    if found.low is None or found.high is None or not _enough(found.songs, liked):
        return None
    value = {"min_bpm": round(found.low), "max_bpm": round(found.high)}
    return Inferred(value, f"Eight in ten of {_songs(found.songs)} whose tempo is known lie there.", found.songs)


def _energy(liked: Weighed) -> Inferred | None:
    found = energy(liked)
    if found.middle is None or not _enough(found.songs, liked):
        return None
    value = "calm" if found.middle < _CALM else "energetic" if found.middle > _ENERGETIC else "balanced"
    return Inferred(value, f"The middle one of {_songs(found.songs)} has an energy of {found.middle:.2f}.", found.songs)


def _vocals(liked: Weighed) -> Inferred | None:
    told = [(song.numbers["instrumentalness"], weight) for song, weight in liked if "instrumentalness" in song.numbers]
    if not _enough(len(told), liked):
        return None
    share = sum(weight for value, weight in told if value > 0.5) / sum(weight for _, weight in told)
    value = "vocal" if share < _SUNG else "instrumental" if share > _INSTRUMENTAL else "both"
    evidence = f"{_percent(share)} of what you hear has no voice, by {_songs(len(told))} of which it is known."
    return Inferred(value, evidence, len(told))


def _eras(liked: Weighed) -> Inferred | None:
    found = eras(liked)
    if not _enough(found.songs, liked):
        return None
    decades = [(int(edge), share) for edge, share in zip(found.edges, found.shares, strict=False) if share >= _OWN]
    if not decades:
        return None
    told = ", ".join(f"{_percent(share)} from the {decade}s" for decade, share in decades)
    return Inferred([decade for decade, _ in decades], f"Of {_songs(found.songs)} with a year: {told}.", found.songs)


def _languages(liked: Weighed) -> Inferred | None:
    weights: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for song, weight in liked:
        written = f"{song.title} {song.artist or ''}"
        for language, first, last, _ in _SCRIPTS:
            if any(first <= letter <= last for letter in written):
                weights[language] += weight
                counts[language] += 1
                break
    whole = sum(weight for _, weight in liked)
    own = [row for row in _SCRIPTS if counts[row[0]] and weights[row[0]] >= _OWN * whole]
    if not own:
        return None
    # Latin letters tell nothing: of what is written so, only this much is left out, not denied.
    told = ", ".join(f"{_songs(counts[language])} in {letters}" for language, _, _, letters in own)
    return Inferred(
        [language for language, *_ in own], f"By their names: {told}.", sum(counts[language] for language, *_ in own)
    )


def _explicit(liked: Weighed) -> Inferred | None:
    told = [(song.numbers["explicit"], weight) for song, weight in liked if "explicit" in song.numbers]
    if not _enough(len(told), liked):
        return None
    share = sum(weight for value, weight in told if value > 0) / sum(weight for _, weight in told)
    evidence = f"{_percent(share)} of what you hear is marked explicit, by {_songs(len(told))} of which it is known."
    return Inferred(share >= 0.05, evidence, len(told))


def _songs(count: int) -> str:
    return "1 song" if count == 1 else f"{count:,} songs"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"


def decades(values: Sequence[int]) -> str:
    """Return decades in words: ``the 1990s and 2010s``."""
    names = [f"{value}s" for value in values]
    return f"the {_listed(names)}" if names else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
