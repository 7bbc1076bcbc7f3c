"""The routes of public playlists, for whoever has the address: nobody need sign in. `segue.api.pages` has the page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from segue.kit.pagination import Page
from segue.kit.web.dependencies import OptionalUser, RuntimeDep, VisitorSession
from segue.kit.web.routes import ApiRoute
from segue.library.playlists import schemas, service, showing
from segue.library.playlists.file_endpoints import public_cover_response

router = APIRouter(tags=["playlists"], route_class=ApiRoute)

Limit = Annotated[int, Query(ge=1, le=200, description="How many entries at most")]


@router.get("/public_playlists/{slug}")
async def get_public_playlist(
    slug: str, session: VisitorSession, runtime: RuntimeDep, limit: Limit = 100
) -> schemas.PlaylistWithEntries:
    """Show a public list, with the beginning of what is in it."""
    seen = await service.seen_by_slug(session, slug)
    return await showing.with_entries(session, runtime, seen, limit=limit)


@router.get("/public_playlists/{slug}/entries")
async def list_public_entries(
    slug: str,
    session: VisitorSession,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[schemas.EntryView]:
    """Show what is in a public list, in its order."""
    seen = await service.seen_by_slug(session, slug)
    return await showing.entries(session, seen.playlist.id, cursor=cursor, limit=limit)


@router.get("/public_playlists/{slug}/cover", response_class=Response)
async def get_public_cover(slug: str, request: Request, user: OptionalUser, runtime: RuntimeDep) -> Response:
    """Show the cover of a public list."""
    return await public_cover_response(request, runtime, slug, user)
