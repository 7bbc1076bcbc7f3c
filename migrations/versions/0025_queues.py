"""Queues and radios: what a listener hears next, one for all their devices."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from row_security import protect
from sqlalchemy.dialects import postgresql

revision = "0025_queues"
down_revision = "0024_events"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "queues",
        _user(primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("current_place", sa.Integer, nullable=False),
        sa.Column("removed", postgresql.JSONB),
        sa.Column("changed_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "queue_items",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column(
            "track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.CheckConstraint("added_by IN ('listener', 'radio')", name="added_by"),
        sa.CheckConstraint("outcome IN ('played', 'skipped')", name="outcome"),
    )
    op.create_index("ix_queue_items_user_id_place", "queue_items", ["user_id", "place"])
    op.create_table(
        "radios",
        _user(primary_key=True),
        sa.Column("seed_kind", sa.Text, nullable=False),
        sa.Column("seed_id", sa.Uuid),
        sa.Column("space", sa.Text),
        sa.Column("vector", Vector(768)),
        sa.Column("steered_by", postgresql.JSONB, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("stopped_at", _INSTANT),
        sa.CheckConstraint("seed_kind IN ('taste', 'track', 'playlist')", name="seed_kind"),
    )
    op.create_table(
        "radio_generations",
        sa.Column("generation_id", sa.Uuid, sa.ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("asked_at", _INSTANT, nullable=False),
    )
    for table in ("queues", "queue_items", "radios", "radio_generations"):
        protect(table)


def downgrade() -> None:
    """Drop them."""
    for table in ("radio_generations", "radios", "queue_items", "queues"):
        op.drop_table(table)


def _user(*, primary_key: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Uuid, key, nullable=False, primary_key=primary_key)
