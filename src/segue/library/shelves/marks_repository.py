"""All SQL of what listeners say of albums and artists, and of where they left off."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.library.shelves.tables import Bookmark, Kind, ShelfMark


async def star(session: AsyncSession, user_id: UUID, kind: Kind, key: str, *, at: datetime | None) -> None:
    """Note that an album or artist is starred since a moment, or is not any more."""
    await _set(session, user_id, kind, key, starred_at=at)


async def rate(session: AsyncSession, user_id: UUID, kind: Kind, key: str, *, rating: int | None) -> None:
    """Note how an album or artist is rated, 1 to 5, or that it is not any more."""
    await _set(session, user_id, kind, key, rating=rating)


async def _set(session: AsyncSession, user_id: UUID, kind: Kind, key: str, **said: datetime | int | None) -> None:
    new = insert(ShelfMark).values(user_id=user_id, kind=kind, key=key, **said)
    which = [ShelfMark.user_id, ShelfMark.kind, ShelfMark.key]
    await session.execute(new.on_conflict_do_update(index_elements=which, set_=said))
    says_nothing = ShelfMark.starred_at.is_(None) & ShelfMark.rating.is_(None)
    await session.execute(delete(ShelfMark).where(ShelfMark.user_id == user_id, says_nothing))


async def bookmarks(session: AsyncSession, user_id: UUID) -> Sequence[Bookmark]:
    """Return a user's bookmarks, the last changed first."""
    query = select(Bookmark).where(Bookmark.user_id == user_id).order_by(Bookmark.changed_at.desc())
    return (await session.scalars(query)).all()


async def keep_bookmark(
    session: AsyncSession, user_id: UUID, track_id: UUID, *, position_ms: int, comment: str | None, at: datetime
) -> None:
    """Keep a place in a track, in place of the one before."""
    changes = {"position_ms": position_ms, "comment": comment, "changed_at": at}
    new = insert(Bookmark).values(user_id=user_id, track_id=track_id, created_at=at, **changes)
    which = [Bookmark.user_id, Bookmark.track_id]
    await session.execute(new.on_conflict_do_update(index_elements=which, set_=changes))


async def delete_bookmark(session: AsyncSession, user_id: UUID, track_id: UUID) -> bool:
    """Forget a place in a track; tell whether there was one."""
    which = (Bookmark.user_id == user_id) & (Bookmark.track_id == track_id)
    return await session.scalar(delete(Bookmark).where(which).returning(Bookmark.track_id)) is not None
