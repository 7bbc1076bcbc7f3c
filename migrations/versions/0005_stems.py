"""Stems, and the separations that made them."""

import sqlalchemy as sa
from alembic import op
from row_security import protect

revision = "0005_stems"
down_revision = "0004_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "separations",
        sa.Column("source_asset_id", sa.Uuid, sa.ForeignKey("assets.id"), primary_key=True),
        sa.Column("engine", sa.Text, primary_key=True),
        sa.Column("engine_version", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("asset_id", sa.Uuid, sa.ForeignKey("assets.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "stems",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), nullable=False),
        sa.Column("asset_id", sa.Uuid, sa.ForeignKey("assets.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("track_id", "name", "engine", "engine_version"),
        sa.CheckConstraint("name IN ('vocals', 'drums', 'bass', 'other')", name="name"),
    )
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON separations FROM segue_user")
    protect("stems")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("stems")
    op.drop_table("separations")
