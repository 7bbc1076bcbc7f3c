"""The tables of shelves: what a listener says of albums and artists, and where they left off."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base

Kind = Literal["album", "artist"]


class ShelfMark(Base):
    """That a listener starred or rates an album or an artist; one that says nothing any more is deleted."""

    __tablename__ = "shelf_marks"
    __table_args__ = (
        CheckConstraint("kind IN ('album', 'artist')", name="kind"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Kind] = mapped_column(Text, primary_key=True)
    #: See `segue.library.shelves.repository`: made of names, so it stays while they do.
    key: Mapped[str] = mapped_column(primary_key=True)
    starred_at: Mapped[datetime | None]
    rating: Mapped[int | None] = mapped_column(SmallInteger)


class Bookmark(Base):
    """A place in a track to go on from."""

    __tablename__ = "bookmarks"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position_ms: Mapped[int] = mapped_column(BigInteger)
    comment: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
