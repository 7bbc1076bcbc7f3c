"""What happens to bands over time: a single a week, an EP or album in time, names that others take or get back."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.notifications import service as notifications
from segue.generation import service as generation
from segue.generation.bands import repository, service
from segue.generation.bands.tables import Band
from segue.generation.bands.writing import words_for
from segue.kit.clock import now
from segue.kit.errors import RateLimited
from segue.kit.jobs import JobContext

NAME_TAKEN: Final = "band.name_taken"
#: After a day on which the owner had all tracks that they may have made.
_TRIED_AGAIN_AFTER: Final = timedelta(days=1)
#: So long the name of a band waits for its first track, should the job that plays it fail or be cancelled.
_UNPLAYED_FOR: Final = timedelta(hours=6)

_log = structlog.get_logger(__name__)


async def release_due(job: JobContext) -> dict[str, Any]:
    """Have a single made for each band of the job's user that is due, as far as their day's tracks reach."""
    begun: list[str] = []
    put_off = 0
    async with job.session() as session:
        for band in await repository.bands_due(session, job.user_id):
            if await _begin(session, band):
                begun.append(str(band.id))
            else:
                put_off += 1
    return {"bands": begun, "put_off": put_off}


async def _begin(session: AsyncSession, band: Band) -> bool:
    """Have a track made for a band and settle when the next one is due; tell whether one is made.

    A band without followers, or one that nobody keeps, has none made: nobody would hear of it.
    """
    followers = (await repository.followers(session, [band.id])).get(band.id, 0)
    if not followers or band.saved_at is None:
        band.next_release_at = now() + service.RELEASED_EVERY
        return False
    try:
        async with session.begin_nested():
            await generation.begin(session, band.user_id, mode="new", band_id=band.id)
    except (generation.QuotaReached, RateLimited) as reason:
        _log.info("band.release_put_off", band_id=str(band.id), reason=reason.detail)
        band.next_release_at = now() + _TRIED_AGAIN_AFTER
        return False
    band.next_release_at = now() + service.RELEASED_EVERY
    return True


async def look_after(job: JobContext) -> dict[str, Any]:
    """Bring out what is due of the job's user's bands, and tell them of names that artists have by now.

    A band that was founded for a track that never came is forgotten: its name is free for others.
    """
    async with job.session() as session:
        forgotten = await repository.forget_unplayed(session, job.user_id, before=now() - _UNPLAYED_FOR)
        found = await repository.own_bands(session, job.user_id)
    collected = 0
    for one in found:
        words = await words_for(job, one.id)
        async with job.session() as session:
            band = await repository.own_band(session, one.id, job.user_id)
            collected += band is not None and await service.collect(session, band, words) is not None
    async with job.runtime.database.system_session() as session:
        taken = await repository.note_names_taken(session, job.user_id)
        for band in taken:
            await notifications.tell(session, [job.user_id], kind=NAME_TAKEN, subject_id=band.id, data=_warning(band))
    return {"collected": collected, "names_taken": len(taken), "forgotten": forgotten}


def _warning(band: Band) -> dict[str, Any]:
    return {
        "title": f"There is a {band.name} already",
        "body": "An artist of this name is in the catalogue by now. Give your band another one.",
        "band_id": str(band.id),
    }


async def owners(session: AsyncSession, *, after: UUID, limit: int) -> list[UUID]:
    """Return users whose bands are to be looked after, in the order of their ids."""
    loose = await repository.owners_of_loose_tracks(session, after=after, limit=limit)
    taken = await repository.names_taken(session, after=after, limit=limit)
    unplayed = await repository.owners_of_unplayed(session, before=now() - _UNPLAYED_FOR, after=after, limit=limit)
    return sorted({*loose, *taken, *unplayed})[:limit]
