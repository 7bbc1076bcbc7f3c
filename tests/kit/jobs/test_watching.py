"""Whoever watches a job sees where it is, each change, and its end."""

from contextlib import aclosing

from segue.kit import jobs
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import Desk, working
from tests.kit.jobs.samples import ECHO, NAP


async def test_a_watcher_sees_the_present_then_each_change_then_the_end(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(NAP, seconds=1)
    async with working(job_runtime):
        states = jobs.watch(job_runtime.database, job_runtime.notifications, desk.user_id, job_id)
        seen = [(job.status, job.progress) async for job in states if job]
    assert seen[0] == ("queued", 0)
    assert seen[-1] == ("complete", 100)
    assert 3 <= len(seen) <= 9, "progress is told, and not more than four times a second"
    assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)
    assert job_runtime.notifications.subscriptions == 0


async def test_a_watcher_of_a_job_that_is_over_sees_its_end_at_once(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        await desk.until(job_id := await desk.start(ECHO))
    states = [job async for job in jobs.watch(job_runtime.database, job_runtime.notifications, desk.user_id, job_id)]
    assert [job.status for job in states if job] == ["complete"]


async def test_silence_is_broken_by_signs_of_life(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    states = jobs.watch(job_runtime.database, job_runtime.notifications, desk.user_id, job_id, keep_alive_s=0.05)
    async with aclosing(states):
        first = await anext(states)
        assert first is not None
        assert await anext(states) is None
    assert job_runtime.notifications.subscriptions == 0


async def test_nobody_watches_anothers_job(job_runtime: Runtime, desk: Desk) -> None:
    job_id = await desk.start(ECHO)
    assert [job async for job in jobs.watch(job_runtime.database, job_runtime.notifications, new_id(), job_id)] == []
