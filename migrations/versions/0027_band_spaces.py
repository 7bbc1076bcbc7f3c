"""In which space a band's vector lies: of another engine's it says nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0027_band_spaces"
down_revision = "0026_queue_positions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("bands", sa.Column("space", sa.Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("bands", "space")
