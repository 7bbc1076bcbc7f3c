"""What people say of a playlist: whoever sees it may; what is theirs they change, and its owner may take any away."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.errors import Conflict, NotFound
from segue.kit.pagination import Paging
from segue.library.playlists import access, comments_repository
from segue.library.playlists.tables import PlaylistComment

MOST_COMMENTS: Final = 5_000
_NONE: Final = "There is no such comment of yours on this playlist."


async def comments_of(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, paging: Paging
) -> tuple[Sequence[PlaylistComment], str | None]:
    """Return a page of comments, the newest first, and the cursor of the next.

    Raises
    ------
    NotFound
        There is no such list that they see.
    """
    await access.allowed(session, user_id, playlist_id)
    return await comments_repository.comments_of(session, playlist_id, paging)


async def say(session: AsyncSession, user_id: UUID, playlist_id: UUID, text: str) -> PlaylistComment:
    """Say something of a list.

    Raises
    ------
    NotFound
        There is no such list that they see.
    Conflict
        So much was said that there is no room for more.
    """
    await access.allowed(session, user_id, playlist_id)
    if await comments_repository.count(session, playlist_id) >= MOST_COMMENTS:
        raise Conflict(f"This list has {MOST_COMMENTS} comments: there is no room for more.")
    comment = PlaylistComment(playlist_id=playlist_id, user_id=user_id, text=text, created_at=now())
    return await comments_repository.add(session, comment)


async def change(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, comment_id: UUID, text: str
) -> PlaylistComment:
    """Say something else in its place.

    Raises
    ------
    NotFound
        There is no such comment of theirs.
    """
    await access.allowed(session, user_id, playlist_id)
    comment = await comments_repository.comment(session, playlist_id, comment_id)
    if comment is None or comment.user_id != user_id:
        raise NotFound(_NONE)
    comment.text, comment.edited_at = text, now()
    return comment


async def take_away(session: AsyncSession, user_id: UUID, playlist_id: UUID, comment_id: UUID) -> None:
    """Take away a comment of one's own, or any on a list of one's own.

    Raises
    ------
    NotFound
        There is no such comment that they may take away.
    """
    playlist, _ = await access.allowed(session, user_id, playlist_id)
    comment = await comments_repository.comment(session, playlist_id, comment_id)
    if comment is None or user_id not in (comment.user_id, playlist.user_id):
        raise NotFound(_NONE)
    await comments_repository.delete(session, comment_id)
