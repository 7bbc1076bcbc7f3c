"""Pushing what users were told to their browsers, each once."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from typing import Final
from uuid import UUID

import structlog

from segue.accounts.notifications import repository
from segue.accounts.notifications.keys import vapid_key
from segue.accounts.notifications.tables import Notification, PushSubscription
from segue.kit.push import MESSAGE_MAX_BYTES, Outcome, Pusher, Target
from segue.kit.runtime import Runtime

_AT_ONCE: Final = 20
_SHOWN_MAX: Final = 300
_Pair = tuple[Notification, PushSubscription]

_log = structlog.get_logger(__name__)


async def push(
    runtime: Runtime,
    user_ids: Collection[UUID],
    *,
    kind: str,
    subject_id: UUID,
    alive: Callable[[], Awaitable[None]],
) -> int:
    """Push to these users' browsers what they were told of a subject and have not read, unless it was before.

    What a service refuses is not tried again, and a browser that is gone is forgotten.

    Parameters
    ----------
    alive
        Called now and then: it takes a while.

    Returns
    -------
    int
        How many messages services may take another time.
    """
    async with runtime.database.system_session() as session:
        pairs = await repository.undelivered(session, user_ids, kind=kind, subject_id=subject_id)
    if not pairs:
        return 0
    later = 0
    settings = runtime.settings
    key = await vapid_key(runtime)
    async with Pusher(key, contact=settings.push_contact, hosts=settings.push_hosts) as pusher:
        for start in range(0, len(pairs), _AT_ONCE):
            some = pairs[start : start + _AT_ONCE]
            outcomes = await asyncio.gather(*(_send(pusher, pair) for pair in some))
            await _note(runtime, dict(zip(some, outcomes, strict=True)))
            later += outcomes.count(Outcome.LATER)
            await alive()
    return later


async def _send(pusher: Pusher, pair: _Pair) -> Outcome:
    notification, subscription = pair
    target = Target(subscription.endpoint, subscription.p256dh, subscription.auth)
    outcome = await pusher.send(target, message_of(notification), topic=notification.id.hex)
    if outcome is Outcome.REFUSED:
        _log.warning("push.refused", host=target.endpoint.split("/")[2], subscription=str(subscription.id))
    return outcome


async def _note(runtime: Runtime, outcomes: dict[_Pair, Outcome]) -> None:
    done = [pair for pair, outcome in outcomes.items() if outcome in (Outcome.SENT, Outcome.REFUSED)]
    gone = [pair[1].id for pair, outcome in outcomes.items() if outcome is Outcome.GONE]
    async with runtime.database.system_session() as session:
        await repository.forget_subscriptions(session, gone)
        await repository.note_deliveries(session, done)


def message_of(notification: Notification) -> bytes:
    """Return what a browser is sent: JSON with ``id``, ``kind``, ``title``, ``body`` and, if it fits, ``data``."""
    shown = {name: str(notification.data.get(name, ""))[:_SHOWN_MAX] for name in ("title", "body")}
    told = {"id": str(notification.id), "kind": notification.kind, **shown}
    whole = json.dumps({**told, "data": notification.data}, ensure_ascii=False).encode()
    return whole if len(whole) <= MESSAGE_MAX_BYTES else json.dumps(told, ensure_ascii=False).encode()
