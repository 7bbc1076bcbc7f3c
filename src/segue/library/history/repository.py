"""All SQL of listening histories."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.tables import SourceTrack
from segue.library.moments import Pages
from segue.library.tables import Listen


@dataclass(frozen=True, slots=True)
class Which:
    """Which listens are meant: from a moment on, until before another, of a source, of a track, skips or not."""

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    track_id: UUID | None = None
    skipped: bool | None = None

    def of(self, user_id: UUID) -> ColumnElement[bool]:
        """Return the condition for those of a user."""
        condition = Listen.user_id == user_id
        if self.since is not None:
            condition &= Listen.listened_at >= self.since
        if self.until is not None:
            condition &= Listen.listened_at < self.until
        if self.source is not None:
            condition &= Listen.source == self.source
        if self.track_id is not None:
            condition &= Listen.track_id == self.track_id
        if self.skipped is not None:
            condition &= Listen.skipped.is_(self.skipped)
        return condition


@dataclass(frozen=True, slots=True)
class Played:
    """How often something was heard; what was played for how long is not known of every listen."""

    key: Any
    plays: int
    tracks: int
    played_ms: int
    last_at: datetime


async def listens_of(session: AsyncSession, user_id: UUID, which: Which, pages: Pages) -> Sequence[Listen]:
    """Return a page of a user's listens, and one more if there is another page."""
    query = pages.of(select(Listen).where(which.of(user_id)), Listen.listened_at, Listen.track_id)
    return (await session.scalars(query)).all()


async def top_tracks(session: AsyncSession, user_id: UUID, which: Which, *, limit: int) -> list[Played]:
    """Return the tracks that a user heard most, skips aside."""
    return await _top(session, Listen.track_id, which.of(user_id), limit)


async def top_artists(session: AsyncSession, user_id: UUID, which: Which, *, limit: int) -> list[Played]:
    """Return the artists whom a user heard most, as their tracks name them, skips aside."""
    named = (SourceTrack.id == Listen.track_id) & SourceTrack.artist.is_not(None) & (SourceTrack.artist != "")
    return await _top(session, SourceTrack.artist, which.of(user_id) & named, limit)


async def forget(session: AsyncSession, user_id: UUID, which: Which) -> int:
    """Forget listens; return how many there were."""
    statement = delete(Listen).where(which.of(user_id)).execution_options(synchronize_session=False)
    result = await session.execute(statement)
    return int(result.rowcount)  # type: ignore[attr-defined]


async def _top(session: AsyncSession, key: Any, condition: ColumnElement[bool], limit: int) -> list[Played]:
    plays, last_at = func.count().label("plays"), func.max(Listen.listened_at).label("last_at")
    tracks, played_ms = func.count(Listen.track_id.distinct()), func.coalesce(func.sum(Listen.played_ms), 0)
    query = select(key, plays, tracks, played_ms, last_at).where(condition, Listen.skipped.is_(False)).group_by(key)
    found = await session.execute(query.order_by(plays.desc(), last_at.desc(), key).limit(limit))
    return [Played(*row) for row in found]
