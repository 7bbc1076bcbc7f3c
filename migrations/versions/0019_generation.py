"""Generated music: what listeners asked for and got, the files beside the audio, and how many a day."""

import sqlalchemy as sa
from alembic import op
from row_security import USER_ROLE, protect
from sqlalchemy.dialects import postgresql

revision = "0019_generation"
down_revision = "0018_kept"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
#: Users may count their own day and say where they are; what they may have is not theirs to say.
_THEIRS = "time_zone, daily_count, daily_from, daily_until"


def upgrade() -> None:
    """Add the columns and make the tables."""
    op.add_column("users", sa.Column("tier", sa.Text, nullable=False, server_default=sa.text("'free'")))
    op.add_column("users", sa.Column("time_zone", sa.Text, nullable=False, server_default=sa.text("'UTC'")))
    op.add_column("users", sa.Column("daily_count", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("users", sa.Column("daily_from", _INSTANT))
    op.add_column("users", sa.Column("daily_until", _INSTANT))
    op.create_check_constraint("tier", "users", "tier IN ('free', 'premium')")
    op.execute(f"GRANT UPDATE ({_THEIRS}) ON users TO {USER_ROLE}")
    op.create_table(
        "generations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("job_id", sa.Uuid, sa.ForeignKey("ai_jobs.id", ondelete="CASCADE"), nullable=False, unique=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="SET NULL"), index=True),
        sa.Column("playlist_id", sa.Uuid, sa.ForeignKey("playlists.id", ondelete="SET NULL"), index=True),
        sa.Column("band_id", sa.Uuid),
        sa.Column("create_band", sa.Boolean, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("steer", postgresql.JSONB, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("explanation", postgresql.JSONB, nullable=False),
        sa.Column("conditioning", postgresql.JSONB),
        sa.Column("engine", sa.Text),
        sa.Column("engine_version", sa.Text),
        sa.Column("provenance", postgresql.JSONB),
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="SET NULL"), unique=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("completed_at", _INSTANT),
        sa.CheckConstraint("mode IN ('extend', 'new', 'similar', 'radio')", name="mode"),
    )
    op.create_index("ix_generations_user_id_id", "generations", ["user_id", "id"])
    op.create_table(
        "generation_files",
        sa.Column("generation_id", sa.Uuid, sa.ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), index=True),
        sa.Column("sha256", sa.Text, nullable=False, index=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.CheckConstraint("name IN ('beginning', 'midi', 'project')", name="name"),
    )
    protect("generations")
    protect("generation_files")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("generation_files")
    op.drop_table("generations")
    op.execute(f"REVOKE UPDATE ({_THEIRS}) ON users FROM {USER_ROLE}")
    for column in ("daily_until", "daily_from", "daily_count", "time_zone", "tier"):
        op.drop_column("users", column)
