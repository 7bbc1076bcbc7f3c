"""All SQL of comments on playlists."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.pagination import Paging, newest_first
from segue.library.playlists.tables import PlaylistComment


async def comments_of(
    session: AsyncSession, playlist_id: UUID, paging: Paging
) -> tuple[Sequence[PlaylistComment], str | None]:
    """Return a page of a list's comments, the newest first, and the cursor of the next."""
    query = sa.select(PlaylistComment).where(PlaylistComment.playlist_id == playlist_id)
    return await newest_first(session, query, by=PlaylistComment.id, paging=paging)


async def count(session: AsyncSession, playlist_id: UUID) -> int:
    """Return how many comments a list has."""
    query = sa.select(sa.func.count()).where(PlaylistComment.playlist_id == playlist_id)
    return (await session.scalars(query)).one()


async def add(session: AsyncSession, comment: PlaylistComment) -> PlaylistComment:
    """Add a comment."""
    session.add(comment)
    await session.flush()
    return comment


async def comment(session: AsyncSession, playlist_id: UUID, comment_id: UUID) -> PlaylistComment | None:
    """Return a comment on a list."""
    query = sa.select(PlaylistComment).where(
        PlaylistComment.playlist_id == playlist_id, PlaylistComment.id == comment_id
    )
    return (await session.scalars(query)).one_or_none()


async def delete(session: AsyncSession, comment_id: UUID) -> None:
    """Delete a comment."""
    await session.execute(sa.delete(PlaylistComment).where(PlaylistComment.id == comment_id))
