"""The table of players' passwords."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base


class PlayerPassword(Base):
    """What a user's players sign in with where a protocol hashes the password itself: sealed, not hashed."""

    __tablename__ = "player_passwords"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: To the hour.
    last_used_at: Mapped[datetime | None]
