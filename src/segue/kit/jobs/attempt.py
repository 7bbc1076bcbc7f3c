"""One attempt at a job: its handler runs, its progress and heartbeat are written, its outcome is judged."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import structlog

from segue.kit.errors import SegueError
from segue.kit.jobs.failures import DATABASE_GONE, GiveUp, Stalled, TryAgain, judge
from segue.kit.jobs.progress import Progress
from segue.kit.jobs.tables import Job
from segue.kit.jobs.transitions import Claim, Transitions
from segue.kit.jobs.types import JobContext, JobType
from segue.kit.runtime import Runtime

#: Progress is written at most so often.
WRITE_EVERY_S: Final = 0.25
HEARTBEAT_S: Final = 5.0
#: A handler that is cancelled and does not end is left behind after so long.
LEAVE_BEHIND_S: Final = 5.0

_log = structlog.get_logger(__name__)


class Superseded(Exception):
    """The claim no longer holds."""


class Attempt:
    """Runs one claimed job once."""

    def __init__(self, runtime: Runtime, transitions: Transitions, claim: Claim, job: Job, job_type: JobType) -> None:
        self._runtime = runtime
        self._transitions = transitions
        self._claim = claim
        self._number = job.attempts
        self._job_type = job_type
        self._progress = Progress()
        self._context = JobContext(runtime, job.id, job.user_id, job.input_data, job.attempts, self._progress)

    async def run(self) -> None:
        """Run the handler and write what came of it; cancelling this stops the handler and its process."""
        try:
            output_data = await self._work()
        except Superseded:
            _log.info("job.superseded")
        except Exception as error:
            await self._conclude(error)
        else:
            then = [follower.name for follower in self._job_type.then]
            await self._transitions.complete(self._claim, output_data, then=then)
            _log.info("job.complete", attempt=self._number)

    async def _conclude(self, error: Exception) -> None:
        verdict = judge(error, attempt=self._number, attempts=self._runtime.settings.job_attempts)
        match verdict:
            case TryAgain(after_s):
                _log.warning("job.failed", attempt=self._number, retry_s=round(after_s, 1), exc_info=error)
                await self._transitions.put_back(self._claim, after=timedelta(seconds=after_s))
            case GiveUp():
                if isinstance(error, SegueError) and error.status < 500:
                    _log.info("job.refused", type=verdict.type, message=verdict.message)
                else:
                    _log.error("job.error", attempt=self._number, exc_info=error)
                await self._transitions.fail(self._claim, verdict)

    async def _work(self) -> dict[str, Any]:
        work = asyncio.ensure_future(self._job_type.handler(self._context))
        watch = asyncio.create_task(self._watch(), name=f"watch job {self._claim.job_id}")
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                watch.result()
            return _result(work)
        finally:
            work.cancel()
            watch.cancel()
            _, pending = await asyncio.wait({work, watch}, timeout=LEAVE_BEHIND_S)
            for task in {work, watch} - pending:
                if not task.cancelled():
                    task.exception()  # seen
            if pending:
                _log.error("job.left_behind", tasks=[str(task) for task in pending])

    async def _watch(self) -> None:
        """Write progress and heartbeats; raise when the attempt should end."""
        stall_s = self._runtime.settings.job_stall_s
        while True:
            changed = await self._progress.wait_for_change(
                min(HEARTBEAT_S, max(0.1, stall_s - self._progress.silent_s))
            )
            if self._progress.silent_s >= stall_s:
                raise Stalled(f"The job gave no sign of life for {stall_s:g} s and was stopped.")
            try:
                holds = await self._transitions.beat(self._claim, self._progress if changed else None)
            except DATABASE_GONE:
                _log.warning("job.heartbeat_missed")
                await asyncio.sleep(WRITE_EVERY_S)
                continue
            if not holds:
                raise Superseded
            await asyncio.sleep(WRITE_EVERY_S)


def _result(work: "asyncio.Future[dict[str, Any]]") -> dict[str, Any]:
    if work.cancelled():  # not by us, who would not be here
        raise RuntimeError("The handler cancelled itself")
    return work.result()
