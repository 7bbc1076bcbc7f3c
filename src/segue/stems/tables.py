"""The stems' tables: what a separation made, and the stems that a user owns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from segue.catalog.tables import Asset
from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Separation(Base):
    """One stem that an engine made of an asset: a cache by content, which belongs to nobody."""

    __tablename__ = "separations"

    source_asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), primary_key=True)
    engine: Mapped[str] = mapped_column(primary_key=True)
    engine_version: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Stem(Base):
    """An asset that is one part of a track."""

    __tablename__ = "stems"
    __table_args__ = (
        UniqueConstraint("track_id", "name", "engine", "engine_version"),
        CheckConstraint("name IN ('vocals', 'drums', 'bass', 'other')", name="name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"))
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    name: Mapped[str]
    engine: Mapped[str]
    engine_version: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    asset: Mapped[Asset] = relationship(lazy="joined")
