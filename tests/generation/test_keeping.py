"""Keeping a track once, whichever attempts at making it come to that, and only if somebody still wants it."""

import asyncio
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import func, select, update

from segue.audio.files import encode
from segue.audio.signal import Audio
from segue.catalog.tables import SourceTrack
from segue.engines.generation import Generation as Made
from segue.generation import planning, service
from segue.generation.making import _keep
from segue.generation.tables import Generation, GenerationFile
from segue.kit.errors import NotFound
from segue.kit.jobs import Job, JobContext
from segue.kit.jobs.progress import Progress
from segue.kit.runtime import Runtime
from tests.songs import Caller


async def asked(caller: Caller, runtime: Runtime) -> tuple[JobContext, Generation]:
    user_id = caller.user.user_id
    async with runtime.database.session(user_id) as session:
        generation = await service.begin(session, user_id, mode="new", duration_s=10)
    given = {"generation_id": str(generation.id)}
    return JobContext(runtime, generation.job_id, user_id, given, 1, Progress()), generation


def sound(folder: Path, name: str) -> Made:
    """Write what an engine may have made."""
    made_in = folder / name
    made_in.mkdir()
    encode(Audio(np.full((2, 44100), 0.1, dtype=np.float32), 44100), made_in / "mix.flac")
    return Made(mix=made_in / "mix.flac", provenance={"engine": "composer", "version": "1"})


async def keep(job: JobContext, generation: Generation, folder: Path, name: str) -> UUID:
    plan = await planning.plan_for(job, generation)
    return await _keep(job, generation, plan, sound(folder, name), folder / name)


async def tracks(runtime: Runtime) -> int:
    async with runtime.database.system_session() as session:
        return (await session.scalars(select(func.count()).select_from(SourceTrack))).one()


async def test_two_attempts_that_come_to_their_end_keep_one_track(
    caller: Caller, runtime: Runtime, tmp_path: Path
) -> None:
    job, generation = await asked(caller, runtime)
    first, second = await asyncio.gather(*(keep(job, generation, tmp_path, name) for name in ("a", "b")))
    late = await keep(job, generation, tmp_path, "c")
    assert first == second == late
    assert await tracks(runtime) == 1
    async with runtime.database.system_session() as session:
        assert set(await session.scalars(select(GenerationFile.track_id))) == {first}


async def test_what_was_cancelled_is_not_kept(caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
    job, generation = await asked(caller, runtime)
    async with runtime.database.system_session() as session:
        await session.execute(update(Job).where(Job.id == job.id).values(status="cancelled"))
    with pytest.raises(NotFound):
        await keep(job, generation, tmp_path, "a")
    assert await tracks(runtime) == 0
