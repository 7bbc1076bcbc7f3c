"""One job follows another: once for each that completes, and never for one that does not."""

from collections.abc import Sequence

from sqlalchemy import select, update

from segue.kit.jobs import Job
from segue.kit.runtime import Runtime
from tests.kit.jobs.conftest import Desk, working
from tests.kit.jobs.samples import ECHO, STUMBLE_THEN_FOLLOW


async def followers(desk: Desk) -> Sequence[Job]:
    async with desk.runtime.database.session(desk.user_id) as session:
        return (await session.scalars(select(Job).where(Job.job_type == "test.follow"))).all()


async def test_a_job_that_completes_is_followed_once_whatever_its_attempts(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        first = await desk.until(await desk.start(STUMBLE_THEN_FOLLOW, until=2))
        assert (first.status, first.attempts) == ("complete", 2)
        (follower,) = await followers(desk)
        done = await desk.until(follower.id)
    assert (done.status, done.output_data) == ("complete", {"after": str(first.id)})
    assert done.user_id == first.user_id
    assert len(await followers(desk)) == 1


async def test_a_job_that_fails_is_not_followed(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        assert (await desk.until(await desk.start(STUMBLE_THEN_FOLLOW, until=9))).status == "error"
    assert not await followers(desk)


async def test_a_full_queue_does_not_lose_the_follower(job_runtime: Runtime, desk: Desk) -> None:
    first = await desk.start(STUMBLE_THEN_FOLLOW, until=1)
    for _ in range(3):
        await desk.start(ECHO, say="wait")
    full = job_runtime.settings.model_copy(update={"queued_jobs_per_user": 1})
    job_runtime.database.session_info["settings"] = full
    async with working(job_runtime):
        await desk.until(first)
        (follower,) = await followers(desk)
        assert (await desk.until(follower.id)).status == "complete"


async def test_a_worker_that_lost_its_claim_queues_nothing(job_runtime: Runtime, desk: Desk) -> None:
    async with working(job_runtime):
        job_id = await desk.start(STUMBLE_THEN_FOLLOW, until=2)
        await desk.until(job_id, "queued", "processing")
        async with job_runtime.database.system_session() as session:
            await session.execute(update(Job).where(Job.id == job_id).values(status="cancelled"))
        await desk.until(job_id)
    assert not await followers(desk)
