"""Stored files over HTTP: signed addresses that players may keep for a while, ranges, and validators."""

import re
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, RedirectResponse

from segue.kit.errors import InvalidRequest
from segue.kit.runtime import Runtime
from segue.kit.web.routes import has_etag

#: Addresses made within so many seconds of each other are the same, so that players and browsers can cache.
_STEADY_S = 900
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
_SINGLE_RANGE = re.compile(r"bytes=\s*(?:(\d+)-(\d*)|-(\d+))\s*")
#: What a browser may show in place: never markup, which could act in our name.
_SHOWN_IN_PLACE = ("audio/", "video/", "image/png", "image/jpeg", "image/webp")


class RangeNotSatisfiable(InvalidRequest):
    """The range begins after the file's end."""

    status = 416
    type = "range-not-satisfiable"
    title = "No such part of the file"


def media_url(runtime: Runtime, sha256: str, filename: str, media_type: str, *, download: bool = False) -> str:
    """Return an address at which whoever has it may fetch a stored file, for at least ``settings.signed_url_s``.

    Parameters
    ----------
    filename
        What the file is called when it is saved; anything, also what a user wrote.
    download
        Whether a browser is to save the file instead of playing it.
    """
    path = f"/media/{sha256}/{quote(safe_filename(filename), safe='')}"
    return signed_url(runtime, path, type=media_type, **({"download": "1"} if download else {}))


def signed_url(runtime: Runtime, path: str, **parameters: str) -> str:
    """Return an address of ours that is good for at least ``settings.signed_url_s``, and the same for a while."""
    earliest = time.time() + runtime.settings.signed_url_s
    expires_at = (int(earliest) // _STEADY_S + 1) * _STEADY_S
    return runtime.settings.base_url + runtime.signer.sign(path, expires_at=expires_at, **parameters)


def safe_filename(filename: str) -> str:
    """Return `filename` without what a path or a header could trip over."""
    encodable = filename.encode(errors="replace").decode()
    stem, dot, suffix = _UNSAFE.sub(" ", encodable).strip(" .").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    return f"{stem[:120]}{dot}{suffix[:10]}" or "file"


async def media_response(request: Request, runtime: Runtime, sha256: str, filename: str) -> Response:
    """Answer a request for a signed address.

    Raises
    ------
    Forbidden
        If the address is not signed by us, or has expired.
    NotFound
        If the file is no more.
    RangeNotSatisfiable
        If the range begins after the file's end.
    """
    path = f"/media/{sha256}/{quote(filename, safe='')}"
    parameters = runtime.signer.verify(path, request.query_params)
    expires_in_s = max(0, int(request.query_params["expires"]) - int(time.time()))
    return await stored_file_response(
        request,
        runtime,
        sha256,
        filename,
        parameters["type"],
        download="download" in parameters,
        expires_in_s=expires_in_s,
    )


async def stored_file_response(
    request: Request,
    runtime: Runtime,
    sha256: str,
    filename: str,
    media_type: str,
    *,
    download: bool,
    expires_in_s: int,
) -> Response:
    """Answer with a stored file, or the range of it that is asked for; whether the caller may have it is settled.

    Parameters
    ----------
    download
        Whether a browser is to save the file instead of playing it.
    expires_in_s
        For how long the caller may keep it, or an address in the bucket that they are sent on to.

    Raises
    ------
    NotFound
        If the file is no more.
    RangeNotSatisfiable
        If the range begins after the file's end.
    """
    elsewhere = await runtime.storage.presigned_url(sha256, expires_s=max(60, expires_in_s))
    if elsewhere is not None and request.method == "HEAD":
        # The bucket's address is signed for GET alone.
        size = await runtime.storage.size(sha256)
        return Response(headers={"Content-Length": str(size), "ETag": f'"{sha256}"'}, media_type=media_type)
    if elsewhere is not None:
        headers = {"Cache-Control": "no-store"}
        return RedirectResponse(elsewhere, status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)
    in_place = media_type.startswith(_SHOWN_IN_PLACE) and not download
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": f"private, max-age={expires_in_s}, immutable",
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(filename, in_place=in_place),
    }
    if has_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    async with runtime.storage.local_file(sha256) as file:
        _check_range(request, file, headers["ETag"])
        return FileResponse(file, headers=headers, media_type=media_type)


def _check_range(request: Request, file: Path, etag: str) -> None:
    """Refuse a range beyond the end; drop one that is malformed, outdated or of several parts (RFC 9110, 14.2)."""
    header = request.headers.get("range")
    if header is None:
        return
    match = _SINGLE_RANGE.fullmatch(header)
    is_current = request.headers.get("if-range", etag) == etag
    if match is None or not is_current or (match[2] and int(match[2]) < int(match[1])):
        headers = MutableHeaders(scope=request.scope)
        del headers["range"]
        return
    size = file.stat().st_size
    if (match[1] and int(match[1]) >= size) or match[3] == "0":
        raise RangeNotSatisfiable(f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})


def disposition(filename: str, *, in_place: bool) -> str:
    """Return the header that tells a browser what a file is called, and whether to show it."""
    kind = "inline" if in_place else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(filename, safe='')}"
