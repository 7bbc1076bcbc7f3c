"""The table of events: only ever added to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Event(Base):
    """That something happened to a user; of those with the same `name` and `once`, a user has one, the first."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("user_id", "name", "once"),
        Index("ix_events_name_happened_at", "name", "happened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    once: Mapped[str | None]
    properties: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime] = mapped_column(default=now)
