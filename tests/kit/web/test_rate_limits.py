"""Limits: in one process's memory and in PostgreSQL, the same arithmetic."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from segue.kit.database import Database
from segue.kit.web.rate_limits import MemoryLimiter, RateLimit, take_shared


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time_s = 1000.0

    def __call__(self) -> float:
        return self.time_s


class TestMemoryLimiter:
    def test_a_whole_window_may_come_at_once_and_no_more(self) -> None:
        limiter = MemoryLimiter(3, window_s=60, clock=Clock())
        taken = [limiter.take("ada") for _ in range(4)]
        assert [allowance.remaining for allowance in taken] == [2, 1, 0, 0]
        assert [allowance.retry_after_s for allowance in taken[:3]] == [0, 0, 0]
        assert abs(taken[3].retry_after_s - 20) < 1e-6

    def test_an_allowance_comes_back_bit_by_bit(self) -> None:
        clock = Clock()
        limiter = MemoryLimiter(3, window_s=60, clock=clock)
        for _ in range(4):
            limiter.take("ada")
        clock.time_s += 20
        assert limiter.take("ada").retry_after_s == 0
        assert limiter.take("ada").retry_after_s > 0

    def test_keys_do_not_share(self) -> None:
        limiter = MemoryLimiter(1, clock=Clock())
        assert limiter.take("ada").retry_after_s == 0
        assert limiter.take("bob").retry_after_s == 0

    def test_it_does_not_grow_without_end(self) -> None:
        limiter = MemoryLimiter(1, capacity=10, clock=Clock())
        for number in range(100):
            limiter.take(str(number))
        assert len(limiter._full_at) == 10

    @given(limit=st.integers(1, 20), waits_s=st.lists(st.floats(0, 30), max_size=200))
    def test_no_window_ever_holds_more_than_twice_the_limit(self, limit: int, waits_s: list[float]) -> None:
        clock = Clock()
        limiter = MemoryLimiter(limit, window_s=60, clock=clock)
        taken_at: list[float] = []
        for wait_s in waits_s:
            clock.time_s += wait_s
            allowance = limiter.take("ada")
            assert 0 <= allowance.remaining < limit
            if allowance.retry_after_s == 0:
                taken_at.append(clock.time_s)
        for start_s in taken_at:
            assert sum(start_s <= time_s < start_s + 60 for time_s in taken_at) <= 2 * limit


class TestShared:
    async def take(self, database: Database, key: str, **options: float) -> float:
        async with database.system_session() as session:
            return await take_shared(session, key, limit=3, **options)

    async def test_a_whole_window_may_come_at_once_and_no_more(self, database: Database) -> None:
        waits_s = [await self.take(database, "ada") for _ in range(4)]
        assert waits_s[:3] == [0, 0, 0]
        assert 15 < waits_s[3] <= 20

    async def test_of_attempts_at_the_same_moment_none_is_missed(self, database: Database) -> None:
        waits_s = await asyncio.gather(*(self.take(database, "ada") for _ in range(8)))
        assert waits_s.count(0) == 3

    async def test_an_allowance_comes_back(self, database: Database) -> None:
        for _ in range(4):
            await self.take(database, "ada", window_s=0.3)
        await asyncio.sleep(0.15)
        assert await self.take(database, "ada", window_s=0.3) == 0

    async def test_what_is_full_again_is_forgotten(self, database: Database) -> None:
        for number in range(6):
            await self.take(database, f"user {number}")
        async with database.system_session() as session:
            await session.execute(text("UPDATE rate_limits SET full_at = now() - interval '1 second'"))
        await self.take(database, "ada")
        await self.take(database, "ada")
        async with database.system_session() as session:
            assert await session.scalar(select(func.count()).select_from(RateLimit)) == 1

    async def test_attempts_that_forget_each_others_keys_do_not_wait_for_each_other(self, database: Database) -> None:
        async def attempt(number: int) -> None:
            async with database.system_session() as session:
                await take_shared(session, f"address {number % 4}", f"email {number}", limit=3, window_s=0.01)

        for _ in range(60):
            await asyncio.gather(*(attempt(number) for number in range(8)))
