"""The table of renditions: songs in other formats that were made for players."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base


class Rendition(Base):
    """A stored file that holds the same sound as another one; anybody who may play that one may have it.

    The least recently used ones go when there is no room. Only the system reads and writes them.
    """

    __tablename__ = "renditions"

    source_sha256: Mapped[str] = mapped_column(primary_key=True)
    #: What was asked for, in a word: see `segue.catalog.playback.choosing`.
    recipe: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sample_rate: Mapped[int]
    #: Of the sound itself; `delay` and `padding` lie before and behind it.
    samples: Mapped[int] = mapped_column(BigInteger)
    delay: Mapped[int]
    padding: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime] = mapped_column(default=now, index=True)
