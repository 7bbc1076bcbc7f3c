"""The tables of discovery: a listener's queue, and the radio that fills it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.database import Base


class Queue(Base):
    """A listener's one queue, on all their devices; each change makes another version of it."""

    __tablename__ = "queues"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    #: Items before it are past; the one there plays. Beyond the last: all is past.
    current_place: Mapped[int] = mapped_column(default=0)
    #: What was cleared or removed last, to be put back.
    removed: Mapped[dict[str, Any] | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)
    #: How far a player was in an item when it saved the queue, and which one that was.
    position_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    position_item_id: Mapped[UUID | None]
    changed_by: Mapped[str | None]


class QueueItem(Base):
    """A track's place in a queue, and what became of it."""

    __tablename__ = "queue_items"
    __table_args__ = (
        CheckConstraint("added_by IN ('listener', 'radio')", name="added_by"),
        CheckConstraint("outcome IN ('played', 'skipped')", name="outcome"),
        Index("ix_queue_items_user_id_place", "user_id", "place"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    added_by: Mapped[str]
    outcome: Mapped[str | None]
    added_at: Mapped[datetime] = mapped_column(default=now)


class Radio(Base):
    """What keeps a queue filled: where it began in the space of embeddings; one that was stopped stays until the next.

    `vector` is None where nobody knows where its seed lies.
    """

    __tablename__ = "radios"
    __table_args__ = (CheckConstraint("seed_kind IN ('taste', 'track', 'playlist')", name="seed_kind"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seed_kind: Mapped[str]
    seed_id: Mapped[UUID | None]
    space: Mapped[str | None]
    vector: Mapped[Any] = mapped_column(Vector(DIMENSIONS), nullable=True)
    #: What was said of its tracks when they were chosen last: by the tracks' ids.
    steered_by: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str | None]
    began_at: Mapped[datetime] = mapped_column(default=now)
    stopped_at: Mapped[datetime | None]


class RadioGeneration(Base):
    """A track that is being made for a radio, until it is taken into the queue."""

    __tablename__ = "radio_generations"

    generation_id: Mapped[UUID] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
