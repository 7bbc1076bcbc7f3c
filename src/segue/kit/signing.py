"""URLs that open something for whoever holds them, until they expire."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from segue.kit.errors import Forbidden

_EXPIRES = "expires"
_SIGNATURE = "signature"


class UrlSigner:
    """Signs a path and its parameters with HMAC-SHA-256 (RFC 2104).

    Parameters
    ----------
    secret
        The installation's secret; the key is derived from it for this purpose alone.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"segue: signed URLs", hashlib.sha256)

    def sign(self, path: str, *, expires_at: float, **parameters: str) -> str:
        """Return `path` with `parameters`, its expiry (seconds since the epoch) and a signature over all of it."""
        signed = {**parameters, _EXPIRES: str(int(expires_at))}
        return f"{path}?{urlencode({**signed, _SIGNATURE: self._signature(path, signed)})}"

    def verify(self, path: str, query: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters that `path` was signed with.

        Raises
        ------
        Forbidden
            If anything was changed, added or left out, or if it has expired.
        """
        signed = {name: value for name, value in query.items() if name != _SIGNATURE}
        given = query.get(_SIGNATURE, "").encode()
        if not hmac.compare_digest(given, self._signature(path, signed).encode()):
            raise Forbidden("This address is not signed by this server: ask for a new one")
        if int(signed[_EXPIRES]) < time.time():
            raise Forbidden("This address has expired: ask for a new one")
        return {name: value for name, value in signed.items() if name != _EXPIRES}

    def _signature(self, path: str, parameters: Mapping[str, str]) -> str:
        message = f"{path}?{urlencode(sorted(parameters.items()))}"
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()
