"""Songs: external tracks by name and by id, and the words to find them by."""

import sqlalchemy as sa
from alembic import op
from row_security import protect
from sqlalchemy.dialects import postgresql

revision = "0008_songs"
down_revision = "0007_fingerprints"
branch_labels = None
depends_on = None

_TABLES = ("songs", "song_lookups", "song_identifiers", "song_words")
_KEY = sa.Text(collation="C")


def upgrade() -> None:
    """Make the tables; external tracks are nobody's."""
    op.alter_column("source_tracks", "user_id", nullable=True)
    op.execute("DELETE FROM source_tracks WHERE source = 'external'")
    op.create_check_constraint("user_id", "source_tracks", "(source = 'external') = (user_id IS NULL)")
    op.create_table(
        "songs",
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("title_key", _KEY, nullable=False),
        sa.Column("bare_key", _KEY, nullable=False),
        sa.Column("version_key", _KEY, nullable=False),
        sa.Column("artist_keys", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("lead_key", _KEY, nullable=False),
        sa.Column("album", sa.Text),
        sa.Column("year", sa.Integer),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("popularity", postgresql.REAL, nullable=False, server_default="0"),
        sa.Column("is_popular", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("tags", postgresql.JSONB),
        sa.Column("words", postgresql.TSVECTOR, nullable=False),
        sa.CheckConstraint("duration_ms > 0", name="duration_ms"),
    )
    op.create_index("ix_songs_words", "songs", ["words"], postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    op.create_index(
        "ix_songs_words_popular",
        "songs",
        ["words"],
        postgresql_using="gin",
        postgresql_where=sa.text("is_popular"),
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index("ix_songs_popularity", "songs", [sa.text("popularity DESC")])
    op.create_table(
        "song_lookups",
        sa.Column("artist_key", _KEY, primary_key=True),
        sa.Column("title_key", _KEY, primary_key=True),
        sa.Column(
            "track_id",
            sa.Uuid,
            sa.ForeignKey("songs.track_id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
    )
    op.create_index("ix_song_lookups_title_key", "song_lookups", ["title_key", "artist_key"])
    op.create_table(
        "song_identifiers",
        sa.Column("kind", _KEY, primary_key=True),
        sa.Column("value", _KEY, primary_key=True),
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("songs.track_id", ondelete="CASCADE"), nullable=False, index=True),
    )
    op.create_table("song_words", sa.Column("word", _KEY, primary_key=True))
    op.create_index(
        "ix_song_words_word",
        "song_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    for table in _TABLES:
        protect(table, owner="(false)", public="true")
        op.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM segue_user")


def downgrade() -> None:
    """Drop them, and the tracks that are nobody's."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.execute("DELETE FROM source_tracks WHERE user_id IS NULL")
    op.drop_constraint("user_id", "source_tracks", type_="check")
    op.alter_column("source_tracks", "user_id", nullable=False)
