"""Web Push: messages to browsers whose page is closed, through the service that each browser trusts.

What is sent is encrypted for the browser (RFC 8291), signed by this installation (VAPID, RFC 8292), and posted to an
address that the browser gave: only to push services that the settings name, and never into this network.
"""

import asyncio
import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from webpush import WebPush
from webpush.types import WebPushSubscription
from webpush.vapid import VAPID

from segue.kit.addresses import is_public
from segue.kit.errors import InvalidRequest

#: What is to be decrypted in one piece holds 4096 bytes; its frame takes 103 of them (RFC 8291, 4).
MESSAGE_MAX_BYTES: Final = 3993
TIMEOUT_S: Final = 10.0
#: How long a push service keeps a message for a browser that is not there.
KEPT_S: Final = 2 * 24 * 3600
_TOKEN_S: Final = 12 * 3600
_ENDPOINT_MAX: Final = 2_000
_POINT_BYTES: Final = 65
_SECRET_BYTES: Final = 16


class Outcome(Enum):
    """What came of a message."""

    SENT = "sent"
    #: The browser is subscribed no more.
    GONE = "gone"
    #: The service is busy, or down: it may take the message another time.
    LATER = "later"
    #: The service will not have it, whenever it is sent.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Target:
    """A browser's subscription: where to post, and its keys, as its ``PushSubscription.toJSON()`` has them."""

    endpoint: str
    p256dh: str
    auth: str


class VapidKey:
    """The key by which push services know an installation.

    Parameters
    ----------
    private_key
        The 32 bytes of a P-256 key, in base64url.
    """

    def __init__(self, private_key: str) -> None:
        try:
            number = int.from_bytes(_decoded(private_key))
            self._key = ec.derive_private_key(number, ec.SECP256R1())
        except ValueError as error:
            raise InvalidRequest("SEGUE_PUSH_PRIVATE_KEY is no P-256 key: 32 bytes in base64url.") from error

    @classmethod
    def new(cls) -> "VapidKey":
        """Make a key."""
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return cls(_encoded(number.to_bytes(32)))

    @property
    def private_key(self) -> str:
        """The key, as the constructor takes it."""
        return _encoded(self._key.private_numbers().private_value.to_bytes(32))

    @property
    def public_key(self) -> str:
        """What a page gives its browser as ``applicationServerKey``."""
        return str(VAPID.get_application_server_key(self._key.public_key()))

    def signer(self, contact: str) -> WebPush:
        """Return what encrypts and signs messages; `contact` is an email address for the services' operators."""
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return WebPush(private, public, subscriber=contact, ttl=KEPT_S, expiration=_TOKEN_S)


def check_target(target: Target, hosts: Sequence[str]) -> None:
    """Refuse what is no subscription at a push service.

    Parameters
    ----------
    hosts
        The services; one that begins with ``*.`` stands for all below it.

    Raises
    ------
    InvalidRequest
        The message says what is wrong.
    """
    check_endpoint(target.endpoint, hosts)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(target.p256dh))
        whole = len(_decoded(target.p256dh)) == _POINT_BYTES and len(_decoded(target.auth)) == _SECRET_BYTES
    except ValueError:
        whole = False
    if not whole:
        raise InvalidRequest("`p256dh` and `auth` are no keys of a push subscription.")


def check_endpoint(endpoint: str, hosts: Sequence[str]) -> None:
    """Refuse an address that is not one of the push services'; see `check_target`."""
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise InvalidRequest("`endpoint` is no address.") from error
    plain = endpoint.isascii() and endpoint.isprintable() and len(endpoint) <= _ENDPOINT_MAX and " " not in endpoint
    if not plain or parts.scheme != "https" or port not in (None, 443) or parts.username or parts.password:
        raise InvalidRequest("`endpoint` must be a plain https address.")
    if not any(_covers(pattern, host) for pattern in hosts):
        raise InvalidRequest(f"{host or 'This'} is no push service that is known here: see SEGUE_PUSH_HOSTS.")


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:].lower()) and len(host) > len(pattern) - 1
    return host == pattern.lower()


class PublicTransport(httpx.AsyncHTTPTransport):
    """HTTP to hosts of the public network alone."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, unless its host is one of this network's."""
        if not await asyncio.to_thread(is_public, request.url.host):
            raise httpx.ConnectError(f"{request.url.host} is not on the public network", request=request)
        return await super().handle_async_request(request)


class Pusher:
    """Sends messages; close it, or use it in ``async with``.

    Parameters
    ----------
    key
        This installation's.
    contact
        An email address for the services' operators.
    hosts
        The push services; see `check_target`.
    """

    def __init__(self, key: VapidKey, *, contact: str, hosts: Sequence[str]) -> None:
        self._key = key
        self._contact = contact
        self._hosts = tuple(hosts)
        self._client = httpx.AsyncClient(
            transport=PublicTransport(), timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, target: Target, message: bytes, *, topic: str | None = None) -> Outcome:
        """Send a message of at most `MESSAGE_MAX_BYTES`.

        Parameters
        ----------
        topic
            At most 32 letters of base64url: a later message of the same topic replaces this one while it waits.
        """
        try:
            check_target(target, self._hosts)
        except InvalidRequest:
            return Outcome.REFUSED  # the settings have changed since it subscribed
        keys = {"auth": target.auth, "p256dh": target.p256dh}
        subscription = WebPushSubscription.model_validate({"endpoint": target.endpoint, "keys": keys})
        sealed = self._key.signer(self._contact).get(message, subscription)
        headers = {name: str(value) for name, value in sealed.headers.items()}
        headers |= {"urgency": "normal", "content-type": "application/octet-stream"}
        if topic is not None:
            headers["topic"] = topic
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._client.stream("POST", target.endpoint, content=sealed.encrypted, headers=headers) as answer,
            ):
                return _outcome_of(answer.status_code)
        except (httpx.HTTPError, TimeoutError):
            return Outcome.LATER


def _outcome_of(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.SENT
    if status in (404, 410):
        return Outcome.GONE
    if status == 429 or status >= 500:
        return Outcome.LATER
    return Outcome.REFUSED


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Return what base64url stands for; raises ValueError (or `binascii.Error`, which is one)."""
    if not text.isascii():
        raise binascii.Error("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
