"""Folding a name to what it has in common with its other spellings: no case, no accents, no punctuation."""

# ruff: noqa: RUF001 - signs that look alike are what this is about

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Letters that Unicode does not take apart, and how they are written where a keyboard has none.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
)
_APOSTROPHES: Final = "'’‘‛`´ʼʻʹ′＇"
_DROPPED: Final = str.maketrans(dict.fromkeys(f"{_APOSTROPHES}\u200b\u200c\u200d\u2060\ufeff™®©℗", ""))
# Marks that Latin, Greek and Cyrillic letters carry. Japanese dakuten (U+3099) and others make another letter: kept.
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_SIGNED: Final = re.compile(r"[&$!+.]")
_INITIALS: Final = re.compile(r"(?<![^\W_])((?:[^\W\d_]\.){2,}[^\W\d_]?)(?![^\W_])")
_DOLLAR: Final = re.compile(r"\$(?=[^\W\d_])|(?<=[^\W\d_])\$")
_BANG: Final = re.compile(r"(?<=[^\W\d_])!(?=[^\W\d_])")
_AND: Final = re.compile(r"&|(?<=\s)\+(?=\s)")
_N: Final = re.compile(r"(?<=\S )n(?= \S)")
#: Compatibility forms may be eighteen letters long; no index takes names of nothing else.
_LONGEST: Final = 300
_PLAIN: Final = re.compile(r"[a-z0-9 ]*")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Return the words of a name in a form that its spellings share.

    Case, accents, apostrophes and punctuation go; ``&`` is "and", ``$`` and ``!`` within words are the letters that
    they stand for ("A$AP", "P!nk"). A name of nothing but punctuation ("!!!", "÷") stays as it is.

    Returns
    -------
    str
        Words parted by single spaces; empty only where the text is blank. Folding it again changes nothing.
    """
    lower = lowered(text)
    words = _words_of(lower)
    return words or " ".join(lower.split()) or text.strip()


def lowered(text: str) -> str:
    """Return a text without case and compatibility forms (full width, ligatures), in NFC; punctuation stays.

    What its forms stand for may be longer; of a name that is then over the length that names have, the end is dropped.
    """
    if text.isascii():
        return text.lower()
    known = unicodedata.normalize("NFKC", text.translate(_DROPPED_SIGNS)).casefold()
    return unicodedata.normalize("NFKC", known)[: max(_LONGEST, len(text))]


#: Signs that compatibility forms would make letters of.
_DROPPED_SIGNS: Final = str.maketrans(dict.fromkeys("™℠", "") | {"´": "'"})


def _words_of(lower: str) -> str:
    text = lower.translate(_DROPPED)
    if _SIGNED.search(text):
        text = _INITIALS.sub(lambda found: found[1].replace(".", ""), text)
        text = _BANG.sub("i", _DOLLAR.sub("s", text))
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
        text = unicodedata.normalize("NFC", text)
    text = _AND.sub(" and ", text)
    if not _PLAIN.fullmatch(text):
        text = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return _N.sub("and", " ".join(text.split()))


def squeezed(folded: str) -> str:
    """Return a folded name without its spaces, by which it is looked up: "AC/DC" is "ACDC" there."""
    return folded.replace(" ", "")
