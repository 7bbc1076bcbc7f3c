"""The background work of connects: looking at the accounts that a listener has connected."""

from datetime import timedelta
from typing import Any, cast

import structlog

from segue.kit.clock import now
from segue.kit.jobs import JobContext, JobType, Recurring
from segue.library.connects import polling, repository
from segue.library.connects.platforms.platform import PlatformName

_log = structlog.get_logger(__name__)


async def aggregate(job: JobContext) -> dict[str, Any]:
    """Look at the accounts that `input["platforms"]` names; without it, at those that are due."""
    named = job.input.get("platforms")
    async with job.session() as session:
        connections = await repository.connections_of(session, job.user_id)
    chosen = [
        each
        for each in connections
        if each.status == "connected" and (each.platform in named if named else each.next_poll_at <= now())
    ]
    told: dict[str, Any] = {}
    failed: list[Exception] = []
    for number, connection in enumerate(chosen):

        async def alive(stage: str, percent: float = 100 * number / len(chosen)) -> None:
            await job.report(percent, f"Looking at {stage}")

        name = cast("PlatformName", connection.platform)
        try:
            outcome = await polling.poll(job.runtime, job.user_id, name, alive)
        except Exception as error:  # the others are looked at all the same
            _log.exception("connect.look_failed", platform=name)
            failed.append(error)
        else:
            told[name] = {**_counts(outcome.tally.found), "error": outcome.error}
    if failed:
        raise failed[0]
    return {"platforms": told}


def _counts(found: dict[str, int]) -> dict[str, int]:
    return {"listens": found.get("listens", 0), "songs": found.get("kept", 0), "refused": found.get("refused", 0)}


AGGREGATE = JobType("library.aggregate", aggregate)
JOB_TYPES = (AGGREGATE,)
#: Each connection says itself when it is due: a day after the last look, or when its platform has had its peace.
RECURRING = (
    Recurring("library.aggregate_due", every=timedelta(minutes=10), due=repository.users_due, job_type=AGGREGATE),
)
