"""The routes of playlists: make, show, edit, take back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from segue.accounts import service as accounts
from segue.kit.pagination import Page
from segue.kit.web.dependencies import PagingDep
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.routes import ApiRoute
from segue.library.playlists import schemas, service, showing
from segue.library.playlists.asking import Asked
from segue.library.playlists.service import Place

router = APIRouter(tags=["playlists"], route_class=ApiRoute)


Limit = Annotated[int, Query(ge=1, le=200, description="How many entries at most")]


@router.post("/create_playlist", status_code=status.HTTP_201_CREATED, dependencies=[Idempotent])
async def create_playlist(new: schemas.NewPlaylist, asked: Asked) -> schemas.PlaylistView:
    """Make a list of tracks that you may see."""
    made = await service.create(asked.session, asked.user_id, **new.model_dump())
    return await showing.view(asked.session, asked.runtime, made)


@router.get("/playlists")
async def list_playlists(
    asked: Asked,
    paging: PagingDep,
    shared: Annotated[bool | None, Query(description="Whether others shared them with you; absent: all")] = None,
    deleted: Annotated[bool, Query(description="Instead: those of yours that can be restored")] = False,
) -> Page[schemas.PlaylistView]:
    """List your playlists and those that others shared with you, newest first."""
    found, cursor = await service.playlists_of(asked.session, asked.user_id, paging, shared=shared, deleted=deleted)
    return Page(items=await showing.views(asked.session, asked.runtime, found), next_cursor=cursor)


@router.get("/playlists/{playlist_id}")
async def get_playlist(playlist_id: UUID, asked: Asked, limit: Limit = 100) -> schemas.PlaylistWithEntries:
    """Show a list, with the beginning of what is in it."""
    seen = await service.seen(asked.session, asked.user_id, playlist_id)
    return await showing.with_entries(asked.session, asked.runtime, seen, limit=limit)


@router.get("/playlists/{playlist_id}/entries")
async def list_entries(
    playlist_id: UUID,
    asked: Asked,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[schemas.EntryView]:
    """Show what is in a list, in its order."""
    await service.seen(asked.session, asked.user_id, playlist_id)
    return await showing.entries(asked.session, playlist_id, cursor=cursor, limit=limit)


@router.patch("/playlists/{playlist_id}")
async def change_playlist(
    playlist_id: UUID,
    patch: schemas.PlaylistPatch,
    asked: Asked,
) -> schemas.PlaylistView:
    """Call your list something else, describe it, or say whether everyone may see it."""
    texts = patch.model_dump(include={"name", "description"}, exclude_none=True)
    await service.change(asked.session, asked.user_id, playlist_id, texts, version=asked.version)
    if patch.public is not None:
        await service.set_public(asked.session, asked.user_id, playlist_id, public=patch.public)
    return await _now(asked, playlist_id)


@router.delete("/playlists/{playlist_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_playlist(playlist_id: UUID, asked: Asked) -> None:
    """Delete your list. For 30 days it can be restored."""
    await service.delete(asked.session, asked.user_id, playlist_id, version=asked.version)


@router.post("/playlists/{playlist_id}/restore")
async def restore_playlist(playlist_id: UUID, asked: Asked) -> schemas.PlaylistView:
    """Bring a list of yours back that was deleted."""
    return await showing.view(
        asked.session, asked.runtime, await service.restore(asked.session, asked.user_id, playlist_id)
    )


@router.post("/playlists/{playlist_id}/entries", status_code=status.HTTP_201_CREATED, dependencies=[Idempotent])
async def add_entries(
    playlist_id: UUID,
    new: schemas.NewEntries,
    asked: Asked,
) -> schemas.Added:
    """Put tracks into a list, at its end or where you say."""
    place = Place(new.position, new.before)
    added = await service.add(asked.session, asked.user_id, playlist_id, new.tracks, place=place, version=asked.version)
    return schemas.Added(entries=added, playlist=await _now(asked, playlist_id))


@router.put("/playlists/{playlist_id}/entries")
async def replace_entries(
    playlist_id: UUID,
    wanted: schemas.Replacing,
    asked: Asked,
) -> schemas.PlaylistView:
    """Have a list consist of these tracks, in their order."""
    await service.replace(asked.session, asked.user_id, playlist_id, wanted.tracks, version=asked.version)
    return await _now(asked, playlist_id)


@router.post("/playlists/{playlist_id}/entries/move")
async def move_entries(
    playlist_id: UUID,
    moving: schemas.Moving,
    asked: Asked,
) -> schemas.PlaylistView:
    """Put an entry elsewhere, or several as a block."""
    place = Place(moving.position, moving.before)
    await service.move(asked.session, asked.user_id, playlist_id, moving.entries, place=place, version=asked.version)
    return await _now(asked, playlist_id)


@router.post("/playlists/{playlist_id}/entries/remove")
async def remove_entries(
    playlist_id: UUID,
    removing: schemas.Removing,
    asked: Asked,
) -> schemas.PlaylistView:
    """Take several entries out of a list."""
    await service.remove(asked.session, asked.user_id, playlist_id, removing.entries, version=asked.version)
    return await _now(asked, playlist_id)


@router.delete("/playlists/{playlist_id}/entries/{entry_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_entry(playlist_id: UUID, entry_id: UUID, asked: Asked) -> None:
    """Take an entry out of a list."""
    await service.remove(asked.session, asked.user_id, playlist_id, [entry_id], version=asked.version)


@router.post("/playlists/{playlist_id}/undo")
async def undo_edit(playlist_id: UUID, asked: Asked) -> schemas.PlaylistView:
    """Take back the last edit of a list, whoever made it."""
    await service.undo(asked.session, asked.user_id, playlist_id, version=asked.version)
    return await _now(asked, playlist_id)


@router.post("/playlists/{playlist_id}/redo")
async def redo_edit(playlist_id: UUID, asked: Asked) -> schemas.PlaylistView:
    """Do again the edit that was taken back last."""
    await service.redo(asked.session, asked.user_id, playlist_id, version=asked.version)
    return await _now(asked, playlist_id)


@router.get("/playlists/{playlist_id}/revisions")
async def list_revisions(
    playlist_id: UUID,
    asked: Asked,
    below: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.Revisions:
    """List the edits of a list that are remembered, the newest first."""
    found, standing = await service.revisions_of(asked.session, asked.user_id, playlist_id, below=below, limit=limit)
    people = await accounts.profiles_of(asked.session, [one.made_by for one in found if one.made_by is not None])
    items = [
        schemas.RevisionView(
            number=one.number,
            kind=one.kind,
            made_by=showing.person(people.get(one.made_by) if one.made_by else None),
            made_at=one.made_at,
            size=one.size,
            undone=one.number > standing,
        )
        for one in found
    ]
    return schemas.Revisions(items=items, next_below=found[-1].number if len(found) == limit else None)


async def _now(asked: Asked, playlist_id: UUID) -> schemas.PlaylistView:
    seen = await service.seen(asked.session, asked.user_id, playlist_id)
    return await showing.view(asked.session, asked.runtime, seen)
