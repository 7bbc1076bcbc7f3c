"""All SQL of notifications and of pushing them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.notifications.tables import Notification, PushDelivery, PushKey, PushSubscription
from segue.accounts.tables import User
from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.pagination import Paging, newest_first


async def tell(
    session: AsyncSession, user_ids: Collection[UUID], *, kind: str, subject_id: UUID, data: dict[str, Any]
) -> None:
    """Store a notification for each of these users who is still there and has not been told yet."""
    here = await session.scalars(select(User.id).where(User.id.in_(user_ids)).with_for_update(key_share=True))
    rows = [
        {"id": new_id(), "user_id": user_id, "kind": kind, "subject_id": subject_id, "data": data, "created_at": now()}
        for user_id in here
    ]
    if rows:
        await session.execute(insert(Notification).values(rows).on_conflict_do_nothing())


async def page(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Notification], str | None]:
    """Return a page of what a user was told, newest first, and the cursor of the next."""
    query = select(Notification).where(Notification.user_id == user_id)
    return await newest_first(session, query, by=Notification.id, paging=paging)


async def since(session: AsyncSession, user_id: UUID, after: UUID, limit: int) -> Sequence[Notification]:
    """Return what a user was told after something, oldest first."""
    query = select(Notification).where(Notification.user_id == user_id, Notification.id > after)
    return (await session.scalars(query.order_by(Notification.id).limit(limit))).all()


async def unread(session: AsyncSession, user_id: UUID) -> int:
    """Return how much of what a user was told is not read."""
    query = select(func.count()).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    return (await session.scalars(query)).one()


async def mark_read(session: AsyncSession, user_id: UUID, *, up_to: UUID | None) -> None:
    """Note that a user has read what they were told, up to something or all of it."""
    statement = update(Notification).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    if up_to is not None:
        statement = statement.where(Notification.id <= up_to)
    await session.execute(statement.values(read_at=now()))


async def forget_before(session: AsyncSession, moment: datetime, *, limit: int) -> int:
    """Delete what users were told before a moment, so many at most; return how many."""
    old = select(Notification.id).where(Notification.created_at < moment).limit(limit)
    gone = await session.scalars(delete(Notification).where(Notification.id.in_(old)).returning(Notification.id))
    return len(gone.all())


async def keep_subscription(session: AsyncSession, values: dict[str, Any]) -> PushSubscription:
    """Keep a browser's subscription; it is this user's from now on, whosever it was."""
    await session.execute(
        delete(PushSubscription).where(
            PushSubscription.endpoint == values["endpoint"], PushSubscription.user_id != values["user_id"]
        )
    )
    statement = insert(PushSubscription).values(id=new_id(), created_at=now(), **values)
    changed = statement.on_conflict_do_update(
        index_elements=[PushSubscription.endpoint], set_={"p256dh": values["p256dh"], "auth": values["auth"]}
    )
    query = changed.returning(PushSubscription).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def forget_oldest_subscriptions(session: AsyncSession, user_id: UUID, *, but: int) -> None:
    """Delete a user's subscriptions, but for the newest."""
    newest = (
        select(PushSubscription.id)
        .where(PushSubscription.user_id == user_id)
        .order_by(PushSubscription.id.desc())
        .limit(but)
    )
    await session.execute(
        delete(PushSubscription).where(PushSubscription.user_id == user_id, PushSubscription.id.not_in(newest))
    )


async def delete_subscription(session: AsyncSession, user_id: UUID, endpoint: str) -> bool:
    """Delete a browser's subscription; tell whether there was one of this user's."""
    statement = delete(PushSubscription).where(
        PushSubscription.user_id == user_id, PushSubscription.endpoint == endpoint
    )
    return (await session.scalars(statement.returning(PushSubscription.id))).first() is not None


async def forget_subscriptions(session: AsyncSession, ids: Collection[UUID] | None) -> None:
    """Delete these subscriptions, or all."""
    statement = delete(PushSubscription)
    await session.execute(statement if ids is None else statement.where(PushSubscription.id.in_(ids)))


async def undelivered(
    session: AsyncSession, user_ids: Collection[UUID], *, kind: str, subject_id: UUID
) -> list[tuple[Notification, PushSubscription]]:
    """Return a notification of each of these users with each of their browsers that it was not pushed to."""
    pushed = exists().where(
        PushDelivery.notification_id == Notification.id, PushDelivery.subscription_id == PushSubscription.id
    )
    query = (
        select(Notification, PushSubscription)
        .join(PushSubscription, PushSubscription.user_id == Notification.user_id)
        .where(
            Notification.user_id.in_(user_ids),
            Notification.kind == kind,
            Notification.subject_id == subject_id,
            Notification.read_at.is_(None),
            ~pushed,
        )
    )
    return [(notification, subscription) for notification, subscription in await session.execute(query)]


async def note_deliveries(session: AsyncSession, pairs: Sequence[tuple[Notification, PushSubscription]]) -> None:
    """Note what was pushed where, as far as both are still there."""
    wanted = [subscription.id for _, subscription in pairs]
    here = set(await session.scalars(select(PushSubscription.id).where(PushSubscription.id.in_(wanted))))
    rows = [
        {
            "notification_id": notification.id,
            "subscription_id": subscription.id,
            "user_id": notification.user_id,
            "sent_at": now(),
        }
        for notification, subscription in pairs
        if subscription.id in here
    ]
    if rows:
        await session.execute(insert(PushDelivery).values(rows).on_conflict_do_nothing())


async def sealed_key(session: AsyncSession) -> bytes | None:
    """Return this installation's key for pushing, sealed."""
    return await session.scalar(select(PushKey.sealed_private_key))


async def keep_key(session: AsyncSession, sealed: bytes, *, instead_of: bytes | None) -> bytes:
    """Keep a new key, unless another process just did; return the one that is kept."""
    statement = insert(PushKey).values(id=1, sealed_private_key=sealed, created_at=now())
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[PushKey.id],
            set_={"sealed_private_key": sealed, "created_at": now()},
            where=PushKey.sealed_private_key == instead_of,
        )
        if instead_of is not None
        else statement.on_conflict_do_nothing()
    )
    return (await session.scalars(select(PushKey.sealed_private_key))).one()
