"""Passwords: what is accepted, and argon2id (RFC 9106) beside the event loop."""

import asyncio
import unicodedata
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from segue.kit.errors import InvalidRequest

MIN_CHARACTERS = 8
#: argon2 takes any length; whoever sends more than this wants to keep us busy.
MAX_BYTES = 1024

_argon2id = PasswordHash((Argon2Hasher(),))


class WeakPassword(InvalidRequest):
    """The password would not protect anybody."""

    type = "weak-password"
    title = "Choose another password"


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that is too short, too long or the email itself.

    Raises
    ------
    WeakPassword
        With what to change.
    """
    if len(password) < MIN_CHARACTERS:
        raise WeakPassword(f"A password has at least {MIN_CHARACTERS} characters.")
    if len(password.encode(errors="surrogatepass")) > MAX_BYTES:
        raise WeakPassword(f"A password has at most {MAX_BYTES} bytes.")
    if len(set(password)) < 3:
        raise WeakPassword("A password is made of more than two different characters.")
    if password.casefold() in (email.casefold(), email.partition("@")[0].casefold()):
        raise WeakPassword("A password is not the email address.")


async def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`; about 0.15 s of a core."""
    return await asyncio.to_thread(_argon2id.hash, _normalised(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell whether `password` is the one that was hashed.

    Parameters
    ----------
    password_hash
        ``None`` if there is no such account, or none with a password: that takes as long and is never right, so that
        the time does not tell which emails are known.
    """
    if len(password.encode(errors="surrogatepass")) > MAX_BYTES:
        return False
    return await asyncio.to_thread(_verify, _normalised(password), password_hash)


def _verify(password: bytes, password_hash: str | None) -> bool:
    # Made whether or not it is needed: the first unknown email of a process is not to take longer than a known one.
    nobodys_hash = _nobodys_hash()
    try:
        right = _argon2id.verify(password, password_hash or nobodys_hash)
    except UnknownHashError:
        return False
    return right and password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _argon2id.hash("nobody's password")


def _normalised(password: str) -> bytes:
    """Return one encoding of what looks the same, whichever keyboard typed it (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
