"""How many tracks a listener may have made a day: theirs, from midnight to midnight where they are."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.accounts.tables import User
from segue.generation import repository
from segue.kit.clock import now
from segue.kit.errors import SegueError
from segue.kit.settings import Settings

#: No day is shorter, so that nobody has more of them by moving their clock. Where clocks go forward, one is so long.
_SHORTEST_DAY: Final = timedelta(hours=23)


class QuotaReached(SegueError):
    """As many tracks were made today as the listener may have."""

    status: ClassVar[int] = 402
    type: ClassVar[str] = "quota-reached"
    title: ClassVar[str] = "No more tracks today"


@dataclass(frozen=True, slots=True)
class Quota:
    """What a listener may have made today.

    Attributes
    ----------
    limit
        Tracks a day; None: as many as they like.
    used
        Those of today, without what failed or was cancelled before anything could be heard of it.
    resets_at
        Their midnight.
    """

    tier: Literal["free", "premium"]
    limit: int | None
    used: int
    resets_at: datetime
    time_zone: str

    @property
    def left(self) -> int | None:
        """How many more; None: as many as they like."""
        return None if self.limit is None else max(0, self.limit - self.used)


def day_at(moment: datetime, zone: str, last_until: datetime | None) -> tuple[datetime, datetime]:
    """Return when the day of a moment begins and ends in a time zone.

    Parameters
    ----------
    last_until
        When the day that was counted last ended: this one doesn't reach back behind it, and lasts 23 hours at least.
    """
    here = ZoneInfo(zone)
    midnight = datetime.combine(moment.astimezone(here).date(), time(), here)
    following = datetime.combine(midnight.date() + timedelta(days=1), time(), here)
    begin, end = midnight.astimezone(moment.tzinfo), following.astimezone(moment.tzinfo)
    if last_until is not None and last_until > begin:
        begin = last_until
        if end - begin < _SHORTEST_DAY:
            following = datetime.combine(following.date() + timedelta(days=1), time(), here)
            end = following.astimezone(moment.tzinfo)
    return begin, end


async def quota_of(session: AsyncSession, user_id: UUID) -> Quota:
    """Return what a user may have made today."""
    user = await accounts.user_now(session, user_id)
    return await _counted(session, user)


async def take(session: AsyncSession, user_id: UUID) -> Quota:
    """Count one more track for a user: it is theirs when the transaction commits, and others wait until then.

    What fails, or is cancelled before anything was made, is given back: it isn't counted any more.

    Returns
    -------
    Quota
        With that track in it.

    Raises
    ------
    QuotaReached
        There are no more for today.
    """
    user = await accounts.user_now(session, user_id, to_change=True)
    quota = await _counted(session, user)
    if quota.left == 0:
        raise QuotaReached(
            f"{quota.limit} tracks a day are free, and today's are made. More can be made from"
            f" {quota.resets_at.astimezone(ZoneInfo(quota.time_zone)):%H:%M on %-d %B %Y} ({quota.time_zone});"
            " the premium tier has as many as you like.",
            limit=quota.limit,
            used=quota.used,
            resets_at=quota.resets_at.isoformat(),
            unlocked_by="premium",
        )
    user.daily_count = quota.used + 1
    await session.flush()
    return Quota(quota.tier, quota.limit, quota.used + 1, quota.resets_at, quota.time_zone)


async def _counted(session: AsyncSession, user: User) -> Quota:
    """Count a user's tracks of today anew, and keep the count with them."""
    moment = now()
    if user.daily_from is None or user.daily_until is None or user.daily_until <= moment:
        user.daily_from, user.daily_until = day_at(moment, user.time_zone, user.daily_until)
    user.daily_count = await repository.count_made(session, user.id, since=user.daily_from)
    limit = None if user.tier == "premium" else _limit(session)
    return Quota(user.tier, limit, user.daily_count, user.daily_until, user.time_zone)


def _limit(session: AsyncSession) -> int:
    settings = session.info.get("settings")
    return settings.generations_per_day if isinstance(settings, Settings) else 15
