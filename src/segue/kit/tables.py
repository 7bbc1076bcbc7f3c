"""The kit's tables, gathered for migrations, which must know every one."""

from segue.kit.jobs.tables import Job
from segue.kit.web.idempotency import StoredAnswer
from segue.kit.web.rate_limits import RateLimit

__all__ = ["Job", "RateLimit", "StoredAnswer"]
