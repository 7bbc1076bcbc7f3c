"""What belongs to a playlist beside its entries: its version, its revisions, who edits it with its owner, comments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id


class PlaylistHead(Base):
    """How a playlist stands: whoever edits it holds this row.

    `version` grows with every change. `revision` is the last one that counts: those above it were taken back.
    `source_tracks` is the list as its source told it last.
    """

    __tablename__ = "playlist_heads"

    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    revision: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    edited_at: Mapped[datetime] = mapped_column(default=now)
    source_tracks: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), deferred=True)


class PlaylistRevision(Base):
    """One edit of a playlist, by whom (absent: by its source, or they are gone), to be taken back.

    Names and descriptions are there where the edit changed them.
    """

    __tablename__ = "playlist_revisions"

    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    #: How many entries it changed.
    size: Mapped[int]
    name_before: Mapped[str | None]
    name_after: Mapped[str | None]
    description_before: Mapped[str | None]
    description_after: Mapped[str | None]


class PlaylistChange(Base):
    """What a revision did to an entry: from where to where it went; absent, the entry was not there."""

    __tablename__ = "playlist_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["playlist_id", "number"],
            ["playlist_revisions.playlist_id", "playlist_revisions.number"],
            ondelete="CASCADE",
        ),
    )

    playlist_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), index=True)
    position_before: Mapped[int | None] = mapped_column(BigInteger)
    position_after: Mapped[int | None] = mapped_column(BigInteger)
    added_at: Mapped[datetime | None]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)


class PlaylistCollaborator(Base):
    """Somebody who may see a playlist of another's, or edit it; until `joined_at` they are only invited."""

    __tablename__ = "playlist_collaborators"
    __table_args__ = (
        CheckConstraint("role IN ('viewer', 'editor')", name="role"),
        CheckConstraint("user_id <> owner_id", name="another"),
        ForeignKeyConstraint(["playlist_id", "owner_id"], ["playlists.id", "playlists.user_id"], ondelete="CASCADE"),
        Index("ix_playlist_collaborators_user_id", "user_id"),
        Index("ix_playlist_collaborators_owner_id", "owner_id"),
    )

    playlist_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str]
    invited_at: Mapped[datetime] = mapped_column(default=now)
    joined_at: Mapped[datetime | None]


class PlaylistInvitation(Base):
    """A link by which whoever has it may join; its secret is kept as a hash."""

    __tablename__ = "playlist_invitations"
    __table_args__ = (
        CheckConstraint("role IN ('viewer', 'editor')", name="role"),
        ForeignKeyConstraint(["playlist_id", "owner_id"], ["playlists.id", "playlists.user_id"], ondelete="CASCADE"),
        Index("ix_playlist_invitations_playlist_id", "playlist_id"),
        Index("ix_playlist_invitations_owner_id", "owner_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    playlist_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class PlaylistComment(Base):
    """What somebody who may see a playlist says of it."""

    __tablename__ = "playlist_comments"
    __table_args__ = (Index("ix_playlist_comments_playlist_id_id", "playlist_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
