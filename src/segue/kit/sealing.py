"""Secrets of others, such as tokens for their accounts elsewhere, sealed before they are stored."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from segue.kit.settings import Settings

#: The first byte of what is sealed this way.
_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12


class CannotUnseal(Exception):
    """What was sealed has been changed, belongs elsewhere, or was sealed under another secret key."""


class Sealer:
    """Seals with AES-256-GCM (NIST SP 800-38D), under a key that HKDF (RFC 5869) makes for this alone.

    Parameters
    ----------
    secret
        The installation's secret.
    """

    def __init__(self, secret: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"segue: sealed secrets").derive(secret)
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, *, bound_to: bytes) -> bytes:
        """Return `plain` sealed: it opens only together with `bound_to`, which names its place (a row, say)."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def unseal(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Return what was sealed.

        Raises
        ------
        CannotUnseal
            It is not as it was sealed, or was sealed for another place or with another secret.
        """
        version, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if version != _VERSION or len(nonce) < _NONCE_BYTES:
            raise CannotUnseal("This was not sealed here.")
        try:
            return self._cipher.decrypt(nonce, content, bound_to)
        except InvalidTag as error:
            raise CannotUnseal("This was sealed for another place, or with another secret key.") from error


def sealer_of(settings: Settings) -> Sealer:
    """Return what seals for this installation; `settings` are complete."""
    if settings.secret_key is None:
        raise ValueError("These settings have no secret key: complete() them first")
    return Sealer(settings.secret_key.get_secret_value().encode())
