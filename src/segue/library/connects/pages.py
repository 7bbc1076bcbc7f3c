"""What a browser shows that comes back from a platform: the web app's page, or a plain one of ours."""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from segue.kit.errors import SegueError

_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<body style="font: 1.1rem/1.5 system-ui; max-width: 36rem; margin: 4rem auto; padding: 0 1rem">
<h1>{title}</h1><p>{text}</p></body></html>
"""


def arrived(return_url: str | None, platform: str, title: str) -> Response:
    """Say that an account is connected."""
    if return_url is not None:
        return back_to(return_url, platform=platform, status="connected")
    return _page(f"{title} is connected", "You can close this page. What is new there comes by itself, each day.")


def failed(return_url: str | None, platform: str, error: SegueError) -> Response:
    """Say why it is not."""
    if return_url is not None:
        return back_to(return_url, platform=platform, status="failed", type=error.type, detail=error.detail)
    return _page(error.title, error.detail, status_code=error.status)


def back_to(return_url: str, **told: str) -> Response:
    """Send the browser to the web app's page, with further parameters."""
    parts = urlsplit(return_url)
    query = urlencode([*parse_qsl(parts.query), *told.items()])
    address = urlunsplit(parts._replace(query=query))
    return RedirectResponse(address, status_code=status.HTTP_303_SEE_OTHER, headers=_NOT_KEPT)


def _page(title: str, text: str, status_code: int = status.HTTP_200_OK) -> Response:
    page = _PAGE.format(title=escape(title), text=escape(text))
    return HTMLResponse(page, status_code=status_code, headers=_NOT_KEPT)
