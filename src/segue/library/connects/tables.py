"""The tables of connects: connected accounts, those on their way, and how much was asked of each platform."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id

#: Lapsed: the platform takes its tokens no more, so the listener has to connect again.
ConnectionStatus = Literal["connected", "lapsed"]


class Connection(Base):
    """A listener's account at a platform."""

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("user_id", "platform"),
        CheckConstraint("status IN ('connected', 'lapsed')", name="status"),
        Index("ix_connections_due", "user_id", "next_poll_at", postgresql_where=text("status = 'connected'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    platform: Mapped[str]
    #: What the platform calls the listener.
    account: Mapped[str]
    status: Mapped[ConnectionStatus] = mapped_column(Text)
    #: The platform's tokens, sealed: see `segue.library.connects.tokens`.
    sealed_tokens: Mapped[bytes] = mapped_column(LargeBinary)
    #: For each resource of the platform, how far it has been read.
    cursors: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: What it brings is kept as an import, so that it can be taken back like one.
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"), index=True)
    connected_at: Mapped[datetime] = mapped_column(default=now)
    last_polled_at: Mapped[datetime | None]
    next_poll_at: Mapped[datetime] = mapped_column(default=now)
    #: Until then the platform wants to be left in peace, whoever asks.
    blocked_until: Mapped[datetime | None]
    #: Polls in a row that failed.
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


class ConnectAttempt(Base):
    """Somebody on their way to a platform and back: known by the hash of the state that they carry, and used once."""

    __tablename__ = "connect_attempts"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str]
    #: Of the cookie that the browser got on its way out.
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_verifier: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class PlatformUse(Base):
    """What was asked of a platform on a day, by all workers together, in what its budget counts."""

    __tablename__ = "platform_use"

    platform: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int]
