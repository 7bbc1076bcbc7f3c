"""The catalogue: assets and tracks."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from row_security import protect
from sqlalchemy.dialects import postgresql

revision = "0004_catalog"
down_revision = "0003_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "assets",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False, unique=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("probe", postgresql.JSONB, nullable=False),
        sa.Column("analysis", postgresql.JSONB),
        sa.Column("analysis_version", sa.Text),
        sa.Column("embedding", Vector(768)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "source_tracks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("asset_id", sa.Uuid, sa.ForeignKey("assets.id"), index=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("artist", sa.Text),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('uploaded', 'generated', 'mashup', 'external')", name="source"),
        sa.CheckConstraint("visibility IN ('private', 'public')", name="visibility"),
    )
    op.create_index(
        "uq_source_tracks_upload",
        "source_tracks",
        ["user_id", "asset_id"],
        unique=True,
        postgresql_where=sa.text("source = 'uploaded'"),
    )
    op.create_index("ix_source_tracks_user_id_id", "source_tracks", ["user_id", "id"])
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON assets FROM segue_user")
    protect("source_tracks", public="visibility = 'public'")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("source_tracks")
    op.drop_table("assets")
