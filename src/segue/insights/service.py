"""Events' decisions: what is recorded, and the figures that are made of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.insights import repository
from segue.kit.clock import now

#: Figures look back so far.
WINDOW: Final = timedelta(days=90)
RETENTION_DAYS: Final = (1, 7, 30)
#: From so many on, of five, a song sounds like somebody.
SOUNDS_LIKE_ME: Final = 4

_FIRST_PLAY: Final = "first_play"
_FIRST_AI_PLAY: Final = "first_ai_play"
_ACTIVE: Final = "active"
_RATED: Final = "sounds_like_me"


@dataclass(frozen=True, slots=True)
class Delay:
    """How long something took, in seconds: of how many users, for half of them at most, for 95 in a hundred at most."""

    users: int
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """Of how many, and which share of them, 0 to 1; None of nobody."""

    count: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """An operator's figures, of the last 90 days.

    Attributes
    ----------
    first_play, first_ai_play
        From signing up to the first song that began to play, and to the first that Segue made.
    sounds_like_me
        Ratings of 4 and 5 among all.
    retention
        By day: who signed up long enough ago, and which share of them played something on that day.
    """

    first_play: Delay
    first_ai_play: Delay
    sounds_like_me: Share
    retention: dict[int, Share]

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name, flat: None where there is nothing to count yet."""
        told: dict[str, Any] = {}
        for name, delay in (("first_play", self.first_play), ("first_ai_play", self.first_ai_play)):
            told |= {f"{name}_users": delay.users, f"{name}_p50_s": delay.p50_s, f"{name}_p95_s": delay.p95_s}
        told |= {"ratings": self.sounds_like_me.count, "sounds_like_me_share": self.sounds_like_me.share}
        for days, share in self.retention.items():
            told |= {f"day_{days}_users": share.count, f"day_{days}_retention": share.share}
        return told


async def record(
    session: AsyncSession,
    user_id: UUID,
    name: str,
    properties: dict[str, Any] | None = None,
    *,
    once: str | None = None,
    at: datetime | None = None,
) -> None:
    """Record that something happened to a user.

    Parameters
    ----------
    properties
        What is of use for figures, as JSON can hold it; no names, nothing that somebody wrote.
    once
        Of several with the same word only the first is kept.
    at
        When it happened; now by default.
    """
    told = {"user_id": user_id, "name": name, "once": once}
    values = {**told, "properties": properties or {}, "happened_at": at or now()}
    await repository.add(session, values)


async def active(session: AsyncSession, user_id: UUID, *, at: datetime) -> None:
    """Record that a user played something on a day."""
    await record(session, user_id, _ACTIVE, once=at.date().isoformat(), at=at)


async def played(session: AsyncSession, user_id: UUID, *, at: datetime, made_here: bool) -> None:
    """Record that a song began to play: how long after signing up, if it is the first, and that its user is there.

    Parameters
    ----------
    made_here
        Whether Segue made the song.
    """
    await active(session, user_id, at=at)
    names = [_FIRST_PLAY, *([_FIRST_AI_PLAY] if made_here else [])]
    missing = [name for name in names if not await repository.has(session, user_id, name)]
    if missing:
        user = await accounts.existing_user(session, user_id)
        after_s = (at - user.created_at).total_seconds()
        for name in missing if after_s >= 0 else ():
            await record(session, user_id, name, {"after_s": round(after_s, 3)}, once="", at=at)


async def rated(session: AsyncSession, user_id: UUID, *, stars: int, made_here: bool) -> None:
    """Record how much a song sounds like a user, 1 to 5."""
    await record(session, user_id, _RATED, {"stars": stars, "ai": made_here})


async def figures(session: AsyncSession) -> Figures:
    """Return the operator's figures, in the system's session."""
    moment = now()
    since = moment - WINDOW
    rated_count, share = await repository.share_at_least(session, _RATED, "stars", SOUNDS_LIKE_ME, since=since)
    retention = {
        days: Share(*await repository.retention(session, _ACTIVE, days=days, signed_up_from=since, moment=moment))
        for days in RETENTION_DAYS
    }
    return Figures(
        first_play=await _delay(session, _FIRST_PLAY, since),
        first_ai_play=await _delay(session, _FIRST_AI_PLAY, since),
        sounds_like_me=Share(rated_count, share),
        retention=retention,
    )


async def _delay(session: AsyncSession, name: str, since: datetime) -> Delay:
    users, values = await repository.quantiles(session, name, "after_s", (0.5, 0.95), since=since)
    return Delay(users, *(values or (None, None)))
