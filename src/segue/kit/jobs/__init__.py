"""Background work that its owner can watch: enqueued in a transaction, run at least once, never silently lost."""

from segue.kit.jobs.schedule import Recurring
from segue.kit.jobs.service import cancel, enqueue, forget, forget_nobodys, get, is_active, recent, watch
from segue.kit.jobs.tables import Job, JobStatus
from segue.kit.jobs.types import JobContext, JobType
from segue.kit.jobs.worker import Worker

__all__ = [
    "Job",
    "JobContext",
    "JobStatus",
    "JobType",
    "Recurring",
    "Worker",
    "cancel",
    "enqueue",
    "forget",
    "forget_nobodys",
    "get",
    "is_active",
    "recent",
    "watch",
]
