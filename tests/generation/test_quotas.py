"""How many tracks a day: whose day, whatever is asked at once, and what is given back."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from segue.accounts.tables import User
from segue.generation.quotas import day_at
from segue.generation.tables import Generation, GenerationFile
from segue.kit.clock import now
from segue.kit.jobs import Job
from segue.kit.runtime import Runtime
from tests.songs import Caller

SHORT = {"mode": "new", "duration": 10}
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu",
    "Etc/GMT-12", "Etc/GMT+12",
)  # fmt: skip


@pytest.fixture(autouse=True)
def three_a_day(runtime: Runtime) -> None:
    runtime.database.session_info["settings"] = runtime.settings.model_copy(update={"generations_per_day": 3})


async def ask(caller: Caller, times: int = 1) -> list[httpx.Response]:
    return await asyncio.gather(*(caller.post("/generate", json=SHORT) for _ in range(times)))


async def quota(caller: Caller) -> dict[str, Any]:
    response = await caller.get("/generate/quota")
    answer: dict[str, Any] = response.json()
    return answer


async def end(runtime: Runtime, job_id: str, status: str) -> None:
    async with runtime.database.system_session() as session:
        await session.execute(update(Job).where(Job.id == job_id).values(status=status))


class TestQuota:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/generate/quota")).status_code == 401

    async def test_it_tells_what_is_left(self, caller: Caller, runtime: Runtime) -> None:
        assert (await quota(caller))["left"] == 3
        (started,) = await ask(caller)
        assert started.json()["quota"]["left"] == (await quota(caller))["left"] == 2
        async with runtime.database.system_session() as session:
            assert await session.scalar(select(User.daily_count).where(User.id == caller.user.user_id)) == 1

    async def test_over_the_limit_one_is_told_what_unlocks_it_and_when(self, caller: Caller) -> None:
        await ask(caller, 3)
        (refused,) = await ask(caller)
        assert (refused.status_code, refused.json()["type"]) == (402, "urn:segue:error:quota-reached")
        assert refused.json()["unlocked_by"] == "premium"
        assert datetime.fromisoformat(refused.json()["resets_at"]) > now()
        assert "premium" in refused.json()["detail"]

    async def test_requests_at_once_do_not_pass_it(self, caller: Caller, runtime: Runtime) -> None:
        answers = await ask(caller, 9)
        assert sorted(answer.status_code for answer in answers) == [202] * 3 + [402] * 6
        async with runtime.database.system_session() as session:
            assert len((await session.scalars(select(Generation.id))).all()) == 3

    @pytest.mark.slow
    async def test_anothers_day_is_their_own(self, caller: Caller, other: Caller) -> None:
        await ask(caller, 3)
        assert (await quota(other))["left"] == 3

    async def test_premium_has_no_limit(self, caller: Caller, runtime: Runtime) -> None:
        async with runtime.database.system_session() as session:
            await session.execute(update(User).where(User.id == caller.user.user_id).values(tier="premium"))
        assert {answer.status_code for answer in await ask(caller, 5)} == {202}
        assert (await quota(caller))["left"] is None

    @pytest.mark.parametrize("status", ["error", "cancelled"])
    async def test_what_came_to_nothing_is_given_back(self, caller: Caller, runtime: Runtime, status: str) -> None:
        first, *_ = await ask(caller, 3)
        await end(runtime, first.json()["job_id"], status)
        assert (await quota(caller))["left"] == 1
        assert [answer.status_code for answer in await ask(caller, 2)].count(202) == 1

    async def test_what_was_cancelled_after_it_could_be_heard_counts(self, caller: Caller, runtime: Runtime) -> None:
        (first,) = await ask(caller)
        async with runtime.database.system_session() as session:
            (generation,) = await session.scalars(select(Generation))
            file = {"generation_id": generation.id, "user_id": generation.user_id, "name": "beginning"}
            session.add(GenerationFile(**file, sha256="0" * 64, size_bytes=1))
        await end(runtime, first.json()["job_id"], "cancelled")
        assert (await quota(caller))["used"] == 1

    @pytest.mark.slow
    async def test_the_next_day_begins_anew(self, caller: Caller, runtime: Runtime) -> None:
        await ask(caller, 3)
        async with runtime.database.system_session() as session:
            long_ago = now() - timedelta(days=2)
            await session.execute(update(Generation).values(created_at=long_ago))
            await session.execute(update(User).values(daily_from=long_ago, daily_until=now() - timedelta(days=1)))
        assert (await quota(caller))["left"] == 3


class TestTimeZone:
    async def test_it_is_said_in_the_profile_and_ends_the_day(self, caller: Caller) -> None:
        response = await caller.client.patch(
            "/api/v1/profiles/me", json={"time_zone": "Asia/Kathmandu"}, headers=caller.user.headers
        )
        assert response.status_code == 200
        assert (await caller.get("/me")).json()["time_zone"] == "Asia/Kathmandu"
        resets_at = datetime.fromisoformat((await quota(caller))["resets_at"])
        assert (resets_at.astimezone(UTC).hour, resets_at.minute) == (18, 15)

    async def test_nonsense_is_refused(self, caller: Caller) -> None:
        for zone in ("Europe/Atlantis", "../etc/passwd", ""):
            response = await caller.client.patch(
                "/api/v1/profiles/me", json={"time_zone": zone}, headers=caller.user.headers
            )
            assert response.status_code == 422

    @pytest.mark.slow
    async def test_moving_the_clock_gives_no_second_day(self, caller: Caller) -> None:
        await ask(caller, 3)
        for zone in ZONES:
            await caller.client.patch("/api/v1/profiles/me", json={"time_zone": zone}, headers=caller.user.headers)
            assert (await quota(caller))["left"] == 0


class TestDay:
    def test_it_is_from_midnight_to_midnight_there(self) -> None:
        moment = datetime(2026, 6, 1, 3, tzinfo=UTC)
        begin, end = day_at(moment, "America/New_York", None)
        assert (begin, end) == (datetime(2026, 5, 31, 4, tzinfo=UTC), datetime(2026, 6, 1, 4, tzinfo=UTC))

    def test_it_is_as_long_as_the_clocks_make_it(self) -> None:
        begin, end = day_at(datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Berlin", None)
        assert end - begin == timedelta(hours=23)

    @given(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - hypothesis wants them naive
        st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 72)), min_size=1, max_size=8),
    )
    def test_days_one_after_the_other_do_not_overlap_and_none_is_short(
        self, start: datetime, moves: list[tuple[str, int]]
    ) -> None:
        moment, last = start.replace(tzinfo=UTC), None
        for zone, hours in moves:
            begin, end = day_at(moment, zone, last)
            assert begin <= moment < end
            assert end - begin >= timedelta(hours=23)
            assert last is None or begin >= last
            moment, last = end + timedelta(hours=hours), end

    @given(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - hypothesis wants them naive
        st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 3)), min_size=2, max_size=12),
    )
    def test_moving_the_clock_makes_no_more_days_than_there_are(
        self, start: datetime, moves: list[tuple[str, int]]
    ) -> None:
        moment, last, begins = start.replace(tzinfo=UTC), None, []
        for zone, hours in moves:
            begin, last = day_at(moment, zone, last)
            begins.append(begin)
            moment = last + timedelta(hours=hours)
        assert all(later - earlier >= timedelta(hours=23) for earlier, later in pairwise(begins))

    def test_going_to_and_fro_between_two_zones_half_a_day_apart_gives_no_second_day(self) -> None:
        moment, last = datetime(2026, 6, 1, tzinfo=UTC), None
        for number in range(30):
            _, last = day_at(moment, ("UTC", "Etc/GMT-12")[number % 2], last)
            moment = last
        assert moment - datetime(2026, 6, 1, tzinfo=UTC) >= timedelta(hours=30 * 23)
