"""Events: what happened when, for the operator's figures."""

import sqlalchemy as sa
from alembic import op
from row_security import USER_ROLE, protect
from sqlalchemy.dialects import postgresql

revision = "0024_events"
down_revision = "0023_renditions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; users add to it and read what is theirs, and nobody changes what happened."""
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("once", sa.Text),
        sa.Column("properties", postgresql.JSONB, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("user_id", "name", "once"),
    )
    op.create_index("ix_events_name_happened_at", "events", ["name", "happened_at"])
    protect("events")
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON events FROM {USER_ROLE}")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("events")
