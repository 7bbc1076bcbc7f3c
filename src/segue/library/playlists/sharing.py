"""Decisions about sharing a playlist: who is invited, by name or by a link, who joins, who goes."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.accounts.tables import Profile
from segue.kit.clock import now
from segue.kit.errors import Conflict, InvalidRequest, NotFound
from segue.kit.tokens import token_hash
from segue.library.playlists import access, repository, sharing_repository
from segue.library.playlists.tables import PlaylistCollaborator, PlaylistInvitation

Part = Literal["viewer", "editor"]

#: More are no collaborators, but an audience: for them there is the public address.
MOST_COLLABORATORS: Final = 100
MOST_INVITATIONS: Final = 20
_NOBODY: Final = "They have no part in this playlist."
_NOT_GOOD: Final = "This invitation is not good any more: ask for another one."


async def collaborators_of(
    session: AsyncSession, user_id: UUID, playlist_id: UUID
) -> list[tuple[PlaylistCollaborator, Profile | None]]:
    """Return who has a part in a list: all of them for its owner, themselves for others.

    Raises
    ------
    NotFound
        There is no such list that they see.
    """
    await access.allowed(session, user_id, playlist_id)
    found = await sharing_repository.collaborators_of(session, playlist_id)
    people = await accounts.profiles_of(session, [one.user_id for one in found])
    return [(one, people.get(one.user_id)) for one in found]


async def invite(session: AsyncSession, user_id: UUID, playlist_id: UUID, handle: str, part: Part) -> None:
    """Invite somebody to a list of one's own, or give them another part in it.

    Raises
    ------
    NotFound
        There is no such list, or nobody of this handle.
    Forbidden
        It is another's.
    InvalidRequest
        It is oneself.
    Conflict
        There are too many already.
    """
    await access.hold(session, user_id, playlist_id, by_owner=True, with_entries=False)
    profile = await accounts.profile_by_handle(session, handle)
    if profile.user_id == user_id:
        raise InvalidRequest("It is your own list already.")
    if await sharing_repository.collaborator(session, playlist_id, profile.user_id) is None:
        await _check_room(session, playlist_id)
    values = {"playlist_id": playlist_id, "user_id": profile.user_id, "owner_id": user_id, "role": part}
    await sharing_repository.ensure_collaborator(session, {**values, "invited_at": now(), "joined_at": None})


async def join(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> None:
    """Take an invitation; once is as often. The session is the system's: nobody else may say that they joined.

    Raises
    ------
    NotFound
        They are not invited, or the list is gone.
    """
    one = await sharing_repository.collaborator(session, playlist_id, user_id)
    playlist = await repository.playlist(session, playlist_id)
    if one is None or playlist is None or playlist.deleted_at is not None:
        raise NotFound(access.NO_PLAYLIST)
    one.joined_at = one.joined_at or now()


async def leave(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> None:
    """Give one's part in a list up, or decline it.

    Raises
    ------
    NotFound
        One has none.
    """
    if not await sharing_repository.delete_collaborator(session, playlist_id, user_id):
        raise NotFound("You have no part in this playlist.")


async def remove(session: AsyncSession, user_id: UUID, playlist_id: UUID, handle: str) -> None:
    """Take somebody's part in a list of one's own away; what they added stays.

    Raises
    ------
    NotFound
        There is no such list, or they have no part in it.
    Forbidden
        It is another's.
    """
    await access.hold(session, user_id, playlist_id, by_owner=True, with_entries=False)
    profile = await accounts.profile_by_handle(session, handle)
    if not await sharing_repository.delete_collaborator(session, playlist_id, profile.user_id):
        raise NotFound(_NOBODY)


async def make_link(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, part: Part, *, good_for: timedelta
) -> tuple[PlaylistInvitation, str]:
    """Make a link by which whoever has it joins a list; its secret, the second value, is told only now.

    Raises
    ------
    NotFound, Forbidden
        There is no such list of theirs.
    Conflict
        There are too many already.
    """
    await access.hold(session, user_id, playlist_id, by_owner=True, with_entries=False)
    if len(await sharing_repository.invitations_of(session, playlist_id)) >= MOST_INVITATIONS:
        raise Conflict(f"This list has {MOST_INVITATIONS} invitations: revoke those that nobody needs any more.")
    token = secrets.token_urlsafe(24)
    made = PlaylistInvitation(
        playlist_id=playlist_id,
        owner_id=user_id,
        role=part,
        token_hash=token_hash(token),
        created_at=now(),
        expires_at=now() + good_for,
    )
    return await sharing_repository.add_invitation(session, made), token


async def links_of(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> Sequence[PlaylistInvitation]:
    """Return the links of a list of one's own, those that have expired left out.

    Raises
    ------
    NotFound, Forbidden
        There is no such list of theirs.
    """
    await access.owned(session, user_id, playlist_id)
    return [one for one in await sharing_repository.invitations_of(session, playlist_id) if one.expires_at > now()]


async def revoke_link(session: AsyncSession, user_id: UUID, playlist_id: UUID, invitation_id: UUID) -> None:
    """Let a link be good for nothing; who came by it stays.

    Raises
    ------
    NotFound, Forbidden
        There is no such list of theirs, or no such link.
    """
    await access.owned(session, user_id, playlist_id)
    if not await sharing_repository.delete_invitation(session, playlist_id, invitation_id):
        raise NotFound("There is no such invitation to this playlist.")


async def forget_expired(session: AsyncSession) -> int:
    """Forget links that have expired; return how many. The session is the system's."""
    return await sharing_repository.delete_invitations(session, expired_before=now())


async def join_by_link(session: AsyncSession, user_id: UUID, token: str) -> UUID:
    """Join a list by a link, and return which; the session is the system's.

    Whoever has a part in it already keeps it, unless the link gives them more.

    Raises
    ------
    NotFound
        The link is not good, or not any more.
    Conflict
        There are too many already.
    """
    link = await sharing_repository.invitation_by_token(session, token_hash(token))
    if link is None or link.expires_at <= now():
        raise NotFound(_NOT_GOOD)
    await repository.hold(session, link.playlist_id)
    playlist = await repository.playlist(session, link.playlist_id)
    if playlist is None or playlist.deleted_at is not None:
        raise NotFound(_NOT_GOOD)
    if playlist.user_id == user_id:
        return playlist.id
    one = await sharing_repository.collaborator(session, playlist.id, user_id)
    if one is None:
        await _check_room(session, playlist.id)
    role = "editor" if one is not None and one.role == "editor" else link.role
    values = {"playlist_id": playlist.id, "user_id": user_id, "owner_id": playlist.user_id, "role": role}
    await sharing_repository.ensure_collaborator(session, {**values, "invited_at": now(), "joined_at": now()})
    return playlist.id


async def _check_room(session: AsyncSession, playlist_id: UUID) -> None:
    if await sharing_repository.count_collaborators(session, playlist_id) >= MOST_COLLABORATORS:
        raise Conflict(f"{MOST_COLLABORATORS} share this list: for more people, make it public.")
