"""Jobs: Procrastinate's queue, and the rows that users watch."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from row_security import USER_ROLE, protect
from sqlalchemy.dialects import postgresql

revision: str = "0002_jobs"
down_revision: str | None = "0001_foundation"
branch_labels: None = None
depends_on: None = None

#: Procrastinate's own schema.sql, kept as it was at this version: an upgrade of the package must not change the past.
QUEUE_SCHEMA = Path(__file__).parents[1] / "procrastinate" / "schema_3_10_0.sql"
QUEUE_TABLES = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers")
QUEUE_TYPES = ("procrastinate_job_to_defer_v1", "procrastinate_job_event_type", "procrastinate_job_status")
ACTIVE = "status IN ('queued', 'processing')"

# The only way from a user's session into the queue. It gives a ticket to a row that waits for one: priority and lock
# follow from the row, so nobody can jump the queue or hold somebody else's lock.
#
# Turns are start-time fair queueing (Goyal, Vin & Cheng 1996), slightly bent: a user's further jobs take turns four
# apart, a newcomer's first comes one after that of the job which started last. So somebody's tenth job waits for other
# users' first ones, and yet no job lets more than four rounds of newcomers pass.
# A turn to be taken later (a retry after a pause) goes to the end of its user's own line: a ticket that is not due yet
# would otherwise hold up those behind it on the same lock.
QUEUE_JOB = """
CREATE FUNCTION segue_queue_job(_job_id uuid, _slots integer, _delay interval) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    _job ai_jobs;
    _turn integer;
    _slot integer;
    _ticket bigint;
BEGIN
    SELECT * INTO _job FROM ai_jobs WHERE id = _job_id AND status = 'queued' AND ticket_id IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Job % does not wait for a ticket', _job_id;
    END IF;
    _turn := _job.turn;
    IF _turn = 0 OR _delay > interval '0' THEN
        SELECT greatest(
            (SELECT max(turn) + 1 FROM ai_jobs WHERE started_at IS NOT NULL),
            (SELECT max(turn) + 4 FROM ai_jobs WHERE user_id = _job.user_id AND id <> _job_id
                AND status IN ('queued', 'processing')),
            1
        ) INTO _turn;
    END IF;
    SELECT slot INTO _slot FROM generate_series(0, greatest(_slots, 1) - 1) AS slot
        ORDER BY (SELECT count(*) FROM procrastinate_jobs
            WHERE lock = _job.user_id || '/' || slot AND status IN ('todo', 'doing')), slot LIMIT 1;
    _ticket := (procrastinate_defer_jobs_v1(ARRAY[ROW(
        'segue', 'segue.run_job', -_turn, _job.user_id || '/' || _slot, NULL,
        jsonb_build_object('job_id', _job_id), CASE WHEN _delay > interval '0' THEN now() + _delay END
    )::procrastinate_job_to_defer_v1]))[1];
    UPDATE ai_jobs SET ticket_id = _ticket, turn = _turn WHERE id = _job_id;
    RETURN _ticket;
END
$$
"""

# Only its owner may cancel a job; the worker that runs it is told at once.
CANCEL_JOB = """
CREATE FUNCTION segue_cancel_job(_job_id uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    _ticket bigint;
BEGIN
    UPDATE ai_jobs SET status = 'cancelled', completed_at = now(), updated_at = now()
        WHERE id = _job_id AND user_id = segue_current_user() AND status IN ('queued', 'processing')
        RETURNING ticket_id INTO _ticket;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM procrastinate_cancel_job_v1(_ticket, true, true);
    RETURN true;
END
$$
"""

NOTIFY_CHANGE = """
CREATE FUNCTION segue_notify_job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('segue_jobs', NEW.id::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER ai_jobs_changed AFTER UPDATE OF status, progress, stage ON ai_jobs
    FOR EACH ROW EXECUTE FUNCTION segue_notify_job_changed();
"""

# A job that waited for its user's lock can start when the ticket that held it goes: without this it waits for a poll.
NOTIFY_FREE_LOCK = """
CREATE FUNCTION segue_notify_lock_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('procrastinate_queue_v1#' || OLD.queue_name,
        json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER procrastinate_jobs_lock_free AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.lock IS NOT NULL AND OLD.status = 'doing') EXECUTE FUNCTION segue_notify_lock_free();
"""


def upgrade() -> None:
    """Make the queue and the table."""
    _run_script(QUEUE_SCHEMA.read_text())
    for table in QUEUE_TABLES:
        op.execute(f"REVOKE ALL ON {table} FROM {USER_ROLE}")
        op.execute(f"REVOKE ALL ON SEQUENCE {table}_id_seq FROM {USER_ROLE}")
    # Taking a ticket looks for others with its lock, and Procrastinate has no index for that.
    op.execute("CREATE INDEX ix_procrastinate_jobs_lock ON procrastinate_jobs (lock)")
    op.create_table(
        "ai_jobs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("job_type", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("progress", sa.SmallInteger, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("input_data", postgresql.JSONB, nullable=False),
        sa.Column("output_data", postgresql.JSONB),
        sa.Column("error_message", sa.Text),
        sa.Column("error_type", sa.Text),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("dedupe_key", sa.Text),
        sa.Column("ticket_id", sa.BigInteger),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('queued', 'processing', 'complete', 'error', 'cancelled')", name="status"),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
    )
    op.create_index("ix_ai_jobs_user_id_id", "ai_jobs", ["user_id", "id"])
    op.create_index("ix_ai_jobs_active", "ai_jobs", ["user_id", "turn"], postgresql_where=sa.text(ACTIVE))
    op.create_index("ix_ai_jobs_started_turn", "ai_jobs", ["turn"], postgresql_where=sa.text("started_at IS NOT NULL"))
    op.create_index(
        "uq_ai_jobs_dedupe_key",
        "ai_jobs",
        ["user_id", "job_type", "dedupe_key"],
        unique=True,
        postgresql_where=sa.text(ACTIVE),
    )
    protect("ai_jobs")
    op.execute(f"REVOKE UPDATE, DELETE ON ai_jobs FROM {USER_ROLE}")
    for function in (QUEUE_JOB, CANCEL_JOB):
        op.execute(function)
    for signature in ("segue_queue_job(uuid, integer, interval)", "segue_cancel_job(uuid)"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {USER_ROLE}")
    _run_script(NOTIFY_CHANGE)
    _run_script(NOTIFY_FREE_LOCK)
    for table in (*QUEUE_TABLES, "ai_jobs"):
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    """Drop the table and the queue."""
    op.execute("DROP FUNCTION segue_cancel_job(uuid)")
    op.execute("DROP FUNCTION segue_queue_job(uuid, integer, interval)")
    op.drop_table("ai_jobs")
    for table in QUEUE_TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")  # its row type stands in the queue's own functions
    op.execute("DROP FUNCTION segue_notify_job_changed()")
    op.execute("DROP FUNCTION segue_notify_lock_free()")
    _run_script(
        """
        DO $$
        DECLARE _function regprocedure;
        BEGIN
            FOR _function IN SELECT oid FROM pg_proc
                WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
            LOOP
                EXECUTE 'DROP FUNCTION ' || _function;
            END LOOP;
        END
        $$
        """
    )
    for type_ in QUEUE_TYPES:
        op.execute(f"DROP TYPE {type_}")


def _run_script(script: str) -> None:
    """Run several statements as they are: no parameters, so that a percent sign is a percent sign."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(script)
