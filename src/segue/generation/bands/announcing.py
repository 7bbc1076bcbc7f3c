"""Telling a band's followers of a release, and pushing it to their browsers."""

from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.notifications import service as notifications
from segue.generation.bands import repository
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.errors import RateLimited, Unavailable
from segue.kit.jobs import JobContext, JobType, enqueue

KIND: Final = "band.release"
_FOLLOWERS_AT_A_TIME: Final = 200
_BEFORE_ALL: Final = UUID(int=0)
_WORDS: Final = {"single": "New single", "ep": "New EP", "album": "New album"}

_log = structlog.get_logger(__name__)


async def announce_later(session: AsyncSession, band: Band, release: BandRelease) -> None:
    """Have a job tell the followers of a release, if its band is public."""
    if band.visibility != "public":
        return
    try:
        await enqueue(
            session,
            ANNOUNCE,
            user_id=band.user_id,
            input_data={"release_id": str(release.id)},
            dedupe_key=str(release.id),
        )
    except RateLimited:
        # The release itself shall not fail for it: followers find it with the band.
        _log.warning("band.not_announced", release_id=str(release.id))


async def announce(job: JobContext) -> dict[str, Any]:
    """Tell all followers of the release that `input["release_id"]` names; each is told once, however often it runs."""
    release_id = UUID(job.input["release_id"])
    async with job.session() as session:
        release = await repository.release(session, release_id)
        band = None if release is None else await repository.band(session, release.band_id)
    if release is None or band is None or band.visibility != "public":
        return {"told": 0, "not_pushed": 0}
    told, later, after = 0, 0, _BEFORE_ALL

    async def alive() -> None:
        await job.report(min(99, told))

    while True:
        async with job.runtime.database.system_session() as session:
            users = await repository.followers_after(session, band.id, after=after, limit=_FOLLOWERS_AT_A_TIME)
            await notifications.tell(session, users, kind=KIND, subject_id=release.id, data=_told(band, release))
        later += await notifications.push(job.runtime, users, kind=KIND, subject_id=release.id, alive=alive)
        told += len(users)
        if len(users) < _FOLLOWERS_AT_A_TIME:
            break
        after = users[-1]
        await alive()
    if later and job.attempt < job.runtime.settings.job_attempts:
        raise Unavailable(f"Push services were busy: {later} messages are to be sent again.")
    return {"told": told, "not_pushed": later}


def _told(band: Band, release: BandRelease) -> dict[str, Any]:
    return {
        "title": band.name,
        "body": f"{_WORDS[release.kind]}: {release.title}",
        "band_id": str(band.id),
        "release_id": str(release.id),
        "kind": release.kind,
    }


ANNOUNCE = JobType("bands.announce", announce)
