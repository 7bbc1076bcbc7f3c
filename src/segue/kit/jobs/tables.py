"""The tables of jobs: background work that its owner can watch, and what of it comes round."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.ids import new_id

JobStatus = Literal["queued", "processing", "complete", "error", "cancelled"]
ACTIVE: Final = ("queued", "processing")
#: In SQL, as the partial indexes have it.
IS_ACTIVE: Final = text("status IN ('queued', 'processing')")


class Job(Base):
    """A piece of background work: what was asked for, how far it is, what came out."""

    __tablename__ = "ai_jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: No foreign key: the kit knows no domain. Whoever deletes a user deletes their jobs, and their kept answers.
    user_id: Mapped[UUID]
    job_type: Mapped[str] = mapped_column(Text)
    status: Mapped[JobStatus] = mapped_column(Text, default="queued")
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    stage: Mapped[str | None] = mapped_column(Text)
    input_data: Mapped[dict[str, Any]]
    output_data: Mapped[dict[str, Any] | None]
    error_message: Mapped[str | None] = mapped_column(Text)
    error_type: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    dedupe_key: Mapped[str | None] = mapped_column(Text)
    #: The one Procrastinate job that is entitled to run this: whoever holds an older ticket can change nothing here.
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    #: Its place in the queue: lower turns run first, and a user's further jobs take later ones.
    turn: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now)
    heartbeat_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ('queued', 'processing', 'complete', 'error', 'cancelled')", name="status"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        Index("ix_ai_jobs_user_id_id", "user_id", "id"),
        Index("ix_ai_jobs_active", "user_id", "turn", postgresql_where=IS_ACTIVE),
        Index("ix_ai_jobs_started_turn", "turn", postgresql_where=text("started_at IS NOT NULL")),
        Index(
            "uq_ai_jobs_dedupe_key",
            "user_id",
            "job_type",
            "dedupe_key",
            unique=True,
            postgresql_where=IS_ACTIVE,
        ),
    )

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status not in ACTIVE


class JobRound(Base):
    """How far a job that comes round has come: see `segue.kit.jobs.schedule`."""

    __tablename__ = "job_rounds"

    name: Mapped[str] = mapped_column(primary_key=True)
    #: When this round began, or the next one will.
    due_at: Mapped[datetime]
    #: The last user of this round who got a job; null before its first.
    after: Mapped[UUID | None]
