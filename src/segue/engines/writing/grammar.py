"""A seeded grammar: templates whose gaps are filled with words that fit the music's mood and style."""

import math
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from segue.engines.writing import Sound
from segue.engines.writing.words import STYLE_THEMES, THEMES, TIMES, Theme
from segue.music.chance import pick

_GAP: Final = re.compile(r"\{(\w+)\}")
#: Written small within titles.
_SMALL: Final = frozenset({"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with"})
#: How far moods may lie from a theme's before its words become rare.
_NEARNESS: Final = 0.3
_STYLE_BOOST: Final = (4.0, 3.0, 2.0)
_VOWELS: Final = "aeiou"


class Lexicon:
    """The words for some music, drawn by one stream of chance; no word comes twice in one phrase."""

    def __init__(self, sound: Sound, rng: np.random.Generator) -> None:
        self._rng = rng
        self._themes = tuple(THEMES.values())
        self._weights = _theme_weights(sound)

    def fill(self, template: str) -> str:
        """Return a template with its gaps filled: ``{noun} {nouns} {mass} {adjective} {stem} {time}``."""
        used: set[str] = set()
        return _GAP.sub(lambda gap: self._word(gap[1], used), template)

    def _word(self, kind: str, used: set[str]) -> str:
        while True:
            word = self._draw(kind)
            if word not in used:
                break
        used.add(word)
        return plural(word) if kind == "nouns" else word

    def _draw(self, kind: str) -> str:
        if kind == "time":
            return pick(self._rng, TIMES)
        theme = pick(self._rng, self._themes, self._weights)
        return pick(self._rng, _of_kind(theme, kind))


def _of_kind(theme: Theme, kind: str) -> Sequence[str]:
    match kind:
        case "noun" | "nouns":
            return theme.nouns
        case "mass":
            return theme.masses
        case "adjective":
            return theme.adjectives
        case "stem":
            return theme.stems
    raise ValueError(f"{kind!r} is no kind of word")


def _theme_weights(sound: Sound) -> tuple[float, ...]:
    """Return how likely words of each theme are: near the music's mood, and liked by its styles."""
    boosts = dict.fromkeys(THEMES, 1.0)
    whole = sum(sound.styles.values()) or 1.0
    for style, weight in sound.styles.items():
        for theme, boost in zip(STYLE_THEMES[style], _STYLE_BOOST, strict=True):
            boosts[theme] += boost * weight / whole
    return tuple(boosts[name] * _nearness(theme, sound) for name, theme in THEMES.items())


def _nearness(theme: Theme, sound: Sound) -> float:
    pairs = ((theme.energy, sound.energy), (theme.valence, sound.valence))
    squares = sum((own - asked) ** 2 for own, asked in pairs if asked is not None)
    return 0.02 + math.exp(-squares / (2 * _NEARNESS**2))


def plural(noun: str) -> str:
    """Return the plural of a noun that has a regular one.

    >>> plural("ferry"), plural("torch"), plural("wolf")
    ('ferries', 'torches', 'wolves')
    """
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return f"{noun[:-1]}ies"
    if noun.endswith("lf"):
        return f"{noun[:-1]}ves"
    return f"{noun}s"


def titled(phrase: str) -> str:
    """Return a phrase as titles are written: words begin with capitals, little ones within it do not.

    >>> titled("a letter to the island")
    'A Letter to the Island'
    """
    words = _with_articles(phrase).split(" ")
    return " ".join(word if n and word in _SMALL else word[:1].upper() + word[1:] for n, word in enumerate(words))


def _with_articles(phrase: str) -> str:
    """Return a phrase with "an" for "a" where a vowel is heard after it."""
    return re.sub(r"\b([Aa]) (?=[aeioAEIO]|un(?!i))", r"\1n ", phrase)


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
