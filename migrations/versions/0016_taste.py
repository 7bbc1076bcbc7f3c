"""Taste: a listener's vector, facets and preferences, what they say of songs, and what proxies are learned by."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from row_security import USER_ROLE, protect, system_only
from sqlalchemy.dialects import postgresql

revision = "0016_taste"
down_revision = "0015_screenshots"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; of themselves, users may write their taste and nothing else."""
    op.add_column("users", sa.Column("taste_vector", Vector(768)))
    op.add_column(
        "users", sa.Column("preferences_profile", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'"))
    )
    op.execute(f"GRANT UPDATE (taste_vector, preferences_profile) ON users TO {USER_ROLE}")
    op.create_table(
        "tastes",
        _user(),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("songs", postgresql.JSONB, nullable=False),
        sa.Column("profile", postgresql.JSONB, nullable=False),
        sa.Column("library_state", sa.Text, nullable=False),
        sa.Column("read_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "taste_facets",
        _user(),
        sa.Column("position", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("direction", Vector(768), nullable=False),
        sa.Column("weight", postgresql.REAL, nullable=False),
    )
    op.create_table(
        "taste_moves",
        _user(),
        _track(),
        sa.Column("weight", postgresql.REAL, nullable=False),
        sa.Column("moved_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "feedback",
        _user(),
        _track(),
        sa.Column("sounds_like_me", sa.SmallInteger, nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.CheckConstraint("sounds_like_me BETWEEN 1 AND 5", name="sounds_like_me"),
    )
    op.create_table(
        "proxy_models",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("songs", sa.Integer, nullable=False),
        sa.Column("heard", sa.Integer, nullable=False),
        sa.Column("error", postgresql.REAL),
        sa.Column("learned_at", _INSTANT, nullable=False),
    )
    op.create_index("ix_proxy_models_space_id", "proxy_models", ["space", "id"])
    for table in ("tastes", "taste_facets", "taste_moves", "feedback"):
        protect(table)
    system_only("proxy_models")


def downgrade() -> None:
    """Drop them."""
    for table in ("proxy_models", "feedback", "taste_moves", "taste_facets", "tastes"):
        op.drop_table(table)
    op.execute(f"REVOKE UPDATE (taste_vector, preferences_profile) ON users FROM {USER_ROLE}")
    op.drop_column("users", "preferences_profile")
    op.drop_column("users", "taste_vector")


def _user() -> sa.Column[object]:
    return sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


def _track() -> sa.Column[object]:
    key = sa.ForeignKey("source_tracks.id", ondelete="CASCADE")
    return sa.Column("track_id", sa.Uuid, key, primary_key=True, index=True)
