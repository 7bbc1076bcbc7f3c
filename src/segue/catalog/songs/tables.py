"""The tables of songs: what they are called, who knows them by which id, and the words to find them by."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB, REAL, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.database import Base

#: Keys are compared byte by byte, so that an index serves their beginnings whatever the database's language is.
Key = Text(collation="C")


class Song(Base):
    """What is known of an external track, folded for comparing; nobody's own: all read it, the system writes it."""

    __tablename__ = "songs"
    __table_args__ = (
        CheckConstraint("duration_ms > 0", name="duration_ms"),
        # Without lists of what is still to be indexed: whoever searched would read them from end to end.
        Index("ix_songs_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index(
            "ix_songs_words_popular",
            "words",
            postgresql_using="gin",
            postgresql_where=text("is_popular"),
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_songs_popularity", text("popularity DESC")),
    )

    track_id: Mapped[UUID] = mapped_column(ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True)
    title_key: Mapped[str] = mapped_column(Key)
    bare_key: Mapped[str] = mapped_column(Key)
    version_key: Mapped[str] = mapped_column(Key)
    artist_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    lead_key: Mapped[str] = mapped_column(Key)
    #: As it was issued; the album's key is made when it is compared.
    album: Mapped[str | None]
    year: Mapped[int | None]
    duration_ms: Mapped[int | None]
    #: 0 to 100, as far as is known.
    popularity: Mapped[float] = mapped_column(REAL, server_default="0")
    #: Among the most popular: looked at first when somebody types.
    is_popular: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    tags: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    words: Mapped[str] = mapped_column(TSVECTOR)


class SongLookup(Base):
    """A pair of keys, without spaces, under which a song is looked up: each of its artists with its titles."""

    __tablename__ = "song_lookups"
    __table_args__ = (Index("ix_song_lookups_title_key", "title_key", "artist_key"),)

    artist_key: Mapped[str] = mapped_column(Key, primary_key=True)
    title_key: Mapped[str] = mapped_column(Key, primary_key=True)
    track_id: Mapped[UUID] = mapped_column(
        ForeignKey("songs.track_id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SongIdentifier(Base):
    """An id under which a song is known elsewhere; a song may have several of a kind."""

    __tablename__ = "song_identifiers"

    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    value: Mapped[str] = mapped_column(Key, primary_key=True)
    track_id: Mapped[UUID] = mapped_column(ForeignKey("songs.track_id", ondelete="CASCADE"), index=True)


class SongWord(Base):
    """A word that occurs in songs' names: what a mistyped one is compared with. Words stay when their songs go."""

    __tablename__ = "song_words"
    __table_args__ = (
        Index("ix_song_words_word", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    word: Mapped[str] = mapped_column(Key, primary_key=True)
