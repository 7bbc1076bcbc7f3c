"""What a fragment of a title says, "(Remastered 2011)", "- Live at Wembley", "[Koo Remix]": noise or a version."""

import re
from functools import lru_cache
from typing import Final

from segue.catalog.songs.folding import fold

#: Words of fragments that tell of an issue and not of a recording, if there is nothing else in the fragment.
_OF_ISSUES: Final = """
    remaster remasters remastered remastering remasterizado remasterizada remasterise remasterisee remasterizada remast
    digital digitally album single radio original mono stereo explicit clean deluxe bonus track official offizielles
    oficial officiel music musik video videoclip clip audio lyric lyrics letra visualizer visualiser visualizador hd hq
    uhd 4k 8k 1080p 720p ep lp main version versao versione edit edition edizione edicion mix anniversary expanded
    special full complete and the with on in en de a of uncensored censored dirty promo pv mv m v high quality
    definition closed captioned only restored from vault recorded
"""
#: One of these must be there, or the words above are a title of their own ("The Original", "With the Music").
_OF_ISSUES_ALONE: Final = """
    remaster remasters remastered remastering remasterizado remasterizada remasterise remasterisee remast album single
    radio original mono stereo explicit clean deluxe bonus official offizielles oficial officiel video videoclip clip
    audio lyric lyrics letra visualizer visualiser visualizador hd hq uhd 4k 8k 1080p 720p ep lp main edit anniversary
    expanded uncensored censored dirty mv restored vault
"""
_NOISE: Final = frozenset(_OF_ISSUES.split())
_TELLING: Final = frozenset(_OF_ISSUES_ALONE.split())
_YEAR: Final = re.compile(r"(?:19|20)\d\d|\d{1,3}(?:st|nd|rd|th)|\d\d?")
_FROM_SCREEN: Final = re.compile(
    r"(?:music |song |taken |theme song )?from .*\b"
    r"(?:soundtrack|motion picture|film|movie|series|musical|album|game|ost|netflix|disney|version)\b.*"
    r"|(?:original )?(?:motion picture |tv |film )?soundtrack(?: version)?|ost|as (?:featured|heard|seen) (?:in|on) .*"
)

# The first that fits wholly tells what a fragment is; several may fit a part of it ("live acoustic version").
_LIVE: Final = re.compile(
    r"live|live (?:at|from|in|on|version|session|sessions|acoustic|recording|performance|edit|video|\d).*"
    r"|.* live|(?:recorded|performed|filmed) live\b.*|(?:(?:en|ao|dal) vivo|en directo|en concert|en concierto)(?: .*)?"
    r"|(?:mtv )?unplugged(?: .*)?|.* unplugged"
    r"|(?:.* )?(?:live|bbc|radio|studio|peel|spotify|apple music) sessions?(?: .*)?"
)
_KINDS: Final = (
    (re.compile(r"(?:.* )?(?:acoustic|acoustica|acustico|acustica|acoustique|akustik)(?: .*)?"), "acoustic"),
    (re.compile(r"(?:.* )?(?:karaoke|backing track|sing ?along)(?: .*)?"), "karaoke"),
    (re.compile(r"(?:.* )?(?:instrumental|instrumentals)(?: (?:version|mix|edit|remix))?"), "instrumental"),
    (re.compile(r"(?:.* )?demos?(?: (?:version|recording|tape|\d+))?"), "demo"),
    (re.compile(r"(?:.* )?(?:a ?cap+ella|acapella)(?: .*)?"), "a cappella"),
    (re.compile(r"sped up(?: .*)?|.* sped up|nightcore(?: .*)?|speed up(?: version)?"), "sped up"),
    (re.compile(r"(?:.* )?slowed(?: .*)?"), "slowed"),
    (re.compile(r"(?:.* )?(?:re ?recorded|rerecording|re recording)(?: .*)?|taylors version(?: .*)?"), "rerecorded"),
    (
        re.compile(r"(?:.* )?cover(?: version)?|cover by .*|(?:a )?tribute to .*|originally (?:performed )?by .*"),
        "cover",
    ),
    (re.compile(r"(?:.* )?(?:alternate|alternative|alt)(?: (?:take|version|mix)(?: \d+)?)"), "alternate"),
    (re.compile(r"(?:.* )?(?:orchestral|orchestra|symphonic)(?: (?:version|mix))?"), "orchestral"),
    (re.compile(r"stripped(?: .*)?|.* stripped"), "stripped"),
    (re.compile(r"rehearsal(?: .*)?|(?:studio )?outtake(?: .*)?|take \d+"), "outtake"),
)
_EXTENDED: Final = re.compile(r"(?:.* )?(?:extended|club|12 ?(?:inch)?|maxi)(?: (?:mix|version|edit|remix|vocal mix))?")
_REMIX: Final = re.compile(
    r"(?P<by>.*?)\b(?:remix|remixes|rmx|mix|rework|reworked|bootleg|flip|refix|edit|dub|vip|remake|mashup)"
    r"(?: (?:version|edit|by (?P<after>.+)|\d+))*"
)
_OTHER_VERSION: Final = re.compile(r"(?P<what>(?:\w+ ){1,3})(?:version|versao|versione|versie|fassung|rendition)")
_EXTENDING: Final = frozenset({"extended", "club", "12", "inch", "maxi", "vocal", "mix", "remix", "re"})


@lru_cache(maxsize=16_384)
def is_noise(words: str) -> bool:
    """Tell whether a folded fragment says nothing of which recording it is."""
    parts = words.split()
    left = [part for part in parts if part not in _NOISE and not _YEAR.fullmatch(part)]
    if not left:
        return any(part in _TELLING for part in parts) or _is_dated(parts)
    return _FROM_SCREEN.fullmatch(words) is not None


def _is_dated(parts: list[str]) -> bool:
    """Tell whether it is a year's mix or version ("2019 Mix"), and not a number that a title ends in."""
    return parts[-1] in {"mix", "version"} and any(len(part) == 4 and _YEAR.match(part) for part in parts)


@lru_cache(maxsize=16_384)
def version_of(words: str) -> tuple[str, ...]:
    """Return the canonical words for the version that a folded fragment names, empty where it names none."""
    found = [name for pattern, name in _KINDS if pattern.fullmatch(words)]
    if _LIVE.fullmatch(words):
        found.append("live")
    if found:
        return tuple(sorted(found))
    remix = _REMIX.fullmatch(words)
    extended = _EXTENDED.fullmatch(words) is not None
    if remix is None:
        other = _OTHER_VERSION.fullmatch(words)
        return ("extended",) if extended else (other["what"].strip(),) if other else ()
    by = f"{remix['by']} {remix['after'] or ''}".split()
    remixer = " ".join(word for word in by if word not in _NOISE | _EXTENDING and not _YEAR.fullmatch(word))
    if extended:
        return ("extended", f"{remixer} remix") if remixer else ("extended",)
    return (f"{remixer} remix".strip(),)


def qualifier_of(fragment: str) -> tuple[str, ...] | None:
    """Return the version that a fragment names: none for noise, and None where it is a part of the title."""
    words = fold(fragment)
    if is_noise(words):
        return ()
    return version_of(words) or None
