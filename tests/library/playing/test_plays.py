"""Plays count once: after thirty seconds or half of the track, whoever tells of them, however often."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from segue.catalog.songs.service import SongRef, resolve
from segue.insights.tables import Event
from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.library.playing.counting import Play, count, counts_from_ms
from segue.library.tables import Listen
from tests.songs import Caller

STARTED = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
async def song(runtime: Runtime) -> UUID:
    """A song of four minutes."""
    return await song_of(runtime, 240_000)


async def song_of(runtime: Runtime, duration_ms: int | None, title: str = "Low Tide") -> UUID:
    async with runtime.database.system_session() as session:
        ref = SongRef(title=title, artist="Ann Vale", duration_ms=duration_ms)
        return (await resolve(session, [ref]))[0].track_id


def report(track: UUID, event: str, played_ms: int = 0, started_at: datetime = STARTED) -> dict[str, Any]:
    told = {"track_id": str(track), "event": event, "played_ms": played_ms}
    return {**told, "started_at": started_at.isoformat()}


async def tell(caller: Caller, *reports: dict[str, Any]) -> list[str]:
    response = await caller.post("/plays", json={"plays": list(reports)})
    assert response.status_code == 200, response.text
    return [item["outcome"] for item in response.json()["items"]]


async def listens(runtime: Runtime, user_id: UUID) -> list[tuple[int | None, bool, str]]:
    async with runtime.database.session(user_id) as session:
        rows = await session.scalars(select(Listen).order_by(Listen.listened_at))
        return [(row.played_ms, row.skipped, row.source) for row in rows]


async def test_an_anonymous_visitor_is_refused(anonymous: Caller, song: UUID) -> None:
    assert (await anonymous.post("/plays", json={"plays": [report(song, "start")]})).status_code == 401
    assert (await anonymous.get("/playing_now")).status_code == 401


async def test_what_one_may_not_see_is_not_found_and_takes_nothing_with_it(
    caller: Caller, runtime: Runtime, song: UUID
) -> None:
    hidden = new_id()
    assert (await caller.post("/plays", json={"plays": [report(hidden, "start")]})).status_code == 404
    outcomes = await tell(caller, report(hidden, "end", 60_000), report(song, "end", 60_000))
    assert outcomes == ["not found", "counted"]
    assert len(await listens(runtime, caller.user.user_id)) == 1


async def test_a_play_that_is_told_as_it_goes_on_is_one_listen(caller: Caller, runtime: Runtime, song: UUID) -> None:
    told = [("start", 0), ("progress", 29_000), ("progress", 31_000), ("progress", 31_000), ("end", 240_000)]
    outcomes = [(await tell(caller, report(song, event, played)))[0] for event, played in told]
    assert outcomes == ["noted", "noted", "counted", "counted", "counted"]
    assert await listens(runtime, caller.user.user_id) == [(240_000, False, "segue")]
    await tell(caller, report(song, "progress", 100_000), report(song, "skip", 10_000))  # late, and out of order
    assert await listens(runtime, caller.user.user_id) == [(240_000, False, "segue")]


async def test_one_that_is_left_early_is_a_skip_until_more_of_it_is_told(
    caller: Caller, runtime: Runtime, song: UUID
) -> None:
    assert await tell(caller, report(song, "skip", 8_000)) == ["skipped"]
    assert await listens(runtime, caller.user.user_id) == [(8_000, True, "segue")]
    assert await tell(caller, report(song, "progress", 40_000)) == ["counted"]
    assert await listens(runtime, caller.user.user_id) == [(40_000, False, "segue")]


@pytest.mark.slow
async def test_many_that_were_heard_offline_are_told_at_once_and_again(
    caller: Caller, runtime: Runtime, song: UUID
) -> None:
    short = await song_of(runtime, 40_000, "Interlude")
    batch = [
        report(song, "end", 200_000, STARTED + timedelta(hours=1)),
        report(short, "end", 20_000, STARTED + timedelta(hours=2)),
        report(short, "skip", 19_000, STARTED + timedelta(hours=3)),
        report(song, "end", 5_000, STARTED + timedelta(hours=4)),
    ]
    for _ in range(2):
        assert await tell(caller, *batch) == ["counted", "counted", "skipped", "noted"]
    assert await listens(runtime, caller.user.user_id) == [
        (200_000, False, "segue"),
        (20_000, False, "segue"),
        (19_000, True, "segue"),
    ]


@pytest.mark.slow
async def test_whoever_seeks_has_heard_no_more_than_there_was_time_for(
    caller: Caller, runtime: Runtime, song: UUID
) -> None:
    began = now() - timedelta(seconds=4)
    assert await tell(caller, report(song, "progress", 3_600_000, began)) == ["noted"]
    began = now() - timedelta(seconds=60)
    assert await tell(caller, report(song, "progress", 3_600_000, began)) == ["counted"]
    ((played_ms, _, _),) = await listens(runtime, caller.user.user_id)
    assert played_ms is not None
    assert 60_000 <= played_ms < 90_000
    future = report(song, "progress", 1, now() + timedelta(hours=1))
    assert (await caller.post("/plays", json={"plays": [future]})).status_code == 422


@pytest.mark.slow
async def test_what_two_players_tell_of_is_one_listen(caller: Caller, runtime: Runtime, song: UUID) -> None:
    await tell(caller, report(song, "end", 240_000))
    async with runtime.database.session(caller.user.user_id) as session:
        told = Play(song, STARTED + timedelta(seconds=30))
        await count(session, caller.user.user_id, [told], source="another player")
    assert len(await listens(runtime, caller.user.user_id)) == 1


async def test_what_two_players_tell_of_at_once_is_one_listen(caller: Caller, runtime: Runtime, song: UUID) -> None:
    async def tells(name: str, began: datetime) -> None:
        async with runtime.database.session(caller.user.user_id) as session:
            await count(session, caller.user.user_id, [Play(song, began)], source=name)
            await asyncio.sleep(0.2)

    await asyncio.gather(tells("one player", STARTED), tells("another", STARTED + timedelta(seconds=5)))
    assert len(await listens(runtime, caller.user.user_id)) == 1


async def test_in_a_private_session_nothing_is_kept(caller: Caller, runtime: Runtime, song: UUID) -> None:
    await caller.post("/private_session", json={"on": True})
    moment = now()
    assert await tell(caller, report(song, "start", 0, moment), report(song, "end", 240_000, moment)) == ["private"] * 2
    assert await listens(runtime, caller.user.user_id) == []
    assert (await caller.get("/playing_now")).json()["track_id"] is None
    async with runtime.database.system_session() as session:
        assert list(await session.scalars(select(Event))) == []


@pytest.mark.slow
async def test_what_plays_is_told_to_other_devices_until_it_ends(caller: Caller, song: UUID) -> None:
    moment = now()
    await tell(caller, report(song, "start", 0, moment))
    assert (await caller.get("/playing_now")).json()["track_id"] == str(song)
    await tell(caller, report(song, "end", 0, moment))
    assert (await caller.get("/playing_now")).json()["track_id"] is None


async def test_the_first_play_of_all_is_an_event_with_its_delay_and_each_day_is_one(
    caller: Caller, runtime: Runtime, song: UUID
) -> None:
    for _ in range(3):
        await tell(caller, report(song, "start", 0, now()))
    async with runtime.database.session(caller.user.user_id) as session:
        events = list(await session.scalars(select(Event).order_by(Event.name)))
    assert [event.name for event in events] == ["active", "first_play"]
    assert 0 <= events[1].properties["after_s"] < 60


async def test_each_day_of_many_plays_is_one_and_what_was_heard_elsewhere_is_no_first_play(
    caller: Caller, runtime: Runtime, song: UUID
) -> None:
    user_id = caller.user.user_id
    began = now()
    plays = [Play(song, began + timedelta(days=days)) for days in (0, 0, 1, 7)]
    async with runtime.database.session(user_id) as session:
        await count(session, user_id, plays, source="elsewhere", here=False)
        events = list(await session.scalars(select(Event).order_by(Event.happened_at)))
        assert [event.once for event in events] == [
            (began + timedelta(days=days)).date().isoformat() for days in (0, 1, 7)
        ]
        await count(session, user_id, plays, source="segue")
        events = list(await session.scalars(select(Event).order_by(Event.name)))
        assert [event.name for event in events] == ["active"] * 3 + ["first_play"]


@given(st.integers(1, 10**8))
def test_a_play_counts_from_half_of_it_or_thirty_seconds_whichever_is_first(duration_ms: int) -> None:
    assert counts_from_ms(duration_ms) <= 30_000
    assert counts_from_ms(duration_ms) <= duration_ms / 2
    assert counts_from_ms(None) == 30_000
