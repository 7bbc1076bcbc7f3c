"""Accounts elsewhere: connected, on their way, and how much was asked of each platform."""

import sqlalchemy as sa
from alembic import op
from row_security import protect, system_only
from sqlalchemy.dialects import postgresql

revision = "0014_connects"
down_revision = "0013_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "connections",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sealed_tokens", sa.LargeBinary, nullable=False),
        sa.Column("cursors", postgresql.JSONB, nullable=False),
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id", ondelete="SET NULL"), index=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_polled_at", sa.DateTime(timezone=True)),
        sa.Column("next_poll_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.UniqueConstraint("user_id", "platform"),
        sa.CheckConstraint("status IN ('connected', 'lapsed')", name="status"),
    )
    connected = sa.text("status = 'connected'")
    op.create_index("ix_connections_due", "connections", ["user_id", "next_poll_at"], postgresql_where=connected)
    op.create_table(
        "connect_attempts",
        sa.Column("state_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("browser_hash", sa.LargeBinary, nullable=False),
        sa.Column("sealed_verifier", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "platform_use",
        sa.Column("platform", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("used", sa.Integer, nullable=False),
    )
    protect("connections")
    system_only("connect_attempts")
    system_only("platform_use")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("platform_use", "connect_attempts", "connections"):
        op.drop_table(table)
