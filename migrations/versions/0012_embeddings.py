"""Embeddings: a vector for each track, with those of all audio that was heard before."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from row_security import protect

revision = "0012_embeddings"
down_revision = "0011_job_rounds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; whoever may see a track may see where it lies, and only the system writes it."""
    op.create_table(
        "embeddings",
        sa.Column("track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("vector", Vector(768), nullable=False),
        sa.Column("genre", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("""
        INSERT INTO embeddings (track_id, vector, source, version, space, updated_at)
        SELECT t.id, a.embedding, substring(engine FROM '^[^-]+'), substring(engine FROM '-(.*)$'), engine, now()
        FROM source_tracks t JOIN assets a ON a.id = t.asset_id,
            LATERAL (SELECT split_part(a.analysis_version, '+', 2) AS engine) made
        WHERE a.embedding IS NOT NULL AND engine LIKE '_%-_%'
    """)
    op.create_index(
        "ix_embeddings_vector",
        "embeddings",
        [sa.text("(vector::halfvec(768)) halfvec_ip_ops")],
        postgresql_using="hnsw",
    )
    op.create_index("ix_embeddings_source_version", "embeddings", ["source", "version"])
    # The tracks that the condition finds are those that row-level security lets the user find.
    protect("embeddings", owner="(false)", public="EXISTS (SELECT FROM source_tracks t WHERE t.id = track_id)")
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON embeddings FROM segue_user")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("embeddings")
