"""The routes of sharing a playlist: invite, join, leave, comment."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from segue.accounts import service as accounts
from segue.kit.pagination import Page
from segue.kit.web.dependencies import CurrentUser, PagingDep, SystemSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.routes import ApiRoute
from segue.library.playlists import commenting, schemas, service, sharing, showing
from segue.library.playlists.asking import Asked
from segue.library.playlists.tables import PlaylistComment

router = APIRouter(tags=["playlists"], route_class=ApiRoute)

Handle = Annotated[str, Path(min_length=1, max_length=40)]


@router.get("/playlists/{playlist_id}/collaborators")
async def list_collaborators(playlist_id: UUID, asked: Asked) -> schemas.Collaborators:
    """List who shares your list; of another's, yourself."""
    found = await sharing.collaborators_of(asked.session, asked.user_id, playlist_id)
    items = [
        schemas.CollaboratorView(
            person=showing.person(profile), role=one.role, invited_at=one.invited_at, joined_at=one.joined_at
        )
        for one, profile in found
    ]
    return schemas.Collaborators(items=items)


@router.post("/playlists/{playlist_id}/collaborators", status_code=status.HTTP_204_NO_CONTENT)
async def invite_collaborator(playlist_id: UUID, invited: schemas.Inviting, asked: Asked) -> None:
    """Invite somebody to your list by their handle, or give them another part in it. They see it, and may join."""
    await sharing.invite(asked.session, asked.user_id, playlist_id, invited.handle, invited.role)


@router.delete("/playlists/{playlist_id}/collaborators/{handle}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_collaborator(playlist_id: UUID, handle: Handle, asked: Asked) -> None:
    """Let somebody share your list no more. What they added stays."""
    await sharing.remove(asked.session, asked.user_id, playlist_id, handle)


@router.post("/playlists/join")
async def join_by_link(joining: schemas.Joining, user: CurrentUser, session: SystemSession) -> schemas.Joined:
    """Join a list by a link that its owner gave you."""
    return schemas.Joined(playlist_id=await sharing.join_by_link(session, user.user_id, joining.token))


@router.post("/playlists/{playlist_id}/join", status_code=status.HTTP_204_NO_CONTENT)
async def join(playlist_id: UUID, user: CurrentUser, session: SystemSession) -> None:
    """Join a list that you are invited to."""
    await sharing.join(session, user.user_id, playlist_id)


@router.post("/playlists/{playlist_id}/leave", status_code=status.HTTP_204_NO_CONTENT)
async def leave(playlist_id: UUID, asked: Asked) -> None:
    """Share a list no more, or decline to."""
    await sharing.leave(asked.session, asked.user_id, playlist_id)


@router.post("/playlists/{playlist_id}/invitations", status_code=status.HTTP_201_CREATED, dependencies=[Idempotent])
async def make_link(playlist_id: UUID, new: schemas.NewLink, asked: Asked) -> schemas.LinkMade:
    """Make a link by which whoever has it joins your list, until it expires or you revoke it."""
    good_for = timedelta(hours=new.good_for_hours)
    made, token = await sharing.make_link(asked.session, asked.user_id, playlist_id, new.role, good_for=good_for)
    return schemas.LinkMade(**schemas.LinkView.model_validate(made).model_dump(), token=token)


@router.get("/playlists/{playlist_id}/invitations")
async def list_links(playlist_id: UUID, asked: Asked) -> schemas.Links:
    """List the links by which your list can be joined."""
    found = await sharing.links_of(asked.session, asked.user_id, playlist_id)
    return schemas.Links(items=[schemas.LinkView.model_validate(one) for one in found])


@router.delete("/playlists/{playlist_id}/invitations/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_link(playlist_id: UUID, invitation_id: UUID, asked: Asked) -> None:
    """Let a link be good for nothing. Who came by it stays."""
    await sharing.revoke_link(asked.session, asked.user_id, playlist_id, invitation_id)


@router.post("/playlists/{playlist_id}/link")
async def make_public(playlist_id: UUID, asked: Asked) -> schemas.PlaylistView:
    """Give your list an address at which everyone may see it."""
    await service.set_public(asked.session, asked.user_id, playlist_id, public=True)
    seen = await service.seen(asked.session, asked.user_id, playlist_id)
    return await showing.view(asked.session, asked.runtime, seen)


@router.delete("/playlists/{playlist_id}/link", status_code=status.HTTP_204_NO_CONTENT)
async def make_private(playlist_id: UUID, asked: Asked) -> None:
    """Take that address away. It is never given again."""
    await service.set_public(asked.session, asked.user_id, playlist_id, public=False)


@router.get("/playlists/{playlist_id}/comments")
async def list_comments(playlist_id: UUID, asked: Asked, paging: PagingDep) -> Page[schemas.CommentView]:
    """List what was said of a list, the newest first."""
    found, cursor = await commenting.comments_of(asked.session, asked.user_id, playlist_id, paging)
    return Page(items=await _shown(asked, found), next_cursor=cursor)


@router.post("/playlists/{playlist_id}/comments", status_code=status.HTTP_201_CREATED, dependencies=[Idempotent])
async def comment(playlist_id: UUID, said: schemas.CommentIn, asked: Asked) -> schemas.CommentView:
    """Say something of a list that you may see."""
    made = await commenting.say(asked.session, asked.user_id, playlist_id, said.text)
    return (await _shown(asked, [made]))[0]


@router.patch("/playlists/{playlist_id}/comments/{comment_id}")
async def change_comment(
    playlist_id: UUID, comment_id: UUID, said: schemas.CommentIn, asked: Asked
) -> schemas.CommentView:
    """Say something else in a comment of yours."""
    changed = await commenting.change(asked.session, asked.user_id, playlist_id, comment_id, said.text)
    return (await _shown(asked, [changed]))[0]


@router.delete("/playlists/{playlist_id}/comments/{comment_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_comment(playlist_id: UUID, comment_id: UUID, asked: Asked) -> None:
    """Take away a comment of yours, or any on a list of yours."""
    await commenting.take_away(asked.session, asked.user_id, playlist_id, comment_id)


async def _shown(asked: Asked, comments: Sequence[PlaylistComment]) -> list[schemas.CommentView]:
    people = await accounts.profiles_of(asked.session, [one.user_id for one in comments])
    return [
        schemas.CommentView(
            id=one.id,
            author=showing.person(people.get(one.user_id)),
            text=one.text,
            created_at=one.created_at,
            edited_at=one.edited_at,
        )
        for one in comments
    ]
