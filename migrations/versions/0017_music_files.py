"""Files in folders of music: which were heard already, and why others cannot be."""

import sqlalchemy as sa
from alembic import op
from row_security import system_only

revision = "0017_music_files"
down_revision = "0016_taste"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it is the system's."""
    op.create_table(
        "music_files",
        sa.Column("place_hash", sa.LargeBinary, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False, index=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("songs.track_id", ondelete="CASCADE"), index=True),
        sa.Column("problem", sa.Text),
        sa.CheckConstraint("(track_id IS NULL) = (problem IS NOT NULL)", name="problem"),
    )
    system_only("music_files")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("music_files")
