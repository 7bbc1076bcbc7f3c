"""What listeners have: imports, listens, kept songs, playlists."""

import sqlalchemy as sa
from alembic import op
from row_security import CURRENT_USER, protect
from sqlalchemy.dialects import postgresql

revision = "0009_library"
down_revision = "0008_songs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("job_id", sa.Uuid),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("counts", postgresql.JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("user_id", "sha256"),
    )
    op.create_index("ix_imports_user_id_id", "imports", ["user_id", "id"])
    op.create_table(
        "import_problems",
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "listens",
        _user(primary_key=True),
        _track(primary_key=True),
        sa.Column("listened_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("played_ms", sa.Integer),
        sa.Column("skipped", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        _import(),
    )
    op.create_index("ix_listens_user_id_listened_at", "listens", ["user_id", "listened_at"])
    op.create_table(
        "library_songs",
        _user(primary_key=True),
        _track(primary_key=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("liked", sa.Boolean),
        sa.Column("rating", sa.SmallInteger),
        sa.Column("play_count", sa.Integer, nullable=False),
        sa.Column("skip_count", sa.Integer, nullable=False),
        sa.Column("last_played_at", sa.DateTime(timezone=True)),
        _import(),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )
    op.create_table(
        "playing_now",
        _user(primary_key=True),
        _track(),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "playlists",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        _import(),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("user_id", "source", "name"),
    )
    op.create_index("ix_playlists_user_id_id", "playlists", ["user_id", "id"])
    op.create_table(
        "playlist_entries",
        sa.Column("playlist_id", sa.Uuid, sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        _track(),
        sa.Column("added_at", sa.DateTime(timezone=True)),
    )
    for table in ("imports", "listens", "library_songs", "playing_now", "playlists"):
        protect(table)
    protect("import_problems", owner=f"(import_id IN (SELECT id FROM imports WHERE user_id = {CURRENT_USER}))")
    protect("playlist_entries", owner=f"(playlist_id IN (SELECT id FROM playlists WHERE user_id = {CURRENT_USER}))")


def downgrade() -> None:
    """Drop the tables."""
    kept = ("playlist_entries", "playlists", "playing_now", "library_songs", "listens")
    for table in (*kept, "import_problems", "imports"):
        op.drop_table(table)


def _user(*, primary_key: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Uuid, key, nullable=False, primary_key=primary_key)


def _track(*, primary_key: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey("source_tracks.id", ondelete="CASCADE")
    return sa.Column("track_id", sa.Uuid, key, nullable=False, primary_key=primary_key, index=True)


def _import() -> sa.Column[object]:
    return sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id", ondelete="SET NULL"), index=True)
