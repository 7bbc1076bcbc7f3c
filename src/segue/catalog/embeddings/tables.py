"""The table of embeddings: one vector for each track, heard in its audio or learned from what is known of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import ForeignKey, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.database import Base


class TrackEmbedding(Base):
    """A track's point on the unit sphere. Whoever may see the track may see it, and only the system writes it."""

    __tablename__ = "embeddings"
    __table_args__ = (
        # As half precision: half the size and twice as fast to build, for the same recall.
        Index(
            "ix_embeddings_vector",
            literal_column(f"(vector::halfvec({DIMENSIONS}))").label("halves"),
            postgresql_using="hnsw",
            postgresql_ops={"halves": "halfvec_ip_ops"},
        ),
        Index("ix_embeddings_source_version", "source", "version"),
    )

    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True)
    vector: Mapped[Any] = mapped_column(Vector(DIMENSIONS))
    genre: Mapped[str | None]
    #: The engine that heard it, or ``proxy``.
    source: Mapped[str]
    #: Of the engine or of the proxy model: another one would place the track elsewhere.
    version: Mapped[str]
    #: Vectors compare within one space only: that of an engine and its version.
    space: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=now)
