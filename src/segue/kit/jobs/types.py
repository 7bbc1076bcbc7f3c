"""What a domain writes to have background work: a job type, and a handler that is given a context."""

import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.jobs.progress import Progress
from segue.kit.leftovers import forget_leftovers
from segue.kit.processes import ProcessLimits, run_in_process
from segue.kit.runtime import Runtime

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler knows of its job and may do with it.

    A handler can run more than once (its worker may be killed after the work and before the record of it), so it must
    be idempotent. It must show a sign of life every ``settings.job_stall_s``: through `run` or `report`.
    """

    runtime: Runtime
    id: UUID
    user_id: UUID
    input: dict[str, Any]
    attempt: int
    progress: Progress = field(repr=False)

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that acts for the job's user; it commits when the block ends."""
        return self.runtime.database.session(self.user_id)

    async def report(self, percent: float, stage: str | None = None) -> None:
        """Tell how far the job is, 0 to 100, and what it is doing; call it as often as you like."""
        self.progress.set(percent, stage)

    @contextmanager
    def scratch_folder(self) -> Iterator[Path]:
        """Give an empty folder, gone at the end; what an attempt that was killed left in it is gone, too."""
        scratch = self.runtime.settings.data_dir / "scratch"
        folder = scratch / str(self.id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        forget_leftovers(scratch)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def run(
        self,
        function: Callable[..., Result],
        *args: object,
        share: tuple[float, float] = (0, 100),
        limits: ProcessLimits | None = None,
        threads: int | None = None,
    ) -> Result:
        """Run CPU-bound ``function(*args, progress=...)`` in a process of its own, which dies with the job.

        Parameters
        ----------
        function
            A top-level function; see `segue.kit.processes.run_in_process`.
        args
            Picklable.
        share
            Its progress, 0 to 1, becomes this part of the job's progress in percent.
        limits
            What it may take; by default the settings' memory and stall time.
        threads
            In place of one a core for numerical libraries, if `limits` is absent. Two that multiply large matrices
            beside other work wait for each other, and take many times longer than one.

        Raises
        ------
        ChildDied
            It met a limit or crashed.
        """
        start, end = share
        settings = self.runtime.settings
        usual = ProcessLimits(memory_bytes=settings.job_memory_bytes, stall_s=settings.job_stall_s, threads=threads)
        self.progress.set(start)
        result = await run_in_process(
            function,
            *args,
            limits=limits or usual,
            progress=lambda done: self.progress.set(start + (end - start) * min(1.0, max(0.0, done))),
        )
        self.progress.set(end)
        return result


Handler = Callable[[JobContext], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of background work.

    Attributes
    ----------
    name
        ``domain.verb``; it is stored, so it never changes.
    handler
        Does the work and returns the job's ``output_data``.
    then
        What follows each job of this type that completes; see `followed_by`.
    """

    name: str
    handler: Handler
    then: tuple["JobType", ...] = ()

    def followed_by(self, other: "JobType") -> "JobType":
        """Return this type, such that each job of it that completes has one of type `other` follow for the same user.

        The two are one step: whoever sees the first complete finds the other one queued, however full the queue is.
        Its input is ``{"after": id of the first}``. So a domain need not know those above it: `segue.api.domains`
        composes them.
        """
        return replace(self, then=(*self.then, other))
