"""What other domains may ask of listeners' histories."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.library.evidence import repository
from segue.library.evidence.repository import TrackHistory

__all__ = [
    "TrackHistory",
    "changed",
    "changed_since",
    "contexts_of",
    "count_known",
    "histories",
    "known_tracks",
    "listeners",
    "opinions",
    "state",
]

#: A song that a thousand people hear is in company enough by some of them.
_PER_TRACK: Final = 20
#: So many new listens are reason enough to look at a history anew.
_ENOUGH_NEW: Final = 20


async def histories(session: AsyncSession, user_id: UUID, *, recent_from: datetime) -> list[TrackHistory]:
    """Return what a listener did with each track that they have anything to do with."""
    return await repository.histories(session, user_id, recent_from=recent_from)


async def opinions(
    session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID]
) -> dict[UUID, tuple[bool | None, int | None]]:
    """Return whether a listener likes tracks and how they rate them, 1 to 5, where they have said either."""
    return await repository.opinions(session, user_id, track_ids)


async def state(session: AsyncSession, user_id: UUID) -> str:
    """Return what a listener's library looks like, as a word to compare."""
    return await repository.state(session, user_id)


async def changed_since(session: AsyncSession, user_id: UUID, *, state: str, read_at: datetime) -> bool:
    """Tell whether a library that looked like `state` at a moment has changed enough to be looked at anew."""
    if await repository.state(session, user_id) != state:
        return True
    return await repository.count_since(session, user_id, read_at, most=_ENOUGH_NEW) >= _ENOUGH_NEW


async def changed(session: AsyncSession, seen: Mapping[UUID, tuple[str, datetime]]) -> set[UUID]:
    """Return those listeners whose library has changed at all since it was seen, in a state and at a moment.

    Parameters
    ----------
    session
        The system's.
    """
    return await repository.changed(session, seen)


async def contexts_of(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, dict[int, float]]:
    """Return in which histories, weeks of histories and playlists tracks are, each by a hash that tells nothing.

    Parameters
    ----------
    session
        The system's: everyone's histories count.
    """
    found = await repository.contexts(session, track_ids, per_track=_PER_TRACK)
    return {track_id: dict(zip(hashes, strengths, strict=True)) for track_id, hashes, strengths in found}


async def known_tracks(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Return tracks that any listener has to do with, the newest, in the system's session."""
    return await repository.known_tracks(session, limit=limit)


async def count_known(session: AsyncSession, *, most: int) -> int:
    """Return how many tracks any listener has to do with, counting no further than `most`, in the system's session."""
    return await repository.count_known(session, most=most)


async def listeners(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return those who have a history or a library, by their ids, in the system's session."""
    return await repository.listeners(session, after=after, limit=limit)


async def has_any(session: AsyncSession, user_id: UUID) -> bool:
    """Tell whether there is anything to conclude from."""
    return await repository.has_any(session, user_id)
