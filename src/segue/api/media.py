"""The signed addresses of stored files."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from segue.catalog.playback.service import rendition_response
from segue.kit.web.dependencies import RuntimeDep
from segue.kit.web.media import media_response

router = APIRouter(include_in_schema=False)


@router.api_route("/media/{sha256}/{filename}", methods=["GET", "HEAD"])
async def media(
    request: Request, runtime: RuntimeDep, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], filename: str
) -> Response:
    """Stream a file to whoever has its signed address."""
    return await media_response(request, runtime, sha256, filename)


@router.api_route("/media/{sha256}/{recipe}/{filename}", methods=["GET", "HEAD"])
async def rendition(
    request: Request,
    runtime: RuntimeDep,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    recipe: Annotated[str, Path(max_length=40)],
    filename: str,
) -> Response:
    """Stream a song in another format to whoever has its signed address, made now if it must be."""
    return await rendition_response(request, runtime, sha256, recipe, filename)
