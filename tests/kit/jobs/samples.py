"""Job types for the tests of jobs: some do well, others fail in every way they can."""

import asyncio
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from segue.kit.errors import InvalidAudio
from segue.kit.jobs import JobContext, JobType


def burn(seconds: float, pid_file: str | None, *, progress: Callable[[float], None]) -> int:
    """Keep a core busy, telling how far it is; leave this process's id in `pid_file`."""
    if pid_file:
        with Path(pid_file).open("a") as file:
            file.write(f"{os.getpid()}\n")
    start = time.monotonic()
    while (done := (time.monotonic() - start) / seconds) < 1:
        progress(done)
        sum(range(20_000))
    progress(1.0)
    return os.getpid()


def die(*, progress: Callable[[float], None]) -> None:
    """Die as if the kernel had found no more memory."""
    os.kill(os.getpid(), 9)


async def echo(job: JobContext) -> dict[str, Any]:
    """Return what came in."""
    return {"said": job.input.get("say"), "attempt": job.attempt}


async def nap(job: JobContext) -> dict[str, Any]:
    """Wait, awake."""
    for part in range(20):
        await job.report(part * 5, f"part {part}")
        await asyncio.sleep(float(job.input["seconds"]) / 20)
    return {"attempt": job.attempt}


async def work(job: JobContext) -> dict[str, Any]:
    """Burn in a child process."""
    pid = await job.run(burn, float(job.input["seconds"]), job.input.get("pid_file"), share=(10, 90))
    await job.report(95, "Storing")
    return {"pid": pid, "attempt": job.attempt}


async def refuse(job: JobContext) -> dict[str, Any]:
    """Fail as a user's file makes a job fail."""
    raise InvalidAudio("This is a picture of a cat.")


async def stumble(job: JobContext) -> dict[str, Any]:
    """Fail by a fault of ours until the attempt that the input names."""
    if job.attempt < job.input["until"]:
        raise ZeroDivisionError("secret detail")
    return {"attempt": job.attempt}


async def lose_child(job: JobContext) -> dict[str, Any]:
    """Have the child process killed."""
    await job.run(die)
    return {}


async def hang(job: JobContext) -> dict[str, Any]:
    """Give no sign of life."""
    await asyncio.sleep(3600)
    return {}


async def block(job: JobContext) -> dict[str, Any]:
    """Hold the worker's event loop, in Python or in C code that keeps the interpreter's lock, the first time."""
    if job.attempt == 1:
        while job.input["in"] == "python":
            sum(range(20_000))
        re.fullmatch(r"(a?){40}(a*)*b", "a" * 40)
    return {"attempt": job.attempt}


async def lose_database(job: JobContext) -> dict[str, Any]:
    """Have the session's connection cut, the first time."""
    async with job.session() as session:
        if job.attempt == 1:
            pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            url = str(job.runtime.settings.database_url)
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
                await other.execute("SELECT pg_terminate_backend(%s)", [pid])
        await session.execute(text("SELECT 1"))
    return {"attempt": job.attempt}


async def kill_worker(job: JobContext) -> dict[str, Any]:
    """Take the whole worker down."""
    os.kill(os.getpid(), 9)
    return {}


async def follow(job: JobContext) -> dict[str, Any]:
    """Return which job this one follows."""
    return {"after": job.input["after"]}


ECHO = JobType("test.echo", echo)
NAP = JobType("test.nap", nap)
WORK = JobType("test.work", work)
REFUSE = JobType("test.refuse", refuse)
STUMBLE = JobType("test.stumble", stumble)
LOSE_CHILD = JobType("test.lose_child", lose_child)
HANG = JobType("test.hang", hang)
BLOCK = JobType("test.block", block)
LOSE_DATABASE = JobType("test.lose_database", lose_database)
KILL_WORKER = JobType("test.kill_worker", kill_worker)
UNKNOWN = JobType("test.unknown", echo)
STUMBLE_THEN_FOLLOW = JobType("test.stumble_then_follow", stumble).followed_by(JobType("test.follow", follow))
JOB_TYPES = (
    ECHO, NAP, WORK, REFUSE, STUMBLE, LOSE_CHILD, HANG, BLOCK, LOSE_DATABASE, KILL_WORKER,
    STUMBLE_THEN_FOLLOW, *STUMBLE_THEN_FOLLOW.then,
)  # fmt: skip
