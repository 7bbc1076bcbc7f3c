"""Decisions about listening histories."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.errors import InvalidRequest, NotFound
from segue.library import repository as library
from segue.library.history import repository
from segue.library.history.repository import Played, Which
from segue.library.moments import At, Pages
from segue.library.tables import Listen

__all__ = ["Played", "Which", "forget_one", "forget_period", "listens_of", "top_artists", "top_tracks"]


async def listens_of(
    session: AsyncSession, user_id: UUID, which: Which, pages: Pages
) -> tuple[Sequence[Listen], str | None]:
    """Return a page of a user's listens, newest first, and the cursor of the next."""
    found = await repository.listens_of(session, user_id, which, pages)
    if len(found) <= pages.limit:
        return found, None
    last = found[pages.limit - 1]
    return found[: pages.limit], At(last.listened_at, last.track_id).as_cursor()


async def top_tracks(session: AsyncSession, user_id: UUID, which: Which, *, limit: int) -> list[Played]:
    """Return the tracks that a user heard most; their keys are ids."""
    return await repository.top_tracks(session, user_id, which, limit=limit)


async def top_artists(session: AsyncSession, user_id: UUID, which: Which, *, limit: int) -> list[Played]:
    """Return the artists whom a user heard most; their keys are names."""
    return await repository.top_artists(session, user_id, which, limit=limit)


async def forget_one(session: AsyncSession, user_id: UUID, track_id: UUID, listened_at: datetime) -> None:
    """Forget one listen.

    Raises
    ------
    NotFound
        There is none of this track at this moment.
    """
    if not await library.delete_listen(session, user_id, track_id, listened_at):
        raise NotFound("There is no such listen of yours.")


async def forget_period(session: AsyncSession, user_id: UUID, which: Which) -> int:
    """Forget the listens of a period, or of a source or track in it; return how many there were.

    Raises
    ------
    InvalidRequest
        Nothing says which.
    """
    if which == Which():
        raise InvalidRequest("Say which listens to forget: since, until, source or track_id.")
    return await repository.forget(session, user_id, which)
