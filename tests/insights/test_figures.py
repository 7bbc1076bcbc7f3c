"""Figures from events: counted by hand, they are the same."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from segue.accounts.tables import User
from segue.insights import service
from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.cli.command import segue
from tests.songs import Caller

TODAY = now()


async def user(runtime: Runtime, days_ago: float) -> UUID:
    user_id = new_id()
    async with runtime.database.system_session() as session:
        created_at = TODAY - timedelta(days=days_ago)
        session.add(User(id=user_id, issuer="elsewhere", user_metadata={}, created_at=created_at))
    return user_id


async def play(
    runtime: Runtime, user_id: UUID, *, days: float = 0, seconds: float = 0, made_here: bool = False
) -> None:
    async with runtime.database.session(user_id) as session:
        signed_up = await session.get_one(User, user_id)
        at = signed_up.created_at + timedelta(days=days, seconds=seconds)
        await service.played(session, user_id, at=at, made_here=made_here)


async def figures(runtime: Runtime) -> service.Figures:
    async with runtime.database.system_session() as session:
        return await service.figures(session)


async def test_of_nobody_there_is_nothing_to_tell(runtime: Runtime) -> None:
    told = (await figures(runtime)).as_json()
    assert {value for value in told.values() if value is not None} == {0}


async def test_they_are_what_one_counts_by_hand(runtime: Runtime, tmp_path: Path, database_url: str) -> None:
    users = [await user(runtime, days_ago) for days_ago in (60, 40, 10, 3, 0.5)]
    for one, seconds in zip(users, (10, 20, 30, 40, 50), strict=True):
        await play(runtime, one, seconds=seconds)
        await play(runtime, one, seconds=seconds + 5, made_here=True)
    await play(runtime, users[0], days=1.2)
    await play(runtime, users[1], days=1.9)
    await play(runtime, users[1], days=30.5)
    await play(runtime, users[2], days=7.1)
    for stars in (5, 4, 3):
        async with runtime.database.session(users[0]) as session:
            await service.rated(session, users[0], stars=stars, made_here=True)
    told = await figures(runtime)
    assert told.as_json() == pytest.approx(
        {
            "first_play_users": 5,
            "first_play_p50_s": 30,
            "first_play_p95_s": 48,
            "first_ai_play_users": 5,
            "first_ai_play_p50_s": 35,
            "first_ai_play_p95_s": 53,
            "ratings": 3,
            "sounds_like_me_share": 2 / 3,
            "day_1_users": 4,
            "day_1_retention": 1 / 2,
            "day_7_users": 3,
            "day_7_retention": 1 / 3,
            "day_30_users": 2,
            "day_30_retention": 1 / 2,
        }
    )
    printed = segue("insights", "--json", folder=tmp_path, database_url=database_url)
    assert printed.report == json.loads(json.dumps(told.as_json()))


@pytest.mark.slow
async def test_what_happened_is_changed_by_nobody_and_seen_by_oneself_alone(
    caller: Caller, other: Caller, runtime: Runtime
) -> None:
    async with runtime.database.session(caller.user.user_id) as session:
        await service.rated(session, caller.user.user_id, stars=5, made_here=False)
    async with runtime.database.session(other.user.user_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM events")) == 0
    for change in ("UPDATE events SET name = 'x'", "DELETE FROM events"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with runtime.database.session(caller.user.user_id) as session:
                await session.execute(text(change))


async def test_prometheus_is_told_what_there_is_to_tell(caller: Caller, runtime: Runtime) -> None:
    await play(runtime, caller.user.user_id, seconds=12)
    metrics = (await caller.client.get("/metrics")).text
    assert 'segue_insights{figure="first_play_p50_s"} 12.0' in metrics
    assert "sounds_like_me_share" not in metrics
