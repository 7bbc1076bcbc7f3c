"""A push service and a browser on this machine: what the one is posted, the other decrypts as RFC 8291 has it."""

import struct
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segue.kit.push import Target


@dataclass(frozen=True)
class Browser:
    """A subscription with the keys that never leave the browser."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen letters!"

    @property
    def endpoint(self) -> str:
        return f"https://fcm.googleapis.com/fcm/send/{self.name}"

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def target(self) -> Target:
        return Target(self.endpoint, encoded(self.public), encoded(self.secret))

    def as_json(self) -> dict[str, object]:
        """As `PushSubscription.toJSON()` has it."""
        keys = {"p256dh": self.target.p256dh, "auth": self.target.auth}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def decrypt(self, body: bytes) -> bytes:
        """Return what was sent (RFC 8291, 3; RFC 8188, 2)."""
        salt, (record_size, key_length) = body[:16], struct.unpack("!LB", body[16:21])
        sender, sealed = body[21 : 21 + key_length], body[21 + key_length :]
        assert len(sealed) <= record_size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + self.public + sender
        material = HKDF(SHA256(), 32, self.secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(material)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert padded.endswith(b"\x02")
        return padded[:-1]


@dataclass
class Posted:
    """A request as it arrived."""

    host: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class LocalPushService:
    """What it was posted, and what it answers: by the last part of the path, each once; 201 otherwise."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)

    def to(self, browser: Browser) -> list[Posted]:
        return [one for one in self.posted if one.path.endswith(f"/{browser.name}")]


class LocalTransport(httpx.AsyncHTTPTransport):
    """Takes whatever is sent to a push service to the local one, over real HTTP."""

    def __init__(self, service: LocalPushService) -> None:
        super().__init__()
        self._service = service

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["X-Host"] = request.url.host
        request.url = httpx.URL(self._service.url + request.url.raw_path.decode())
        return await super().handle_async_request(request)


@contextmanager
def local_push_service() -> Iterator[LocalPushService]:
    """Run one."""
    service = LocalPushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.posted.append(Posted(headers["x-host"], self.path, headers, body))
            answers = service.answers.get(self.path.rsplit("/", 1)[-1], [])
            self.send_response(answers.pop(0) if answers else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
