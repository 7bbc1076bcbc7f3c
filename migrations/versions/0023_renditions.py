"""Songs in other formats, made for players and kept while there is room."""

import sqlalchemy as sa
from alembic import op
from row_security import system_only

revision = "0023_renditions"
down_revision = "0022_playlists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; renditions are nobody's, and only the system reads it."""
    op.create_table(
        "renditions",
        sa.Column("source_sha256", sa.Text, primary_key=True),
        sa.Column("recipe", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False, index=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sample_rate", sa.Integer, nullable=False),
        sa.Column("samples", sa.BigInteger, nullable=False),
        sa.Column("delay", sa.Integer, nullable=False),
        sa.Column("padding", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    system_only("renditions")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("renditions")
