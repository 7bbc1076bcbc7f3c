"""The decisions of notifications: telling users once, showing them, streaming them, and who may be pushed to."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.notifications import repository
from segue.accounts.notifications.keys import vapid_key
from segue.accounts.notifications.pushing import push
from segue.accounts.notifications.tables import Notification, PushSubscription
from segue.kit.clock import now
from segue.kit.database import DATABASE_GONE, Database
from segue.kit.errors import NotFound
from segue.kit.pagination import Paging
from segue.kit.push import Target, check_target
from segue.kit.realtime import NOTIFICATIONS_CHANNEL, NotificationHub
from segue.kit.runtime import Runtime

__all__ = [
    "forget_stale",
    "mark_read",
    "public_key",
    "push",
    "recent",
    "subscribe",
    "tell",
    "unread",
    "unsubscribe",
    "watch",
]

KEEP_ALIVE_S: Final = 15.0
#: For so long users find what they were told.
REMEMBERED: Final = timedelta(days=180)
_BROWSERS_PER_USER: Final = 20
_AT_A_TIME: Final = 100
#: Whoever tells something makes its id a little before others see it: so far back is looked again.
_OVERLAP: Final = timedelta(seconds=30)


async def tell(
    session: AsyncSession, user_ids: Collection[UUID], *, kind: str, subject_id: UUID, data: dict[str, Any]
) -> None:
    """Tell users something: once, however often this is called for the kind and subject; the session is the system's.

    Parameters
    ----------
    data
        What is shown: ``title`` and ``body``, and whatever the kind of notification has beside.
    """
    await repository.tell(session, user_ids, kind=kind, subject_id=subject_id, data=data)


async def recent(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Notification], str | None]:
    """Return a page of what a user was told, newest first, and the cursor of the next."""
    return await repository.page(session, user_id, paging)


async def unread(session: AsyncSession, user_id: UUID) -> int:
    """Return how much of what a user was told is not read."""
    return await repository.unread(session, user_id)


async def mark_read(session: AsyncSession, user_id: UUID, *, up_to: UUID | None) -> None:
    """Note that a user has read what they were told, up to something or all of it."""
    await repository.mark_read(session, user_id, up_to=up_to)


async def forget_stale(session: AsyncSession) -> int:
    """Delete what users were told too long ago, some at a time; the session is the system's. Return how many."""
    return await repository.forget_before(session, now() - REMEMBERED, limit=_AT_A_TIME * 100)


async def watch(
    database: Database,
    hub: NotificationHub,
    user_id: UUID,
    after: UUID | None,
    *,
    keep_alive_s: float = KEEP_ALIVE_S,
) -> AsyncGenerator[Notification | None, None]:
    """Yield what a user is told from now on, or since they were told `after`; ``None`` says that the stream lives."""
    start = newest = after or _first_id_at(now())
    seen: set[UUID] = set()
    async with hub.subscribe(NOTIFICATIONS_CHANNEL, str(user_id)) as subscription:
        while True:
            begin = max(start, min(newest, _first_id_at(now() - _OVERLAP)))
            try:
                async with database.session(user_id) as session:
                    told = await repository.since(session, user_id, begin, _AT_A_TIME)
            except DATABASE_GONE:
                yield None
                await asyncio.sleep(1)
                continue
            for one in told:
                if one.id not in seen:
                    yield one
            seen = {one.id for one in told}
            newest = max([newest, *seen])
            if len(told) == _AT_A_TIME:
                start = told[-1].id
            elif await subscription.wait(keep_alive_s) == "timeout":
                yield None


async def subscribe(runtime: Runtime, user_id: UUID, target: Target) -> PushSubscription:
    """Let Segue push to a browser of a user's; what it was before, and whose, does not matter.

    Raises
    ------
    InvalidRequest
        It is no subscription at a push service that the settings name.
    """
    check_target(target, runtime.settings.push_hosts)
    values = {"user_id": user_id, "endpoint": target.endpoint, "p256dh": target.p256dh, "auth": target.auth}
    # The system's: a browser that somebody else used before is theirs no more.
    async with runtime.database.system_session() as session:
        subscription = await repository.keep_subscription(session, values)
        await repository.forget_oldest_subscriptions(session, user_id, but=_BROWSERS_PER_USER)
    return subscription


async def unsubscribe(session: AsyncSession, user_id: UUID, endpoint: str) -> None:
    """Push no more to a browser.

    Raises
    ------
    NotFound
        It is no browser of this user's.
    """
    if not await repository.delete_subscription(session, user_id, endpoint):
        raise NotFound("Nothing is pushed to such a browser of yours.")


async def public_key(runtime: Runtime) -> str:
    """Return what a page gives its browser as ``applicationServerKey``."""
    return (await vapid_key(runtime)).public_key


def _first_id_at(moment: datetime) -> UUID:
    """Return the lowest id (UUIDv7) that something of a moment may have."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
