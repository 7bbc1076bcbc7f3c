"""The studio's tables: mashups, what sounds in them, where it came from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Mashup(Base):
    """A mix of stems with lineage; `track_id` plays it."""

    __tablename__ = "mashups"
    __table_args__ = (Index("ix_mashups_user_id_id", "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("ai_jobs.id"), unique=True)
    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), unique=True)
    title: Mapped[str]
    vibe: Mapped[str]
    intensity: Mapped[float]
    transition_style: Mapped[str]
    compatibility: Mapped[float]
    report: Mapped[dict[str, Any]]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class MashupStem(Base):
    """A stem as it sounds in a mashup: its part in the arrangement."""

    __tablename__ = "mashup_stems"

    mashup_id: Mapped[UUID] = mapped_column(ForeignKey("mashups.id", ondelete="CASCADE"), primary_key=True)
    stem_id: Mapped[UUID] = mapped_column(ForeignKey("stems.id"), primary_key=True, index=True)
    role: Mapped[str]
    stretch: Mapped[float]
    transpose_semitones: Mapped[int]


class StemMashupLink(Base):
    """A stem's credit in a mashup: `contribution` is its share, and a mashup's shares sum to one."""

    __tablename__ = "stem_mashup_links"
    __table_args__ = (CheckConstraint("contribution > 0 AND contribution <= 1", name="contribution"),)

    stem_id: Mapped[UUID] = mapped_column(ForeignKey("stems.id"), primary_key=True)
    mashup_id: Mapped[UUID] = mapped_column(ForeignKey("mashups.id", ondelete="CASCADE"), primary_key=True, index=True)
    contribution: Mapped[float]


class RemixRelation(Base):
    """That one track was made out of another."""

    __tablename__ = "remix_relations"
    __table_args__ = (CheckConstraint("parent_track_id <> child_track_id", name="distinct"),)

    parent_track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id"), primary_key=True)
    child_track_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    relation: Mapped[str] = mapped_column(default="mashup")
