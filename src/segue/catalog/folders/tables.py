"""The table of the files in folders of music: which are heard already, and why others cannot be."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.database import Base


class MusicFile(Base):
    """A file that was heard, or could not be: it is not heard again while it, and our ears, are the same.

    The system's own: where files lie is nobody's business, so places are kept as their SHA-256 only.
    """

    __tablename__ = "music_files"
    __table_args__ = (CheckConstraint("(track_id IS NULL) = (problem IS NOT NULL)", name="problem"),)

    place_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(index=True)
    version: Mapped[str]
    track_id: Mapped[UUID | None] = mapped_column(ForeignKey("songs.track_id", ondelete="CASCADE"), index=True)
    problem: Mapped[str | None]
