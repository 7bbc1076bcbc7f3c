"""A Replicate on this machine: it parts a song or makes one, and fails, dawdles or lies when told to."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import soundfile
import soxr

from segue.audio.signal import FloatArray

SHARES = {"vocals": 0.5, "drums": 0.3, "bass": 0.1, "other": 0.1}
TIME = "2026-11-20T08:00:00.000Z"


@dataclass
class Exchange:
    """A request and its answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


@dataclass
class Replicate:
    """What it does, and what was asked of it.

    Attributes
    ----------
    statuses
        What the prediction's states are, one an answer; the last one stays.
    failures
        For a method and path: the answers' statuses and headers, before it works.
    outputs
        The output that a prediction ends with, instead of the stems' addresses.
    results
        For a path below ``/output``: the answer's status, headers and body, instead of a stem.
    make
        Makes sound of a prediction's input and what was uploaded last, instead of stems.
    """

    url: str = ""
    statuses: list[str] = field(default_factory=lambda: ["starting", "processing", "succeeded"])
    error: str | None = None
    failures: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    outputs: Any = None
    results: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    make: Callable[[dict[str, Any], bytes], bytes] | None = None
    uploaded: bytes = b""
    stems: dict[str, bytes] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)

    def asked(self) -> list[str]:
        """Return the methods and paths that were asked for, in order."""
        return [f"{exchange.method} {exchange.path}" for exchange in self.exchanges]

    def prediction(self) -> dict[str, Any]:
        """Return the prediction in its next state."""
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        ended = self.outputs or {name: f"{self.url}/output/{name}.flac" for name in self.stems}
        return {
            "id": "gm3qorzdhgbfurvjtvhg6dckhu",
            "model": "cjwbw/demucs",
            "version": "25a173108cff36ef9f80f854c162d01df9e6528be175794b81158fa03836d953",
            "input": {},
            "logs": "",
            "output": ended if status == "succeeded" else None,
            "error": self.error if status == "failed" else None,
            "status": status,
            "created_at": TIME,
            "source": "api",
            "data_removed": False,
            "urls": {name: f"{self.url}/v1/predictions/x/{name}" for name in ("web", "get", "cancel")},
        }

    def keep(self, content_type: str, body: bytes) -> dict[str, Any]:
        """Take an uploaded song, part it at once, and return what is said of the file."""
        form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        (part,) = form.get_payload()  # type: ignore[misc] # a form is made of parts
        assert part.get_param("name", header="content-disposition") == "content"  # type: ignore[union-attr]
        song = part.get_payload(decode=True)  # type: ignore[union-attr]
        assert isinstance(song, bytes)
        self.uploaded = song
        if self.make is None:
            self.stems = parted(song)
        return {
            "id": "cneqzikepnug6xezperrr4z55o",
            "content_type": "audio/flac",
            "size": len(song),
            "checksums": {},
            "metadata": {},
            "created_at": TIME,
            "expires_at": TIME,
            "urls": {"get": f"{self.url}/v1/files/cneqzikepnug6xezperrr4z55o"},
        }


def parted(song: bytes) -> dict[str, bytes]:
    """Part a song by fixed shares, at 44.1 kHz and in stereo, as Demucs writes."""
    samples, rate = soundfile.read(io.BytesIO(song), dtype="float32", always_2d=True)
    mix = np.broadcast_to(soxr.resample(samples, rate, 44_100), (-(-len(samples) * 44_100 // rate), 2))
    return {stem: flac(np.float32(share) * mix) for stem, share in SHARES.items()}


def flac(samples: FloatArray) -> bytes:
    """Return ``(samples, channels)`` as a file."""
    file = io.BytesIO()
    soundfile.write(file, samples, 44_100, format="FLAC", subtype="PCM_24")
    return file.getvalue()


@contextmanager
def serving(replicate: Replicate) -> Iterator[Replicate]:
    """Serve it over HTTP on the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers["Authorization"] != "Bearer r8_token":
                status, headers, answer = 401, {}, b'{"detail": "You did not pass a valid authentication token"}'
            else:
                status, headers, answer = self._answer(body)
            path = self.path.removeprefix("/v1")
            told = json.loads(body) if self.headers.get("Content-Type") == "application/json" else None
            heard = json.loads(answer) if answer.startswith(b"{") else None
            replicate.exchanges.append(Exchange(self.command, path, dict(self.headers), told, status, heard))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - the library's names

        def _answer(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            asked = f"{self.command} {self.path.removeprefix('/v1')}"
            for beginning, failures in replicate.failures.items():
                if failures and asked.startswith(beginning):
                    status, headers = failures.pop(0)
                    return status, headers, json.dumps({"detail": f"told to say {status}"}).encode()
            if asked.startswith("GET /output/"):
                name = asked.removeprefix("GET /output/")
                return replicate.results.get(name) or (200, {}, replicate.stems[name.removesuffix(".flac")])
            if asked == "POST /files":
                return 201, {}, json.dumps(replicate.keep(self.headers["Content-Type"], body)).encode()
            if asked.startswith("DELETE /files/"):
                return 204, {}, b""
            if asked.endswith("/cancel"):
                replicate.statuses = ["canceled"]
            if asked == "POST /predictions" and replicate.make is not None:
                sound = replicate.make(json.loads(body)["input"], replicate.uploaded)
                replicate.outputs = f"{replicate.url}/output/window.wav"
                replicate.results["window.wav"] = (200, {}, sound)
            return 201 if asked == "POST /predictions" else 200, {}, json.dumps(replicate.prediction()).encode()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    replicate.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield replicate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
