"""The tables of bands: how they are called and sound, what they released, who follows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Band(Base):
    """An imaginary artist, under which generated tracks are released; it sounds the same from one to the next."""

    __tablename__ = "bands"
    __table_args__ = (
        CheckConstraint("visibility IN ('private', 'public')", name="visibility"),
        Index(None, "user_id", "id"),
        Index("ix_bands_next_release_at", "user_id", "next_release_at", postgresql_where=text("releases_weekly")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    #: The name folded, without spaces and a leading "the": no two bands share it, whosever they are.
    name_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    #: Since when the catalogue knows an artist of this name; none had it when the band took it.
    name_taken_at: Mapped[datetime | None]
    bio: Mapped[str]
    #: Whether the owner wrote the bio: then it is not written anew when more is known of the sound.
    bio_is_own: Mapped[bool] = mapped_column(default=False)
    visibility: Mapped[str] = mapped_column(default="private")
    #: Draws who plays and how they sound (`Wishes.band`), the cover, and titles.
    seed: Mapped[int] = mapped_column(BigInteger)
    #: What it plays: `segue.engines.writing.Sound`, as JSON.
    sound: Mapped[dict[str, Any]]
    #: Where its music lies in the space of tastes.
    vector: Mapped[Any] = mapped_column(Vector(DIMENSIONS), nullable=True, deferred=True)
    #: Which space that is: of the embedding engine with which the band was founded.
    space: Mapped[str | None]
    cover_sha256: Mapped[str | None]
    #: Since when its owner keeps it; a band that was founded on the way is not kept yet.
    saved_at: Mapped[datetime | None]
    releases_weekly: Mapped[bool] = mapped_column(default=False)
    next_release_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class BandTrack(Base):
    """That a track is a band's."""

    __tablename__ = "band_tracks"

    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True)
    band_id: Mapped[UUID] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    added_at: Mapped[datetime] = mapped_column(default=now)


class BandRelease(Base):
    """A single, EP or album of a band."""

    __tablename__ = "band_releases"
    __table_args__ = (
        CheckConstraint("kind IN ('single', 'ep', 'album')", name="kind"),
        Index(None, "band_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    band_id: Mapped[UUID] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    title: Mapped[str]
    cover_sha256: Mapped[str | None]
    released_at: Mapped[datetime] = mapped_column(default=now)


class BandReleaseTrack(Base):
    """A track's place on a release; a single may come again on an album."""

    __tablename__ = "band_release_tracks"

    release_id: Mapped[UUID] = mapped_column(ForeignKey("band_releases.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("band_tracks.track_id", ondelete="CASCADE"), primary_key=True, index=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]


class BandFollow(Base):
    """That a user wants to hear of a band's releases."""

    __tablename__ = "band_follows"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    band_id: Mapped[UUID] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"), primary_key=True, index=True)
    followed_at: Mapped[datetime] = mapped_column(default=now)
