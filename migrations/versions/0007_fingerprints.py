"""Landmark fingerprints: peaks of assets, and their landmarks by hash."""

import sqlalchemy as sa
from alembic import op
from row_security import protect
from sqlalchemy.dialects import postgresql

revision = "0007_fingerprints"
down_revision = "0006_studio"
branch_labels = None
depends_on = None

# A posting's highest bits are the recording's number; a shard is 8,192 numbers. Writers of lists take turns (the lock),
# for they would otherwise wait for each other's rows in different orders.
FORGET = """
CREATE FUNCTION forget_fingerprint(forgotten uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    known fingerprints;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('landmark_lists'));
    DELETE FROM fingerprints WHERE asset_id = forgotten RETURNING * INTO known;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE landmark_lists SET postings = ARRAY(SELECT p FROM unnest(postings) p WHERE p >> 39 <> known.number)
        WHERE hash = ANY (known.hashes) AND shard = known.number >> 13;
    DELETE FROM landmark_lists
        WHERE hash = ANY (known.hashes) AND shard = known.number >> 13 AND cardinality(postings) = 0;
END
$$
"""

# As its owner, so that it sees the tracks of all users.
AFTER_DELETE = """
CREATE FUNCTION forget_unplayed_fingerprints() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM forget_fingerprint(f.asset_id) FROM fingerprints f
        WHERE f.asset_id IN (SELECT asset_id FROM gone)
        AND NOT EXISTS (SELECT FROM source_tracks t WHERE t.asset_id = f.asset_id);
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    """Make the tables, and the trigger that keeps them to what is played."""
    op.create_table(
        "fingerprints",
        sa.Column("asset_id", sa.Uuid, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("hashes", postgresql.ARRAY(sa.Integer), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "landmark_lists",
        sa.Column("hash", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("postings", postgresql.ARRAY(sa.BigInteger), nullable=False),
    )
    for table in ("fingerprints", "landmark_lists"):
        # Nobody's own: all may read them, as they may read assets, and only the system may change them.
        protect(table, owner="(false)", public="true")
        op.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM segue_user")
    op.execute(FORGET)
    op.execute("REVOKE EXECUTE ON FUNCTION forget_fingerprint(uuid) FROM PUBLIC")
    op.execute(AFTER_DELETE)
    op.execute(
        "CREATE TRIGGER forget_unplayed_fingerprints AFTER DELETE ON source_tracks REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION forget_unplayed_fingerprints()"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TRIGGER forget_unplayed_fingerprints ON source_tracks")
    op.execute("DROP FUNCTION forget_unplayed_fingerprints()")
    op.execute("DROP FUNCTION forget_fingerprint(uuid)")
    op.drop_table("landmark_lists")
    op.drop_table("fingerprints")
