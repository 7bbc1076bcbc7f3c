"""What happens to every request before and after its route: a name, limits, headers, a line in the log, a count."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.kit.errors import InvalidRequest, RateLimited, SegueError, TooLarge, Unauthenticated
from segue.kit.ids import new_id
from segue.kit.web.identity import identify
from segue.kit.web.problems import segue_error_response, unexpected_error_response
from segue.kit.web.rate_limits import MemoryLimiter

#: Told of each answered request: method, route template, status, seconds.
Observer = Callable[[str, str, int, float], None]

#: A form is a little larger than its file.
FORM_OVERHEAD_BYTES = 2**16
#: Who has a file refused and sends more than this is cut off.
READ_OUT_BYTES = 2**28
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{8,128}")
_log = structlog.get_logger("segue.access")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Everything from ourselves, but sounds, which may come from a bucket; pages may have inline styles.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: http: https:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


class RequestContext:
    """Names each request, logs and counts its answer, and sends the headers that browsers are to obey."""

    def __init__(self, app: ASGIApp, *, observe: Observer, https: bool) -> None:
        self.app = app
        self._observe = observe
        self._headers = {**SECURITY_HEADERS, "Content-Security-Policy": CONTENT_SECURITY_POLICY}
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        # A copy: not every server gives each request a state of its own, and ours says who is calling.
        state = scope["state"] = dict(scope.get("state") or {})
        state["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if scope["method"] not in ("GET", "HEAD"):
                    headers.setdefault("Cache-Control", "no-store")
                for name, value in (self._headers | state.get("rate_limit_headers", {})).items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_headers)
            except Exception as error:
                _log.error("request.failed", path=scope["path"], method=scope["method"], exc_info=error)
                if status:
                    raise
                await unexpected_error_response(Request(scope), error)(scope, receive, send_with_headers)
            finally:
                duration_s = time.perf_counter() - started
                self._observe(scope["method"], route_template(scope), status, duration_s)
                _log_answer(scope, status, duration_s)


def _of_ending(path: str, sizes: Mapping[str, int], usual: int) -> int:
    """Return the size for the ending that a path has, or the usual one."""
    return next((size for ending, size in sizes.items() if path.endswith(ending)), usual)


class Limits:
    """Refuses, before anything is read, who asks too often and what is too large.

    Parameters
    ----------
    body_max_bytes
        For everything but forms with files.
    upload_max_bytes
        For a file in ``multipart/form-data`` of somebody who is signed in.
    larger_bodies, larger_uploads
        In place of these, for addresses that end so.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limiter: MemoryLimiter,
        body_max_bytes: int,
        upload_max_bytes: int,
        larger_bodies: Mapping[str, int],
        larger_uploads: Mapping[str, int],
    ) -> None:
        self.app = app
        self._limiter = limiter
        self._body_max_bytes = body_max_bytes
        self._upload_max_bytes = upload_max_bytes
        self._larger_bodies = larger_bodies
        self._larger_uploads = larger_uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ("/healthz", "/readyz", "/metrics"):
            await self.app(scope, receive, send)
            return
        try:
            limit = await self._admit(scope)
        except SegueError as error:
            await _read_out(scope, receive)
            await segue_error_response(Request(scope), error)(scope, receive, send)
            return
        await self.app(scope, _limited(scope, receive, limit), send)

    async def _admit(self, scope: Scope) -> "_BodyLimit":
        """Return how large the body may be."""
        user_id = await _caller(scope)
        allowance = self._limiter.take(user_id or f"address {_address(scope)}")
        scope["state"]["rate_limit_headers"] = allowance.headers
        if allowance.retry_after_s > 0:
            raise RateLimited("Too many requests: wait a little.", retry_after_s=allowance.retry_after_s)
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise InvalidRequest("An address has no NUL characters.")
        headers = Headers(scope=scope)
        is_upload = _is_form(headers)
        path = scope["path"]
        if is_upload and user_id:
            limit = _BodyLimit(_of_ending(path, self._larger_uploads, self._upload_max_bytes), FORM_OVERHEAD_BYTES)
        else:
            limit = _BodyLimit(_of_ending(path, {} if is_upload else self._larger_bodies, self._body_max_bytes))
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > limit.total_bytes:
            if is_upload and user_id is None:
                raise Unauthenticated("Sign in first: files are taken from users only.")
            raise TooLarge(limit.sentence)
        return limit


@dataclass(frozen=True, slots=True)
class _BodyLimit:
    content_bytes: int
    overhead_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        return self.content_bytes + self.overhead_bytes

    @property
    def sentence(self) -> str:
        return f"This is too large: {self.content_bytes / 2**20:g} MiB are allowed here."


def route_template(scope: Scope) -> str:
    """Return the path pattern of the route that answered, or a word for none, so that ids do not become labels."""
    route = scope.get("route")
    path: str | None = getattr(route, "path", None)
    return path or "(none)"


async def _caller(scope: Scope) -> str | None:
    """Return the id of who calls; a bad token counts as its address, and is refused by whatever route needs one."""
    try:
        user = await identify(HTTPConnection(scope))
    except SegueError:
        return None
    return str(user.user_id) if user else None


def _limited(scope: Scope, receive: Receive, limit: _BodyLimit) -> Receive:
    received = 0

    async def receive_within_limit() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > limit.total_bytes:
                if message.get("more_body"):
                    await _read_out(scope, receive)
                raise HTTPException(413, limit.sentence)
        return message

    return receive_within_limit


async def _read_out(scope: Scope, receive: Receive) -> None:
    """Read a refused form to its end: a connection that is closed before is reset, and the answer lost with it."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    asks_first = "expect" in headers  # and so need not send
    if not _is_form(headers) or asks_first or not length.isdigit() or int(length) > READ_OUT_BYTES:
        return
    read = 0
    more = True
    while more and read < READ_OUT_BYTES:
        message = await receive()
        read += len(message.get("body", b""))
        more = message.get("more_body", False)


def _is_form(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("multipart/form-data")


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_REQUEST_ID.fullmatch(given) else new_id().hex


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"


def _log_answer(scope: Scope, status: int, duration_s: float) -> None:
    log = _log.debug if scope["path"] in ("/healthz", "/readyz", "/metrics") else _log.info
    log(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        duration_ms=round(duration_s * 1000, 1),
        address=_address(scope),
    )
