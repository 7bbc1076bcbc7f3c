"""An ACE-Step 1.5 server on this machine, as its API documentation describes it; it makes noise, or fails when told."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import soundfile

TASK = "550e8400-e29b-41d4-a716-446655440000"


@dataclass
class AceStep:
    """What it does, and what was asked of it.

    Attributes
    ----------
    states
        The task's status, one an answer; the last one stays.
    status
        Of every answer, where it is not 200.
    file
        What it says where the song lies, instead of where it does.
    seconds
        How much it makes, instead of what was asked for.
    """

    url: str = ""
    key: str = ""
    states: list[int] = field(default_factory=lambda: [0, 0, 1])
    status: int = 200
    error: str | None = None
    file: str | None = None
    seconds: float | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    def release(self, content_type: str, body: bytes) -> dict[str, Any]:
        """Take a task, as JSON or as a form with files."""
        if content_type.startswith("application/json"):
            self.asked = json.loads(body)
        else:
            form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
            for part in form.get_payload():  # type: ignore[union-attr] # a form is made of parts
                name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]
                value = part.get_payload(decode=True)  # type: ignore[union-attr]
                assert isinstance(value, bytes)
                if part.get_filename():  # type: ignore[union-attr]
                    self.uploads[name] = value
                else:
                    self.asked[name] = value.decode()
        return {"task_id": TASK, "status": "queued", "queue_position": 1}

    def query(self, body: bytes) -> list[dict[str, Any]]:
        """Tell of the tasks that are asked after."""
        assert json.loads(body) == {"task_id_list": [TASK]}
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        songs = [
            {
                "file": self.file or "/v1/audio?path=%2Ftmp%2Fapi_audio%2Fsong.flac",
                "wave": "",
                "status": state,
                "create_time": 1_700_000_000,
                "env": "development",
                "prompt": self.asked["prompt"],
                "lyrics": self.asked["lyrics"],
                "metas": {"bpm": 120, "duration": 30, "genres": "", "keyscale": "C Major", "timesignature": "4"},
                "seed_value": str(self.asked["seed"]),
                "lm_model": "acestep-5Hz-lm-0.6B",
                "dit_model": "acestep-v15-turbo",
            }
        ]
        return [{"task_id": TASK, "status": state, "result": json.dumps(songs if state == 1 else [])}]

    def song(self) -> bytes:
        """Make the song: noise of its seed, after the source where it is painted on."""
        random = np.random.default_rng(int(self.asked["seed"]))
        samples = 0.1 * random.standard_normal((round(float(self.seconds or self.asked["audio_duration"]) * 48_000), 2))
        if self.asked.get("task_type") == "repaint":
            source, rate = soundfile.read(io.BytesIO(self.uploads["src_audio"]), always_2d=True)
            assert rate == 48_000
            samples[: len(source)] = source
        file = io.BytesIO()
        soundfile.write(file, samples, 48_000, format="FLAC")
        return file.getvalue()


@contextmanager
def serving(acestep: AceStep) -> Iterator[AceStep]:
    """Serve it over HTTP on the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            acestep.paths.append(self.path)
            if acestep.key and self.headers.get("Authorization") != f"Bearer {acestep.key}":
                self._answer(401, b'{"detail": "Invalid API key"}')
                return
            if acestep.status != 200:
                self._answer(acestep.status, b'{"detail": "told to"}')
                return
            data: Any = (
                acestep.release(self.headers["Content-Type"], body)
                if self.path == "/release_task"
                else acestep.query(body)
            )
            wrapped = {"data": data, "code": 200, "error": acestep.error, "timestamp": 1_700_000_000_000, "extra": None}
            self._answer(200, json.dumps(wrapped).encode())

        def do_GET(self) -> None:
            acestep.paths.append(self.path)
            place = urlsplit(self.path)
            known = place.path == "/v1/audio" and parse_qs(place.query) == {"path": ["/tmp/api_audio/song.flac"]}
            self._answer(200 if known else 404, acestep.song() if known else b"{}")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    acestep.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield acestep
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
