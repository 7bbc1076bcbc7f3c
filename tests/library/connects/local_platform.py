"""A platform on this machine, over real HTTP: what every one of them shares."""

import hashlib
import json
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Reply = tuple[int, dict[str, str], Any]


@dataclass
class Call:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass
class LocalPlatform:
    """What it was asked, and how it is told to fail.

    Attributes
    ----------
    interruptions
        For a path: what is answered before it works.
    always
        What is answered to everything.
    complaints
        What a platform would not have taken; a test ends with none.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    replies: list[tuple[Call, int, Any]] = field(default_factory=list)
    interruptions: dict[str, list[Reply]] = field(default_factory=dict)
    always: Reply | None = None
    complaints: list[str] = field(default_factory=list)

    def answer(self, call: Call) -> Reply:
        raise NotImplementedError

    def asked(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def demand(self, condition: bool, complaint: str) -> None:
        """Complain, and go on."""
        if not condition:
            self.complaints.append(complaint)

    def _reply(self, call: Call) -> Reply:
        self.calls.append(call)
        if self.always is not None:
            return self.always
        if self.interruptions.get(call.path):
            return self.interruptions[call.path].pop(0)
        try:
            return self.answer(call)
        except Exception as error:
            self.complaints.append(f"{call.method} {call.path} {call.query}: {error!r}")
            return 500, {}, {"error": "the stand-in fell over"}

    @contextmanager
    def serving(self) -> Iterator["LocalPlatform"]:
        """Serve over HTTP on the loopback address."""
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                parts = urlsplit(self.path)
                call = Call(
                    self.command, parts.path, dict(parse_qsl(parts.query)), dict(parse_qsl(body)), dict(self.headers)
                )
                status, headers, answer = platform._reply(call)
                platform.replies.append((call, status, answer))
                content = json.dumps(answer).encode() if not isinstance(answer, bytes) else answer
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass
class OAuthPlatform(LocalPlatform):
    """A platform with OAuth 2, that takes PKCE by S256 only, gives codes and (if it rotates) refresh tokens once.

    Attributes
    ----------
    grants
        Refresh tokens that are good.
    access
        Access tokens that are good.
    """

    client_id: str = "client"
    client_secret: str | None = None
    rotates: bool = True
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    grants: set[str] = field(default_factory=set)
    access: set[str] = field(default_factory=set)
    expires_in: int = 3600

    def consent(self, authorize_url: str) -> str:
        """Do what a person does on the platform's page: look, allow, be sent back; return the address."""
        asked = dict(parse_qsl(urlsplit(authorize_url).query))
        self.demand(asked.get("response_type") == "code", "no code is asked for")
        self.demand(asked.get("client_id") == self.client_id, "the client is unknown")
        self.demand(asked.get("code_challenge_method") == "S256", "no PKCE with S256")
        self.demand(len(asked.get("state", "")) >= 32, "the state can be guessed")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, call: Call) -> Reply:
        """Answer at the token endpoint."""
        self.demand(call.form.get("client_id") == self.client_id, "another client asks for tokens")
        if call.form.get("grant_type") == "authorization_code":
            asked = self.codes.pop(call.form["code"], None)
            verifier = call.form["code_verifier"]
            self.demand(43 <= len(verifier) <= 128, "the verifier's length")
            digest = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            if asked is None or asked["code_challenge"] != digest or call.form["redirect_uri"] != asked["redirect_uri"]:
                return 400, {}, {"error": "invalid_grant", "error_description": "Invalid authorization code"}
            return 200, {}, self.issue()
        refresh = call.form["refresh_token"]
        if call.form["grant_type"] != "refresh_token" or refresh not in self.grants:
            return 400, {}, {"error": "invalid_grant", "error_description": "Refresh token revoked"}
        if not self.rotates:
            return 200, {}, {name: value for name, value in self.issue().items() if name != "refresh_token"}
        self.grants.discard(refresh)
        return 200, {}, self.issue()

    def issue(self) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.access.add(access)
        self.grants.add(refresh)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": refresh,
            "scope": "",
        }
