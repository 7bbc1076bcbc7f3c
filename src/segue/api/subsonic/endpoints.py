"""The one route of OpenSubsonic: finds out who calls, which method, and answers in the form that is asked for."""

from typing import Final

from fastapi import APIRouter, Request, Response

from segue.api.subsonic import (
    absent,
    annotating,
    browsing,
    folders,
    listing,
    media,
    playing,
    playlists,
    queueing,
    searching,
    similar,
    system,
    words,
)
from segue.api.subsonic.calls import Call, Given, Later, Method
from segue.api.subsonic.elements import Element, failed, rendered, succeeded
from segue.api.subsonic.errors import GENERIC, SubsonicError, code_of
from segue.api.subsonic.signing_in import caller
from segue.kit.errors import SegueError
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import RuntimeDep
from segue.kit.web.media import RangeNotSatisfiable

METHODS: Final[dict[str, Method]] = {
    name: method
    for part in (
        system, browsing, folders, listing, searching, annotating, playlists, playing, queueing, media, similar, words,
        absent,
    )
    for name, method in part.METHODS.items()
}  # fmt: skip

router = APIRouter(prefix="/rest", include_in_schema=False)


@router.api_route("/{name}", methods=["GET", "POST", "HEAD"])
async def answer(name: str, request: Request, runtime: RuntimeDep) -> Response:
    """Answer a call; refusals too come with HTTP 200, as clients expect."""
    given = await Given.of(request)
    try:
        said = await _said(name.removesuffix(".view"), request, runtime, given)
    except RangeNotSatisfiable:
        raise
    except SegueError as error:
        said = failed(code_of(error), error.detail)
    return said if isinstance(said, Response) else rendered(said, given.form, given.maybe("callback") or "")


async def _said(name: str, request: Request, runtime: Runtime, given: Given) -> Element | Response:
    if name in system.FOR_ANYBODY:
        return succeeded(system.FOR_ANYBODY[name])
    owner = await caller(request, runtime, given)
    method = METHODS.get(name)
    if method is None:
        raise SubsonicError(GENERIC, f"There is no method {name[:80]} here.")
    async with runtime.database.session(owner.user_id) as session:
        content = await method(Call(request, runtime, session, owner, given))
    if isinstance(content, Later):
        content = await content.make()
    return content if isinstance(content, Response) else succeeded(content)
