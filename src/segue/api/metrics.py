"""What Prometheus may know: requests by route, jobs by status, and the operator's figures.

Requests are this process's, the rest is everybody's.
"""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.insights import service as insights
from segue.kit.jobs.tables import Job

#: Counting jobs reads their whole table: not for every scrape.
_JOBS_EVERY_S = 15
#: Days are what they are about.
_FIGURES_EVERY_S = 600
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
#: Others are anybody's invention, and each would be a time series.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STATUSES = ("queued", "processing", "complete", "error", "cancelled")


class Metrics:
    """One application's counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "segue_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._durations = Histogram(
            "segue_http_request_duration_seconds",
            "Time to the end of the answer",
            ["method", "route"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._jobs = Gauge("segue_jobs", "Jobs by status", ["status"], registry=self._registry)
        self._jobs_counted_at = -float("inf")
        self._insights = Gauge(
            "segue_insights", "The operator's figures of 90 days", ["figure"], registry=self._registry
        )
        self._insights_made_at = -float("inf")

    def observe(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        method = method if method in _METHODS else "(other)"
        self._requests.labels(method, route, str(status)).inc()
        self._durations.labels(method, route).observe(duration_s)

    async def count_jobs(self, session: AsyncSession) -> None:
        """Look how many jobs there are, if the last look is some time ago."""
        if time.monotonic() - self._jobs_counted_at < _JOBS_EVERY_S:
            return
        rows = await session.execute(select(Job.status, func.count()).group_by(Job.status))
        counts = {str(status): count for status, count in rows}
        for status in _STATUSES:
            self._jobs.labels(status).set(counts.get(status, 0))
        self._jobs_counted_at = time.monotonic()

    async def make_figures(self, session: AsyncSession) -> None:
        """Make the operator's figures anew, if the last ones are old; what there is nothing to count of is left out."""
        if time.monotonic() - self._insights_made_at < _FIGURES_EVERY_S:
            return
        self._insights_made_at = time.monotonic()
        told = (await insights.figures(session)).as_json()
        for name, value in told.items():
            if value is not None:
                self._insights.labels(name).set(value)

    def expose(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics in the format that `accept` prefers, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
