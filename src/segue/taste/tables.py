"""Taste's tables: what was found of each listener's, what moved it since, what they said, and the models of proxies.

The taste vector itself and the preferences are columns of `users`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Taste(Base):
    """What was found of a listener's taste when their library was last read as a whole."""

    __tablename__ = "tastes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    #: Where its vectors compare, and by which model of proxies they were made: of another they say nothing.
    space: Mapped[str]
    model: Mapped[str]
    #: The songs that speak most, each as [track, weight, facet, x, y]: its place on the map.
    songs: Mapped[list[Any]]
    #: Counts, words and histograms: what `segue.taste.describing` made of the songs.
    profile: Mapped[dict[str, Any]]
    #: What the library looked like; where it looks otherwise now, the taste is old.
    library_state: Mapped[str]
    read_at: Mapped[datetime]


class TasteFacet(Base):
    """One kind of music that a listener likes, as it was found; `TasteMove`s come on top."""

    __tablename__ = "taste_facets"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    direction: Mapped[Any] = mapped_column(Vector(DIMENSIONS))
    weight: Mapped[float] = mapped_column(REAL)


class TasteMove(Base):
    """By how much a listener has said more, or less, for a song since their taste was found."""

    __tablename__ = "taste_moves"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    weight: Mapped[float] = mapped_column(REAL)
    moved_at: Mapped[datetime] = mapped_column(default=now)


class Feedback(Base):
    """How much a song sounds like its listener, as they say: 1 not at all, 5 very much."""

    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("sounds_like_me BETWEEN 1 AND 5", name="sounds_like_me"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    sounds_like_me: Mapped[int] = mapped_column(SmallInteger)
    given_at: Mapped[datetime] = mapped_column(default=now)


class StoredModel(Base):
    """A model of proxies; the newest of a space is the one that counts."""

    __tablename__ = "proxy_models"
    __table_args__ = (Index("ix_proxy_models_space_id", "space", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    space: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    #: From how many songs it was learned, and how many of these had audio.
    songs: Mapped[int]
    heard: Mapped[int]
    #: The mean cosine between proxies of songs that were held out and their embeddings.
    error: Mapped[float | None] = mapped_column(REAL)
    learned_at: Mapped[datetime] = mapped_column(default=now)
