"""An npm registry on this machine that holds one package, and breaks off or lies when told to."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def tarball_of(files: dict[str, bytes]) -> bytes:
    """Return an npm package that holds these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@dataclass
class Registry:
    """The package, how it is served, and what was asked for."""

    name: str
    version: str
    tarball: bytes
    url: str = ""
    break_off_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    knows_ranges: bool = True
    asked: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return what the registry says of the package."""
        file = f"{self.name.rpartition('/')[2]}-{self.version}.tgz"
        integrity = base64.b64encode(hashlib.sha512(self.tarball).digest()).decode()
        dist = {"tarball": f"{self.url}/{self.name}/-/{file}", "integrity": f"sha512-{integrity}"}
        version = {"name": self.name, "version": self.version, "dist": dist}
        return {"name": self.name, "dist-tags": {"latest": self.version}, "versions": {self.version: version}}


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """Serve a registry over HTTP on the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range", "")
            registry.asked.append(f"{self.path} {span}".strip())
            if not self.path.endswith(".tgz"):
                self._send(200, json.dumps(registry.document()).encode())
                return
            if registry.statuses:
                self._send(registry.statuses.pop(0), b"")
                return
            start = int(span.removeprefix("bytes=").rstrip("-")) if span and registry.knows_ranges else 0
            self._send(206 if start else 200, registry.tarball[start:], start)

        def _send(self, status: int, body: bytes, start: int = 0) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 206:
                end = len(registry.tarball)
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
            self.end_headers()
            if registry.break_off_after and self.path.endswith(".tgz"):
                body = body[: registry.break_off_after.pop(0)]
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    registry.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
