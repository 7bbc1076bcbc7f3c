"""The tables of screenshots: what each is, and its rows as they were read and corrected."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Integer
from sqlalchemy.dialects.postgresql import JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.database import Base


class Screenshot(Base):
    """What an import is an image of; `list_name` is what stands above the list."""

    __tablename__ = "screenshots"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    list_name: Mapped[str | None]


class ScreenshotRow(Base):
    """A row of a screenshot, or one that its owner added; those that are `dropped` do not count.

    `box` (left, top, right, bottom), `text` and `confidence` tell what was read. `score` is how probable it is that
    the song is `track_id`, by its name; none where its owner chose the track. `alternatives` are track ids with scores.
    """

    __tablename__ = "screenshot_rows"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    box: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    text: Mapped[str | None]
    confidence: Mapped[float | None] = mapped_column(REAL)
    title: Mapped[str]
    artist: Mapped[str]
    album: Mapped[str | None]
    duration_ms: Mapped[int | None]
    track_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_tracks.id", ondelete="SET NULL"), index=True)
    score: Mapped[float | None] = mapped_column(REAL)
    alternatives: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    dropped: Mapped[bool]
