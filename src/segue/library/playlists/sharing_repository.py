"""All SQL of who shares a playlist with its owner, and of the links by which they come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.library.playlists.tables import PlaylistCollaborator, PlaylistInvitation


async def collaborators_of(session: AsyncSession, playlist_id: UUID) -> Sequence[PlaylistCollaborator]:
    """Return those who share a list, as far as the session's user sees them: its owner all, others themselves."""
    query = select(PlaylistCollaborator).where(PlaylistCollaborator.playlist_id == playlist_id)
    return (await session.scalars(query.order_by(PlaylistCollaborator.invited_at))).all()


async def count_collaborators(session: AsyncSession, playlist_id: UUID) -> int:
    """Return how many share a list, in its owner's or the system's session."""
    query = select(func.count()).where(PlaylistCollaborator.playlist_id == playlist_id)
    return (await session.scalars(query)).one()


async def collaborator(session: AsyncSession, playlist_id: UUID, user_id: UUID) -> PlaylistCollaborator | None:
    """Return somebody's part in a list."""
    return await session.get(PlaylistCollaborator, (playlist_id, user_id), populate_existing=True)


async def ensure_collaborator(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Give somebody a part in a list; whoever has one gets the role, and stays joined if they have joined."""
    new = insert(PlaylistCollaborator).values(**values)
    joined_at = func.coalesce(PlaylistCollaborator.joined_at, new.excluded.joined_at)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[PlaylistCollaborator.playlist_id, PlaylistCollaborator.user_id],
            set_={"role": new.excluded.role, "joined_at": joined_at},
        )
    )


async def delete_collaborator(session: AsyncSession, playlist_id: UUID, user_id: UUID) -> bool:
    """Take somebody's part in a list away; tell whether they had one."""
    one = PlaylistCollaborator
    statement = delete(one).where(one.playlist_id == playlist_id, one.user_id == user_id).returning(one.user_id)
    return await session.scalar(statement) is not None


async def add_invitation(session: AsyncSession, invitation: PlaylistInvitation) -> PlaylistInvitation:
    """Add a link."""
    session.add(invitation)
    await session.flush()
    return invitation


async def invitations_of(session: AsyncSession, playlist_id: UUID) -> Sequence[PlaylistInvitation]:
    """Return a list's links, the newest first."""
    query = select(PlaylistInvitation).where(PlaylistInvitation.playlist_id == playlist_id)
    return (await session.scalars(query.order_by(PlaylistInvitation.id.desc()))).all()


async def invitation_by_token(session: AsyncSession, token_hash: bytes) -> PlaylistInvitation | None:
    """Return the link with a secret, in the system's session."""
    query = select(PlaylistInvitation).where(PlaylistInvitation.token_hash == token_hash)
    return (await session.scalars(query)).one_or_none()


async def delete_invitation(session: AsyncSession, playlist_id: UUID, invitation_id: UUID) -> bool:
    """Revoke a link; tell whether there was one."""
    one = PlaylistInvitation
    statement = delete(one).where(one.playlist_id == playlist_id, one.id == invitation_id).returning(one.id)
    return await session.scalar(statement) is not None


async def delete_invitations(session: AsyncSession, *, expired_before: datetime) -> int:
    """Forget links that are good for nothing; return how many."""
    one = PlaylistInvitation
    return len((await session.scalars(delete(one).where(one.expires_at < expired_before).returning(one.id))).all())
