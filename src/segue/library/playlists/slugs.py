"""The addresses of public playlists."""

import re
import secrets
from typing import Final

#: Letters and digits that are not mistaken for each other: 74 bits of them are guessed by nobody.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_SECRET_LETTERS: Final = 15


def new_slug(name: str) -> str:
    """Return the end of an address: the name, as far as an address can tell it, and what nobody guesses."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LETTERS))
    return f"{words}-{secret}" if words else secret
