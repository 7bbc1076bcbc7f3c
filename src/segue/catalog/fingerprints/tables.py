"""The tables of landmark fingerprints: one row an asset, and lists of landmarks by their hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Integer
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base


class Fingerprint(Base):
    """The peaks of an asset and the number by which lists know it. Like its asset, it belongs to nobody.

    It goes when the last track of its asset does: a trigger of the database sees to it.
    """

    __tablename__ = "fingerprints"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    version: Mapped[int]
    peaks: Mapped[bytes]
    #: Sorted, each once: the lists to take the asset out of.
    hashes: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    created_at: Mapped[datetime] = mapped_column(default=now)


class LandmarkList(Base):
    """All landmarks with one hash of some thousands of recordings that have successive numbers.

    A list of many is eight bytes a landmark; a row each would be seventy. A shard bounds what an upload rewrites.
    """

    __tablename__ = "landmark_lists"

    hash: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    postings: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
