"""The table of sleeves."""

from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.database import Base


class AssetSleeve(Base):
    """What came in an asset's file beside the sound, as far as it was looked for; only the system reads it."""

    __tablename__ = "asset_sleeves"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    #: A JPEG of ours, of 600 pixels a side at most.
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    lyrics: Mapped[str | None]
