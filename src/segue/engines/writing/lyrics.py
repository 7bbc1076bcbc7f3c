"""Lyrics: lines of wanted lengths that rhyme, from clauses and endings; a refrain comes back word for word."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from segue.engines.writing import Sound, Verse
from segue.engines.writing.phrases import CLAUSES, ENDINGS, FILLERS, Words
from segue.music.chance import chance, pick

#: How much rarer words of another mood are, for each step from -1 to 1.
_MOODY = 1.2
_USED = 0.05
_EXPLICIT_WEIGHT = 3.0
_SHORTEST_TWO_PARTS = 5
_LONGEST_SINGLE = 12


def write_lyrics(sound: Sound, verses: Sequence[Verse], seed: int, *, explicit: bool) -> tuple[tuple[str, ...], ...]:
    """Return the lines of each verse; see `segue.engines.writing.Writer.lyrics`."""
    poet = _Poet(sound, seed, explicit=explicit)
    written: dict[tuple[str, tuple[int, ...]], tuple[str, ...]] = {}
    lines = []
    for number, verse in enumerate(verses):
        # A refrain keeps its words; verses tell on.
        key = (verse.label if verse.returns else f"{verse.label} {number}", verse.syllables)
        if key not in written:
            written[key] = poet.verse(verse)
        lines.append(written[key])
    return tuple(lines)


class _Poet:
    """Draws words by mood, seldom the same twice."""

    def __init__(self, sound: Sound, seed: int, *, explicit: bool) -> None:
        self._rng = chance(seed, "lyrics")
        self._mood = 0.0 if sound.valence is None else 2.0 * sound.valence - 1.0
        self._explicit = explicit
        self._used: set[str] = set()

    def verse(self, verse: Verse) -> tuple[str, ...]:
        """Return lines of which two and two rhyme, all of what returns; there the first comes again as the third."""
        lines: list[str] = []
        rhyme = ""
        for number, syllables in enumerate(verse.syllables):
            if number == 0 or (number % 2 == 0 and not verse.returns):
                rhyme = pick(self._rng, [name for name in ENDINGS if name != rhyme])
            if verse.returns and number == 2 and verse.syllables[0] == syllables:
                lines.append(lines[0])
                continue
            lines.append(self._line(syllables, rhyme))
        return tuple(lines)

    def _line(self, syllables: int, rhyme: str) -> str:
        """Return a line of so many syllables, the last of which rhyme where there is room for it."""
        if syllables > _LONGEST_SINGLE:
            first = syllables // 2
            later = self._line(syllables - first, rhyme)
            return f"{self._line(first, pick(self._rng, list(ENDINGS)))}, {_uncapitalised(later)}"
        if syllables < _SHORTEST_TWO_PARTS:
            return _sentence(self._drawn(self._short(syllables, rhyme)))
        ways = self._ways(syllables, rhyme) or self._ways(syllables - 1, rhyme) or self._short(syllables, rhyme)
        return _sentence(self._drawn(ways))

    def _ways(self, syllables: int, rhyme: str) -> list[list[Words]]:
        """Return all lines of a clause and an ending, with something before it where they are a little short."""
        ways = []
        for clause in self._allowed(CLAUSES):
            for ending in ENDINGS[rhyme]:
                short = syllables - clause.syllables - ending.syllables
                if short == 0:
                    ways.append([clause, ending])
                ways += [[filler, clause, ending] for filler in FILLERS if filler.syllables == short]
                if short >= 3:
                    ways += [
                        [clause, other, ending]
                        for other in self._allowed(CLAUSES)
                        if other.syllables == short and other != clause
                    ]
        return ways

    def _short(self, syllables: int, rhyme: str) -> list[list[Words]]:
        """Return what a short line can be: an ending, a clause, or a single word."""
        found = [[words] for words in (*ENDINGS[rhyme], *self._allowed(CLAUSES)) if words.syllables == syllables]
        return found or [[words] for words in FILLERS if words.syllables <= max(1, syllables)]

    def _allowed(self, words: Iterable[Words]) -> list[Words]:
        return [one for one in words if self._explicit or not one.explicit]

    def _drawn(self, ways: Sequence[list[Words]]) -> list[Words]:
        weights = np.array([math.prod(map(self._weight, way)) for way in ways])
        chosen = ways[int(self._rng.choice(len(ways), p=weights / weights.sum()))]
        self._used.update(words.text for words in chosen)
        return chosen

    def _weight(self, words: Words) -> float:
        weight = math.exp(-_MOODY * abs(words.mood - self._mood))
        weight *= _EXPLICIT_WEIGHT if words.explicit else 1.0
        return weight * (_USED if words.text in self._used else 1.0)


def _uncapitalised(line: str) -> str:
    """Return a line as the second half of one; I stays what it is."""
    return line if line.startswith(("I ", "I'")) else line[0].lower() + line[1:]


def _sentence(words: Sequence[Words]) -> str:
    """Return words as a line: it begins with a capital."""
    text = " ".join(one.text for one in words)
    return text[0].upper() + text[1:]
