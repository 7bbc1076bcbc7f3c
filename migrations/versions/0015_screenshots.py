"""Screenshots: what was read on them, row by row, until their owner has looked it over."""

import sqlalchemy as sa
from alembic import op
from row_security import CURRENT_USER, protect
from sqlalchemy.dialects import postgresql

revision = "0015_screenshots"
down_revision = "0014_connects"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.add_column("imports", sa.Column("awaits_review", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "screenshots",
        _import(),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("list_name", sa.Text),
    )
    op.create_table(
        "screenshot_rows",
        _import(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("box", postgresql.ARRAY(sa.Integer)),
        sa.Column("text", sa.Text),
        sa.Column("confidence", sa.REAL),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("artist", sa.Text, nullable=False),
        sa.Column("album", sa.Text),
        sa.Column("duration_ms", sa.Integer),
        sa.Column(
            "track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="SET NULL"), nullable=True, index=True
        ),
        sa.Column("score", sa.REAL),
        sa.Column("alternatives", postgresql.JSONB, nullable=False),
        sa.Column("dropped", sa.Boolean, nullable=False),
    )
    for table in ("screenshots", "screenshot_rows"):
        protect(table, owner=f"(import_id IN (SELECT id FROM imports WHERE user_id = {CURRENT_USER}))")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("screenshot_rows")
    op.drop_table("screenshots")
    op.drop_column("imports", "awaits_review")


def _import() -> sa.Column[object]:
    key = sa.ForeignKey("imports.id", ondelete="CASCADE")
    return sa.Column("import_id", sa.Uuid, key, nullable=False, primary_key=True)
