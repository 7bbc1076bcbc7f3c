"""The library's tables: imports and what they could not read, listens, the songs and lists that a listener keeps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class Import(Base):
    """A file that a listener brought; the same file again is the same import."""

    __tablename__ = "imports"
    __table_args__ = (UniqueConstraint("user_id", "sha256"), Index("ix_imports_user_id_id", "user_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[UUID | None]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    filename: Mapped[str]
    format: Mapped[str]
    counts: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]
    #: What was read is to be looked over, and confirmed, before it counts.
    awaits_review: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class ImportProblem(Base):
    """A row of an import that was refused: where it stands and why."""

    __tablename__ = "import_problems"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[str]
    reason: Mapped[str]


class Listen(Base):
    """That a listener heard a track; `skipped` counts against it.

    `source` is the format or service that told it. One listen that several of them tell is kept once.
    """

    __tablename__ = "listens"
    __table_args__ = (Index("ix_listens_user_id_listened_at", "user_id", "listened_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    listened_at: Mapped[datetime] = mapped_column(primary_key=True)
    played_ms: Mapped[int | None]
    skipped: Mapped[bool]
    source: Mapped[str]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"), index=True)


class LibrarySong(Base):
    """A track that a listener keeps, likes, bans or rates.

    One that is not `kept` is there only because they like or ban it, and goes when they take that back.
    """

    __tablename__ = "library_songs"
    __table_args__ = (CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    added_at: Mapped[datetime] = mapped_column(default=now)
    kept: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    liked: Mapped[bool | None]
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    play_count: Mapped[int] = mapped_column(default=0)
    skip_count: Mapped[int] = mapped_column(default=0)
    last_played_at: Mapped[datetime | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"), index=True)


class PlayingNow(Base):
    """What a listener's player says that it plays at the moment."""

    __tablename__ = "playing_now"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime] = mapped_column(default=now)


class Playlist(Base):
    """A list of tracks that a listener made, here or elsewhere: `source` says where, `source_name` its name there.

    One with a `slug` is public: everyone may see it at that address. One with `deleted_at` can be restored for a while;
    it has no entries meanwhile.
    """

    __tablename__ = "playlists"
    __table_args__ = (
        UniqueConstraint("user_id", "source", "source_name"),
        # Whoever names a list together with its owner is held to the truth by a key on both.
        UniqueConstraint("id", "user_id"),
        Index("ix_playlists_user_id_id", "user_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    source: Mapped[str]
    source_name: Mapped[str | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"), index=True)
    slug: Mapped[str | None] = mapped_column(unique=True)
    cover_sha256: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]


class PlaylistEntry(Base):
    """A track in a playlist.

    Of `position` only the order counts: there is room between two, so that others can come there. `added_by` is absent
    where the list's source brought it, or who did is gone.
    """

    __tablename__ = "playlist_entries"
    __table_args__ = (UniqueConstraint("playlist_id", "position", deferrable=True, initially="DEFERRED"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(BigInteger)
    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), index=True)
    added_at: Mapped[datetime | None]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
