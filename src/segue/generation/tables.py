"""The tables of generated music: what was asked for and what came of it, and the files beside the audio."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from segue.engines.generation import GenerationMode
from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Generation(Base):
    """A track that was asked for: how, by which seed, why it became what it is. It stays when the track is deleted."""

    __tablename__ = "generations"
    __table_args__ = (
        CheckConstraint("mode IN ('extend', 'new', 'similar', 'radio')", name="mode"),
        Index("ix_generations_user_id_id", "user_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("ai_jobs.id", ondelete="CASCADE"), unique=True)
    #: It says which key and facet it is in: the seed's own, and one more from one of the listener's seeds to the next.
    number: Mapped[int]
    mode: Mapped[GenerationMode] = mapped_column(Text)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_tracks.id", ondelete="SET NULL"), index=True)
    playlist_id: Mapped[UUID | None] = mapped_column(ForeignKey("playlists.id", ondelete="SET NULL"), index=True)
    #: Who plays: the band that was asked for, or the one that was founded for it.
    band_id: Mapped[UUID | None]
    create_band: Mapped[bool] = mapped_column(default=False)
    duration_s: Mapped[float]
    seed: Mapped[int] = mapped_column(BigInteger)
    #: What was liked and skipped in the queue that it is made for: ids of tracks.
    steer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    title: Mapped[str | None]
    #: Sentences.
    explanation: Mapped[list[Any]] = mapped_column(default=list)
    #: What it was made from: the wishes that the engine was given, and the facts that led to them.
    conditioning: Mapped[dict[str, Any] | None]
    engine: Mapped[str | None]
    engine_version: Mapped[str | None]
    provenance: Mapped[dict[str, Any] | None]
    track_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_tracks.id", ondelete="SET NULL"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]


class GenerationFile(Base):
    """A file of a generation that is no asset: its ``beginning`` (MP3), ``midi`` or ``project`` (JSON).

    Once there is a track, it goes with that.
    """

    __tablename__ = "generation_files"
    __table_args__ = (CheckConstraint("name IN ('beginning', 'midi', 'project')", name="name"),)

    generation_id: Mapped[UUID] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    track_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
