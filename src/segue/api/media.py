"""The signed addresses of stored files."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from segue.kit.web.dependencies import RuntimeDep
from segue.kit.web.media import media_response

router = APIRouter(include_in_schema=False)


@router.api_route("/media/{sha256}/{filename}", methods=["GET", "HEAD"])
async def media(
    request: Request, runtime: RuntimeDep, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], filename: str
) -> Response:
    """Stream a file to whoever has its signed address."""
    return await media_response(request, runtime, sha256, filename)
