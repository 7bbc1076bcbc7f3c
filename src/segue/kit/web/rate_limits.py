"""How often somebody may ask: a generic cell rate, kept in memory for requests and in PostgreSQL for sign-ins.

Both count with one instant for each key: the one at which its allowance will be full again (the "theoretical arrival
time" of ITU-T I.371, A). A request moves it on by the time that one request costs, and is refused if that would put it
further ahead than a whole window.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.database import Base
from segue.kit.errors import RateLimited
from segue.kit.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may still do.

    Parameters
    ----------
    limit
        Requests a window.
    remaining
        Requests that would be taken right now.
    reset_s
        Seconds until the whole allowance is back.
    retry_after_s
        Seconds until one more request would be taken; zero if this one was taken.
    """

    limit: int
    remaining: int
    reset_s: float
    retry_after_s: float

    @property
    def headers(self) -> dict[str, str]:
        """The ``RateLimit-*`` headers that tell a client."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(math.ceil(self.reset_s)),
        }


class MemoryLimiter:
    """Limits in one process: cheap enough for every request; with N processes a client may get up to N times as much.

    Parameters
    ----------
    limit
        Requests a window, for each key.
    window_s
        Length of the window.
    capacity
        Keys to remember; the longest unused are forgotten, which at worst gives them their allowance back.
    """

    def __init__(
        self, limit: int, *, window_s: float = 60, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._window_s = window_s
        self._cost_s = window_s / limit
        self._capacity = capacity
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str) -> Allowance:
        """Count one request of `key`, if it may have one."""
        present = self._clock()
        full_at = max(self._full_at.get(key, present), present)
        retry_after_s = full_at + self._cost_s - present - self._window_s
        # Sums of floats: a billionth of a second late is not late.
        taken = retry_after_s <= 1e-9
        if taken:
            full_at += self._cost_s
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > self._capacity:
                self._full_at.popitem(last=False)
        ahead_s = full_at - present
        return Allowance(
            limit=self._limit,
            remaining=int((self._window_s - ahead_s) / self._cost_s + 1e-6),
            reset_s=ahead_s,
            retry_after_s=0 if taken else retry_after_s,
        )


class RateLimit(Base):
    """When a key's allowance is full again; the table is unlogged, for a crash may forget it."""

    __tablename__ = "rate_limits"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own convention

    key: Mapped[str] = mapped_column(String(400), primary_key=True)
    full_at: Mapped[datetime] = mapped_column(index=True)


_TAKE = text("""
    INSERT INTO rate_limits AS kept (key, full_at)
    VALUES (:key, clock_timestamp() + make_interval(secs => :cost_s))
    ON CONFLICT (key) DO UPDATE
    SET full_at = greatest(kept.full_at, clock_timestamp()) + make_interval(secs => :cost_s)
    WHERE greatest(kept.full_at, clock_timestamp()) + make_interval(secs => :cost_s)
        <= clock_timestamp() + make_interval(secs => :window_s)
    RETURNING true
""")
_RETRY_AFTER = text("""
    SELECT extract(epoch FROM full_at - clock_timestamp())::float8 + :cost_s - :window_s
    FROM rate_limits WHERE key = :key
""")
_SWEEP = text("""
    DELETE FROM rate_limits WHERE key IN (
        SELECT key FROM rate_limits WHERE full_at < clock_timestamp() ORDER BY full_at LIMIT :few FOR UPDATE SKIP LOCKED
    )
""")


async def take_shared(session: AsyncSession, *keys: str, limit: int, window_s: float = 60) -> float:
    """Count one attempt of each of `keys` for all processes together.

    The caller gives a system session of its own, which commits whatever then comes of the attempt. Each call also
    forgets a few keys whose allowance is full, so the table holds no more than the attempts of one window.

    Returns
    -------
    float
        Seconds to wait; zero if the attempt may go on.
    """
    # In one order, and swept at the end without waiting, so that no two attempts wait for each other.
    wait_s = max([await _take(session, key[:400], limit, window_s) for key in sorted(keys)])
    await session.execute(_SWEEP, {"few": 4 * len(keys)})
    return wait_s


async def limit_attempts(runtime: Runtime, *keys: str, times: int = 1) -> None:
    """Count an attempt for each key, in a transaction of its own that stays whatever comes of the attempt.

    Parameters
    ----------
    times
        So many times the attempts of a sign-in may be had.

    Raises
    ------
    RateLimited
        There were too many of late.
    """
    async with runtime.database.system_session() as session:
        wait_s = await take_shared(session, *keys, limit=times * runtime.settings.signins_per_minute)
    if wait_s > 0:
        raise RateLimited("Too many attempts: wait before the next one.", retry_after_s=wait_s)


async def refuse_while_limited(runtime: Runtime, key: str, *, times: int = 1) -> None:
    """Refuse a key that has used its attempts up, without counting one: for where only what fails is counted.

    Takes `times` as `limit_attempts` does.

    Raises
    ------
    RateLimited
        There were too many of late.
    """
    limit = times * runtime.settings.signins_per_minute
    async with runtime.database.system_session() as session:
        wait_s = float(await session.scalar(_RETRY_AFTER, _values(key[:400], limit, 60)) or 0)
    if wait_s > 0:
        raise RateLimited("Too many attempts: wait before the next one.", retry_after_s=wait_s)


async def forget_attempts(session: AsyncSession, *keys: str) -> None:
    """Forget the attempts of some keys, for whom they name is gone."""
    await session.execute(delete(RateLimit).where(RateLimit.key.in_([key[:400] for key in keys])))


async def _take(session: AsyncSession, key: str, limit: int, window_s: float) -> float:
    values = _values(key, limit, window_s)
    if await session.scalar(_TAKE, values):
        return 0
    return max(0.001, float(await session.scalar(_RETRY_AFTER, values) or 0))


def _values(key: str, limit: int, window_s: float) -> dict[str, str | float]:
    return {"key": key, "cost_s": window_s / limit, "window_s": window_s}
