"""The catalogue's tables: assets, and the tracks that play them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


def is_made_here(source: str) -> bool:
    """Whether Segue made what comes from a source."""
    return source in ("generated", "mashup")


class Asset(Base):
    """A stored audio file, known by its content: whoever uploads the same bytes meets the same asset.

    An asset belongs to nobody; whoever may see a track or stem of it may see the asset.
    """

    __tablename__ = "assets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    probe: Mapped[dict[str, Any]]
    analysis: Mapped[dict[str, Any] | None]
    analysis_version: Mapped[str | None]
    embedding: Mapped[list[float] | None] = mapped_column(Vector(DIMENSIONS))
    created_at: Mapped[datetime] = mapped_column(default=now)


class SourceTrack(Base):
    """Anything playable with an id; `source` says where its sound comes from. External ones are nobody's."""

    __tablename__ = "source_tracks"
    __table_args__ = (
        CheckConstraint("source IN ('uploaded', 'generated', 'mashup', 'external')", name="source"),
        CheckConstraint("visibility IN ('private', 'public')", name="visibility"),
        CheckConstraint("(source = 'external') = (user_id IS NULL)", name="user_id"),
        Index(
            "uq_source_tracks_upload", "user_id", "asset_id", unique=True, postgresql_where=text("source = 'uploaded'")
        ),
        Index("ix_source_tracks_user_id_id", "user_id", "id"),
        Index(
            "ix_source_tracks_public",
            "id",
            postgresql_where=text("asset_id IS NOT NULL AND visibility = 'public'"),
        ),
        # By which bands keep from names that artists have (`segue.generation.bands`).
        Index(
            "ix_source_tracks_uploaded_artist",
            text("segue_name_key(artist)"),
            postgresql_where=text("source = 'uploaded' AND artist IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"), index=True)
    source: Mapped[str]
    title: Mapped[str]
    artist: Mapped[str | None]
    #: What is printed on a record, as far as it is known: of uploads from their tags.
    album: Mapped[str | None]
    album_artist: Mapped[str | None]
    genre: Mapped[str | None]
    year: Mapped[int | None]
    track_number: Mapped[int | None]
    disc_number: Mapped[int | None]
    visibility: Mapped[str] = mapped_column(default="private")
    created_at: Mapped[datetime] = mapped_column(default=now)

    asset: Mapped[Asset | None] = relationship(lazy="joined")

    @property
    def made_here(self) -> bool:
        """Whether Segue made it."""
        return is_made_here(self.source)
