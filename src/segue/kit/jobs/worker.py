"""A worker: takes tickets from the queue and runs their jobs until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import AbortReason

from segue.kit.errors import Unavailable
from segue.kit.jobs.attempt import Attempt
from segue.kit.jobs.queue import QUEUE, TASK, PatientConnector
from segue.kit.jobs.rescue import STALE, Rescue
from segue.kit.jobs.schedule import Recurring, Schedule
from segue.kit.jobs.transitions import Claim, Transitions
from segue.kit.jobs.types import JobContext, JobType
from segue.kit.jobs.watchdog import watchdog
from segue.kit.runtime import Runtime

#: Running jobs get so long to end by themselves when the worker is told to stop; then they go back to the queue.
GRACE_S: Final = 2.0
POLL_S: Final = 1.0
HEARTBEAT_S: Final = 5.0

_log = structlog.get_logger(__name__)


class Worker:
    """Runs jobs of the given types, several at a time.

    Parameters
    ----------
    runtime
        Its settings say how many at a time, how often a job is tried and when it is stalled.
    job_types
        What it can do. A job of another type is tried again later: another worker may know it.
    recurring
        What it sees to coming round, together with all other workers.
    """

    def __init__(self, runtime: Runtime, job_types: Iterable[JobType], recurring: Iterable[Recurring] = ()) -> None:
        self._runtime = runtime
        self._job_types = {job_type.name: job_type for job_type in job_types}
        settings = runtime.settings
        self._transitions = Transitions(runtime.database, slots=settings.jobs_per_user)
        self._rescue = Rescue(runtime.database, attempts=settings.job_attempts, slots=settings.jobs_per_user)
        self._schedule = Schedule(runtime.database, recurring)
        self._connector = PatientConnector(str(settings.database_url))
        self._app = procrastinate.App(connector=self._connector)
        self._app.task(name=TASK, queue=QUEUE, pass_context=True)(self._run_ticket)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stop: running jobs end within two seconds or go back to the queue, without an attempt counted."""
        self._stopping.set()

    async def run(self, *, handle_signals: bool = True) -> None:
        """Work until `stop`, or cancelled.

        Parameters
        ----------
        handle_signals
            Whether the process is the worker's own: then SIGTERM and SIGINT stop it, and it ends should its event loop
            hang.
        """
        with self._owning_the_process() if handle_signals else contextlib.nullcontext():
            async with asyncio.TaskGroup() as group:
                watches = (self._rescue.run(), self._schedule.run(), self._take_tickets())
                tasks = [group.create_task(watch) for watch in watches]
                try:
                    await self._stopping.wait()
                finally:
                    self._connector.lose_patience(within_s=GRACE_S)
                for task in tasks:
                    task.cancel()
        _log.info("worker.stopped")

    @contextlib.contextmanager
    def _owning_the_process(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            with watchdog(self._runtime.settings.job_stall_s):
                yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def _take_tickets(self) -> None:
        """Run Procrastinate's worker, and again should it fall over: it does if it was taken for dead, say."""
        async with self._app.open_async():
            while True:
                try:
                    await self._app.run_worker_async(
                        queues=[QUEUE],
                        concurrency=self._runtime.settings.worker_concurrency,
                        delete_jobs="always",
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=GRACE_S,
                        fetch_job_polling_interval=POLL_S,
                        abort_job_polling_interval=POLL_S,
                        update_heartbeat_interval=HEARTBEAT_S,
                        stalled_worker_timeout=STALE.total_seconds(),
                    )
                except ConnectorException as error:
                    _log.warning("worker.fell_over", error=repr(error.__cause__ or error))
                await asyncio.sleep(POLL_S)

    async def _run_ticket(self, context: procrastinate.JobContext, job_id: str) -> None:
        """Run the job that a ticket names: what Procrastinate calls."""
        ticket_id = context.job.id
        if ticket_id is None:
            raise ValueError("A ticket that was taken from the queue has an id")
        claim = Claim(UUID(job_id), ticket_id)
        with structlog.contextvars.bound_contextvars(job_id=job_id):
            try:
                await self._run(claim)
            except asyncio.CancelledError:
                if context.abort_reason() is AbortReason.SHUTDOWN:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(GRACE_S):
                            await self._transitions.put_back(claim, counts=False)
                            _log.info("job.put_back")
                raise

    async def _run(self, claim: Claim) -> None:
        job = await self._transitions.claim(claim)
        if job is None:
            return
        job_type = self._job_types.get(job.job_type, JobType(job.job_type, _refuse))
        with structlog.contextvars.bound_contextvars(job_type=job.job_type):
            await Attempt(self._runtime, self._transitions, claim, job, job_type).run()


async def _refuse(_: JobContext) -> dict[str, Any]:
    """Stand in for a handler that this worker does not have: after an upgrade, another may."""
    raise Unavailable("This version of Segue cannot do this kind of job.")
