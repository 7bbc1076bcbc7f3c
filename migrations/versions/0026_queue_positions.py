"""Where a player left off in what its queue plays, and which player that was."""

import sqlalchemy as sa
from alembic import op

revision = "0026_queue_positions"
down_revision = "0025_queues"
branch_labels = None
depends_on = None

_COLUMNS = ("position_ms", "position_item_id", "changed_by")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("queues", sa.Column("position_ms", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("queues", sa.Column("position_item_id", sa.Uuid))
    op.add_column("queues", sa.Column("changed_by", sa.Text))


def downgrade() -> None:
    """Drop them."""
    for column in _COLUMNS:
        op.drop_column("queues", column)
