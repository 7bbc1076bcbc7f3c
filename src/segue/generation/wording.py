"""Styles and words: what collections call music, in the composer's styles; and styles as people call them."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from segue.music.styles import STYLE_NAMES, StyleName

_NAMES: Final[dict[StyleName, str]] = {
    "drum_and_bass": "drum and bass",
    "hip_hop": "hip hop",
    "bossa": "bossa nova",
    "swing_jazz": "swing",
    "a_cappella": "a cappella",
}
#: Words in a tag, and which styles they mean, how much. A tag's longest phrase counts alone.
_MEANINGS: Final[dict[str, dict[StyleName, float]]] = {
    "a cappella": {"a_cappella": 1.0},
    "acoustic": {"folk": 0.7, "ballad": 0.3},
    "afrobeat": {"funk": 0.5, "latin": 0.5},
    "afrobeats": {"latin": 0.6, "pop": 0.4},
    "alternative": {"rock": 0.8, "pop": 0.2},
    "ambient": {"ambient": 1.0},
    "americana": {"folk": 0.8, "blues": 0.2},
    "bachata": {"latin": 1.0},
    "ballad": {"ballad": 1.0},
    "baroque": {"orchestral": 1.0},
    "bluegrass": {"folk": 1.0},
    "blues": {"blues": 1.0},
    "boom bap": {"hip_hop": 1.0},
    "bossa nova": {"bossa": 1.0},
    "breakbeat": {"drum_and_bass": 0.7, "funk": 0.3},
    "chamber": {"orchestral": 1.0},
    "chanson": {"ballad": 0.6, "folk": 0.4},
    "chill": {"ambient": 0.4, "hip_hop": 0.6},
    "chillout": {"ambient": 0.6, "house": 0.4},
    "chillwave": {"synthwave": 0.6, "ambient": 0.4},
    "choir": {"a_cappella": 0.6, "orchestral": 0.4},
    "cinematic": {"orchestral": 0.8, "ambient": 0.2},
    "classical": {"orchestral": 1.0},
    "country": {"folk": 0.6, "rock": 0.4},
    "dance": {"house": 0.8, "pop": 0.2},
    "death metal": {"metal": 1.0},
    "deep house": {"house": 1.0},
    "disco": {"funk": 0.5, "house": 0.5},
    "downtempo": {"ambient": 0.5, "hip_hop": 0.5},
    "dream pop": {"ambient": 0.3, "pop": 0.4, "rock": 0.3},
    "drone": {"ambient": 1.0},
    "drum and bass": {"drum_and_bass": 1.0},
    "drum n bass": {"drum_and_bass": 1.0},
    "dnb": {"drum_and_bass": 1.0},
    "dub": {"reggae": 0.8, "ambient": 0.2},
    "dubstep": {"trap": 0.5, "drum_and_bass": 0.5},
    "easy listening": {"bossa": 0.5, "ballad": 0.5},
    "edm": {"house": 0.7, "pop": 0.3},
    "electro": {"techno": 0.5, "house": 0.5},
    "electronic": {"house": 0.4, "techno": 0.3, "synthwave": 0.3},
    "electronica": {"house": 0.4, "techno": 0.3, "ambient": 0.3},
    "electropop": {"synthwave": 0.5, "pop": 0.5},
    "emo": {"rock": 1.0},
    "experimental": {"ambient": 0.7, "techno": 0.3},
    "film": {"orchestral": 1.0},
    "flamenco": {"latin": 0.7, "folk": 0.3},
    "folk": {"folk": 1.0},
    "funk": {"funk": 1.0},
    "fusion": {"funk": 0.5, "swing_jazz": 0.5},
    "garage": {"rock": 0.6, "house": 0.4},
    "gospel": {"ballad": 0.5, "a_cappella": 0.5},
    "grime": {"trap": 0.7, "drum_and_bass": 0.3},
    "grunge": {"rock": 0.8, "metal": 0.2},
    "hard rock": {"rock": 0.7, "metal": 0.3},
    "hardcore": {"metal": 0.6, "rock": 0.4},
    "heavy metal": {"metal": 1.0},
    "hip hop": {"hip_hop": 1.0},
    "house": {"house": 1.0},
    "idm": {"techno": 0.5, "ambient": 0.5},
    "indie": {"rock": 0.6, "pop": 0.4},
    "indie folk": {"folk": 1.0},
    "indie pop": {"pop": 0.6, "rock": 0.4},
    "industrial": {"techno": 0.6, "metal": 0.4},
    "instrumental": {},
    "j pop": {"pop": 0.8, "synthwave": 0.2},
    "jazz": {"swing_jazz": 1.0},
    "jungle": {"drum_and_bass": 1.0},
    "k pop": {"pop": 0.8, "house": 0.2},
    "latin": {"latin": 1.0},
    "lo fi": {"hip_hop": 1.0},
    "lofi": {"hip_hop": 1.0},
    "lounge": {"bossa": 0.6, "swing_jazz": 0.4},
    "metal": {"metal": 1.0},
    "metalcore": {"metal": 1.0},
    "minimal": {"techno": 0.7, "house": 0.3},
    "mpb": {"bossa": 1.0},
    "neo soul": {"funk": 0.4, "hip_hop": 0.6},
    "new age": {"ambient": 1.0},
    "new wave": {"synthwave": 0.6, "rock": 0.4},
    "opera": {"orchestral": 1.0},
    "orchestral": {"orchestral": 1.0},
    "piano": {"ballad": 0.6, "orchestral": 0.4},
    "pop": {"pop": 1.0},
    "post punk": {"rock": 0.7, "synthwave": 0.3},
    "post rock": {"rock": 0.6, "ambient": 0.4},
    "progressive": {"rock": 0.6, "house": 0.4},
    "psychedelic": {"rock": 0.7, "ambient": 0.3},
    "punk": {"rock": 1.0},
    "r b": {"hip_hop": 0.5, "pop": 0.3, "funk": 0.2},
    "rap": {"hip_hop": 0.6, "trap": 0.4},
    "reggae": {"reggae": 1.0},
    "reggaeton": {"latin": 0.7, "trap": 0.3},
    "rock": {"rock": 1.0},
    "rock and roll": {"blues": 0.5, "rock": 0.5},
    "rnb": {"hip_hop": 0.5, "pop": 0.3, "funk": 0.2},
    "salsa": {"latin": 1.0},
    "samba": {"bossa": 0.5, "latin": 0.5},
    "shoegaze": {"rock": 0.7, "ambient": 0.3},
    "singer songwriter": {"folk": 0.7, "ballad": 0.3},
    "ska": {"reggae": 0.7, "rock": 0.3},
    "soul": {"funk": 0.6, "ballad": 0.4},
    "soundtrack": {"orchestral": 1.0},
    "swing": {"swing_jazz": 1.0},
    "symphony": {"orchestral": 1.0},
    "synth": {"synthwave": 1.0},
    "synth pop": {"synthwave": 0.6, "pop": 0.4},
    "synthpop": {"synthwave": 0.6, "pop": 0.4},
    "synthwave": {"synthwave": 1.0},
    "tango": {"latin": 1.0},
    "tech house": {"house": 0.6, "techno": 0.4},
    "techno": {"techno": 1.0},
    "thrash": {"metal": 1.0},
    "trance": {"techno": 0.5, "house": 0.5},
    "trap": {"trap": 1.0},
    "trip hop": {"hip_hop": 0.7, "ambient": 0.3},
    "vaporwave": {"synthwave": 0.7, "ambient": 0.3},
    "vocal": {},
    "world": {"latin": 0.5, "folk": 0.5},
}
_LONGEST: Final = max(len(phrase.split()) for phrase in _MEANINGS)
_LETTERS: Final = re.compile(r"[^a-z0-9]+")


def styles_in_words(tags: Mapping[str, float]) -> dict[StyleName, float]:
    """Return which styles tags mean, as shares that sum to 1; empty where none means any."""
    weights: dict[StyleName, float] = defaultdict(float)
    for tag, weight in tags.items():
        meaning = _meaning(tag)
        for style, share in meaning.items():
            weights[style] += share * weight / sum(meaning.values())
    total = sum(weights.values())
    return {style: weight / total for style, weight in weights.items()} if total > 0 else {}


def style_in_words(style: StyleName) -> str:
    """Return how people call a style."""
    return _NAMES.get(style, style.replace("_", " "))


def _meaning(tag: str) -> Mapping[StyleName, float]:
    """Return what the longest phrases of a tag mean together: ``dark techno`` is techno, ``jazz-funk`` both."""
    words = [word for word in _LETTERS.split(tag.casefold()) if word]
    found: dict[StyleName, float] = defaultdict(float)
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            phrase = " ".join(words[place : place + length])
            known = _MEANINGS.get(phrase)
            if known is None and phrase in STYLE_NAMES:
                known = {phrase: 1.0}
            if known is not None:
                for style, share in known.items():
                    found[style] += share
                place += length - 1
                break
        place += 1
    return found
