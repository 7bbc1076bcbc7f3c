"""The route class of the API: it keeps answers for ``Idempotency-Key`` and tells clients what has not changed."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from segue.kit.web.idempotency import Replay, store_answer


class ApiRoute(APIRoute):
    """A route whose JSON answers carry an ETag and whose POSTs may be made `Idempotent`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the endpoint: this runs while its transaction is still open."""
        handle = super().get_route_handler()

        async def handle_and_remember(request: Request) -> Response:
            try:
                response = await handle(request)
            except Replay as replay:
                return replay.response
            await store_answer(request, response)
            return unless_unchanged(request, response)

        return handle_and_remember


def unless_unchanged(request: Request, response: Response) -> Response:
    """Return `response` with an ETag, or 304 if the client has it already; other than JSON of GETs stays as it is."""
    if request.method != "GET" or response.status_code != 200 or not _is_json(response):
        return response
    etag = response.headers.get("etag") or f'W/"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["etag"] = etag
    response.headers.setdefault("cache-control", "private, no-cache")
    if not has_etag(request.headers.get("if-none-match"), etag):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)


def has_etag(header: str | None, etag: str) -> bool:
    """Tell whether an ``If-None-Match`` `header` names `etag`, compared weakly (RFC 9110, 8.8.3.2)."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag.removeprefix("W/") in {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _is_json(response: Response) -> bool:
    return isinstance(response, JSONResponse) or response.headers.get("content-type", "") == "application/json"
