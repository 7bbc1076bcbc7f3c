"""Mashups, what sounds in them, their credits and their lineage."""

import sqlalchemy as sa
from alembic import op
from row_security import CURRENT_USER, protect
from sqlalchemy.dialects import postgresql

revision = "0006_studio"
down_revision = "0005_stems"
branch_labels = None
depends_on = None

#: Who owns a mashup's rows, and who else may read them, is said by the mashup.
_OF_MASHUP = ("mashup_stems", "stem_mashup_links")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mashups",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("job_id", sa.Uuid, sa.ForeignKey("ai_jobs.id"), nullable=False, unique=True),
        sa.Column(
            "track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), nullable=False, unique=True
        ),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("vibe", sa.Text, nullable=False),
        sa.Column("intensity", sa.Double, nullable=False),
        sa.Column("transition_style", sa.Text, nullable=False),
        sa.Column("compatibility", sa.Double, nullable=False),
        sa.Column("report", postgresql.JSONB, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_mashups_user_id_id", "mashups", ["user_id", "id"])
    op.create_table(
        "mashup_stems",
        sa.Column("mashup_id", sa.Uuid, sa.ForeignKey("mashups.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("stem_id", sa.Uuid, sa.ForeignKey("stems.id"), primary_key=True, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("stretch", sa.Double, nullable=False),
        sa.Column("transpose_semitones", sa.Integer, nullable=False),
    )
    op.create_table(
        "stem_mashup_links",
        sa.Column("stem_id", sa.Uuid, sa.ForeignKey("stems.id"), primary_key=True),
        sa.Column("mashup_id", sa.Uuid, sa.ForeignKey("mashups.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("contribution", sa.Double, nullable=False),
        sa.CheckConstraint("contribution > 0 AND contribution <= 1", name="contribution"),
    )
    op.create_table(
        "remix_relations",
        sa.Column("parent_track_id", sa.Uuid, sa.ForeignKey("source_tracks.id"), primary_key=True),
        sa.Column(
            "child_track_id",
            sa.Uuid,
            sa.ForeignKey("source_tracks.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("relation", sa.Text, nullable=False),
        sa.CheckConstraint("parent_track_id <> child_track_id", name="distinct"),
    )
    protect("mashups", public="published_at IS NOT NULL")
    for table in _OF_MASHUP:
        mashup = f"SELECT FROM mashups m WHERE m.id = {table}.mashup_id"
        protect(
            table,
            owner=f"(EXISTS ({mashup} AND m.user_id = {CURRENT_USER}))",
            public=f"EXISTS ({mashup} AND m.published_at IS NOT NULL)",
        )
    child = "SELECT FROM source_tracks t WHERE t.id = remix_relations.child_track_id"
    protect(
        "remix_relations",
        owner=f"(EXISTS ({child} AND t.user_id = {CURRENT_USER}))",
        public=f"EXISTS ({child} AND t.visibility = 'public')",
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("remix_relations", *_OF_MASHUP, "mashups"):
        op.drop_table(table)
