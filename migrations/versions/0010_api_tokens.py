"""Tokens for players and scripts."""

import sqlalchemy as sa
from alembic import op
from row_security import protect

revision = "0010_api_tokens"
down_revision = "0009_library"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
    )
    protect("api_tokens")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("api_tokens")
