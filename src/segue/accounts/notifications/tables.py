"""The tables of what users are told: notifications, the browsers to push to, and what was pushed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Notification(Base):
    """Something that a user is told once: of one kind, about one subject."""

    __tablename__ = "notifications"
    __table_args__ = (UniqueConstraint("user_id", "kind", "subject_id"), Index(None, "user_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    #: What it is about: a release, a band. It may be gone by now, so that no key leads there.
    subject_id: Mapped[UUID]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]


class PushSubscription(Base):
    """A browser that a user let Segue push to (W3C Push API)."""

    __tablename__ = "push_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: Whoever knows it can push there; one browser is one user's at a time.
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class PushDelivery(Base):
    """That a notification was pushed to a browser, so that it is not a second time."""

    __tablename__ = "push_deliveries"

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("push_subscriptions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sent_at: Mapped[datetime] = mapped_column(default=now)


class PushKey(Base):
    """The key by which push services know this installation (VAPID, RFC 8292), made when it is first asked for."""

    __tablename__ = "push_keys"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_private_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
