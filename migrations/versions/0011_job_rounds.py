"""How far jobs that come round have come."""

import sqlalchemy as sa
from alembic import op
from row_security import system_only

revision = "0011_job_rounds"
down_revision = "0010_api_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "job_rounds",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after", sa.Uuid),
    )
    system_only("job_rounds")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("job_rounds")
