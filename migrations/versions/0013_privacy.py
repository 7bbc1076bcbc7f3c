"""What privacy needs: private sessions, exports of one's data, and the deleted accounts of other issuers."""

import sqlalchemy as sa
from alembic import op
from row_security import protect, system_only

revision = "0013_privacy"
down_revision = "0012_embeddings"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "private_sessions",
        _user(primary_key=True),
        sa.Column("began_at", _INSTANT, primary_key=True),
        sa.Column("ends_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "data_exports",
        _user(primary_key=True),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("made_at", _INSTANT),
        sa.Column("expires_at", _INSTANT),
    )
    op.create_index("ix_data_exports_sha256", "data_exports", ["sha256"])
    op.create_table(
        "deleted_accounts",
        sa.Column("id_hash", sa.LargeBinary, primary_key=True),
        sa.Column("deleted_at", _INSTANT, nullable=False),
    )
    for table in ("private_sessions", "data_exports"):
        protect(table)
    system_only("deleted_accounts")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("deleted_accounts", "data_exports", "private_sessions"):
        op.drop_table(table)


def _user(*, primary_key: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Uuid, key, nullable=False, primary_key=primary_key)
