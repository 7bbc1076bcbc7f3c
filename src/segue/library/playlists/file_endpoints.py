"""The routes of a playlist's files: its cover, and the list itself as players and other services read it."""

import asyncio
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, File, Query, Request, Response, UploadFile, status

from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, RuntimeDep
from segue.kit.web.identity import Principal
from segue.kit.web.media import safe_filename, stored_file_response
from segue.kit.web.routes import ApiRoute, has_etag
from segue.kit.web.uploads import InTurn, received_file
from segue.library.playlists import covers, service, telling
from segue.library.playlists.asking import Asked
from segue.library.playlists.covers import Cover
from segue.library.playlists.drawing import MEDIA_TYPE
from segue.library.playlists.writing import MEDIA_TYPES, Form, written

router = APIRouter(tags=["playlists"], route_class=ApiRoute)

#: A list is edited, and its cover changes with it.
_KEPT_S: Final = 300
_NOT_KEPT: Final = {"Cache-Control": "no-store"}
ImageFile = Annotated[UploadFile, File(description="A picture: PNG, JPEG or WebP. Its middle is shown, as a square")]


@router.get("/playlists/{playlist_id}/cover", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
async def get_cover(playlist_id: UUID, request: Request, user: CurrentUser, runtime: RuntimeDep) -> Response:
    """Show a list's cover: its owner's, or one that is drawn from what is in it."""
    async with runtime.database.session(user.user_id) as session:
        seen = await service.seen(session, user.user_id, playlist_id)
        cover = await covers.cover_of(session, seen.playlist)
    return await cover_response(request, runtime, cover)


@router.put("/playlists/{playlist_id}/cover", status_code=status.HTTP_204_NO_CONTENT, dependencies=[InTurn])
async def put_cover(playlist_id: UUID, file: ImageFile, asked: Asked) -> None:
    """Give your list a cover."""
    async with received_file(file, covers.MAX_BYTES) as path:
        await covers.upload(asked.session, asked.runtime, asked.user_id, playlist_id, path)


@router.delete("/playlists/{playlist_id}/cover", status_code=status.HTTP_204_NO_CONTENT)
async def delete_cover(playlist_id: UUID, asked: Asked) -> None:
    """Let your list have the cover that is drawn from what is in it."""
    await covers.take_away(asked.session, asked.user_id, playlist_id)


@router.get("/playlists/{playlist_id}/export", response_class=Response)
async def export_playlist(
    playlist_id: UUID,
    asked: Asked,
    form: Annotated[Form, Query(alias="format", description="What players, MusicBrainz or TuneMyMusic read")] = "xspf",
) -> Response:
    """Take a list with you: what you get, `POST /ingest` reads again."""
    seen = await service.seen(asked.session, asked.user_id, playlist_id)
    songs = await telling.songs_of(asked.session, asked.runtime, playlist_id)
    name, description = seen.playlist.name, seen.playlist.description
    told = await asyncio.to_thread(written, form, name, description, songs)
    filename = safe_filename(f"{name[:100]}.{form}")
    disposition = f"attachment; filename*=UTF-8''{quote(Path(filename).name, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-cache"}
    return Response(told.encode(), media_type=MEDIA_TYPES[form], headers=headers)


async def public_cover_response(request: Request, runtime: Runtime, slug: str, user: Principal | None) -> Response:
    """Answer with the cover of the public list at an address."""
    async with runtime.database.session(user.user_id if user else None) as session:
        seen = await service.seen_by_slug(session, slug)
        cover = await covers.cover_of(session, seen.playlist)
    return await cover_response(request, runtime, cover)


async def cover_response(request: Request, runtime: Runtime, cover: Cover) -> Response:
    """Answer with the cover of a list; that the caller sees the list is settled, and no session is open any more."""
    uploaded = await covers.uploaded(runtime, cover)
    if uploaded is not None:
        filename = f"{safe_filename(cover.name)}.jpg"
        return await stored_file_response(
            request, runtime, uploaded, filename, MEDIA_TYPE, download=False, expires_in_s=_KEPT_S
        )
    headers = {"ETag": cover.etag, "Cache-Control": f"private, max-age={_KEPT_S}"}
    if has_etag(request.headers.get("if-none-match"), cover.etag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    drawn = await covers.drawn(runtime, cover)
    return Response(drawn.data, media_type=MEDIA_TYPE, headers=headers if drawn.whole else _NOT_KEPT)
