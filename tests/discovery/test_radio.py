"""Radio over HTTP: three ahead at once, bent by what is said, fed by what is made, whatever the quota says."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from segue.audio.signal import FloatArray
from segue.catalog.embeddings import service as embeddings
from segue.discovery.radio import AHEAD
from segue.discovery.tables import RadioGeneration
from segue.generation.tables import Generation
from segue.kit.clock import now
from segue.kit.jobs import Job
from segue.kit.runtime import Runtime
from segue.library import service as library
from segue.library.tables import Playlist, PlaylistEntry
from tests.discovery.test_queue import added, queue_of, told
from tests.discovery.tracks import SPACE, around, direction, placed
from tests.songs import Caller

SEED, A, B = direction(1, 0.5, 0.5), direction(1, 1, 0), direction(1, 0, 1)


@pytest.fixture
async def seed(caller: Caller, runtime: Runtime) -> UUID:
    """A track between two groups of eight: ours and real ones in each."""
    user_id = caller.user.user_id
    for name, place in (("A", A), ("B", B)):
        await placed(runtime, user_id, around(place, 4, ord(name)), source="generated", name=f"ours {name}")
        await placed(runtime, user_id, around(place, 4, ord(name) + 9), name=f"real {name}")
    return (await placed(runtime, user_id, [SEED], name="seed"))[0]


def upcoming(queue: dict[str, Any]) -> list[dict[str, Any]]:
    return queue["items"][queue["position"] + 1 :]  # type: ignore[no-any-return]


async def mean_likeness(runtime: Runtime, queue: dict[str, Any], place: FloatArray) -> float:
    ids = [UUID(item["track_id"]) for item in upcoming(queue)]
    async with runtime.database.system_session() as session:
        found = await embeddings.of(session, ids, space=SPACE)
    return sum(float(found[one] @ place) for one in ids) / len(ids)


async def like(runtime: Runtime, caller: Caller, item: dict[str, Any], *, liked: bool | None = True) -> None:
    async with runtime.database.session(caller.user.user_id) as session:
        await library.set_liked(session, caller.user.user_id, UUID(item["track_id"]), liked=liked)


async def asked_for(runtime: Runtime) -> list[Generation]:
    async with runtime.database.system_session() as session:
        query = select(Generation).join(RadioGeneration, RadioGeneration.generation_id == Generation.id)
        return list(await session.scalars(query))


async def finish(runtime: Runtime, generation: Generation, track_id: UUID | None) -> None:
    """End the job of a generation, as its worker would."""
    status = "complete" if track_id else "error"
    async with runtime.database.system_session() as session:
        await session.execute(update(Generation).where(Generation.id == generation.id).values(track_id=track_id))
        await session.execute(update(Job).where(Job.id == generation.job_id).values(status=status))


async def test_three_are_ready_at_once_and_after_each_that_was_heard(caller: Caller, seed: UUID) -> None:
    queue = await told(caller, "radio", track_id=str(seed))
    assert queue["current"] is not None
    assert (queue["radio"]["seed"], queue["radio"]["making"], queue["radio"]["note"]) == ("track", 1, None)
    for _ in range(6):
        assert len(upcoming(queue)) == AHEAD
        assert {item["type"] for item in queue["items"][queue["position"] :]} == {"ai", "real"}
        assert len({item["id"] for item in queue["items"]}) == len(queue["items"])
        queue = await told(caller, "next")
    assert queue["radio"]["making"] == 1


async def test_skips_near_one_place_and_likes_near_another_bring_what_is_nearer_to_that(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    queue = await told(caller, "radio", track_id=str(seed))
    before = await mean_likeness(runtime, queue, B) - await mean_likeness(runtime, queue, A)
    for _ in range(4):
        if queue["current"]["title"].split()[1] == "A":
            queue = await told(caller, "next", skipped=True)
        else:
            await like(runtime, caller, queue["current"])
            queue = await told(caller, "next")
    after = await mean_likeness(runtime, queue, B) - await mean_likeness(runtime, queue, A)
    assert after > before + 0.2
    assert all(item["title"].split()[1] == "B" for item in upcoming(queue))


async def test_what_was_ready_and_fits_no_more_gives_way_and_a_like_taken_back_counts_no_more(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    await told(caller, "radio", track_id=str(seed))
    queue = await told(caller, "next")  # the seed itself lies nearest, and came first
    wrong = queue["current"]["title"].split()[1]
    was_ahead = [item["title"].split()[1] for item in upcoming(queue)]
    assert wrong in was_ahead
    await like(runtime, caller, queue["current"], liked=False)
    bent = await queue_of(caller)
    assert [item["title"].split()[1] for item in upcoming(bent)].count(wrong) < was_ahead.count(wrong)
    assert bent["current"] == queue["current"]
    assert bent["version"] > queue["version"]
    await like(runtime, caller, queue["current"], liked=None)
    assert [item["title"].split()[1] for item in upcoming(await queue_of(caller))] == was_ahead


async def test_what_was_made_comes_into_the_queue_and_the_next_is_asked_for_with_what_was_said(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    queue = await told(caller, "radio", track_id=str(seed))
    (first,) = await asked_for(runtime)
    assert (first.mode, first.steer["liked"]) == ("radio", [str(seed)])
    skipped = queue["current"]["track_id"]
    await told(caller, "next", skipped=True)
    (made,) = await placed(runtime, caller.user.user_id, [SEED], source="generated", name="new one")
    await finish(runtime, first, made)
    queue = await queue_of(caller)
    assert str(made) in [item["track_id"] for item in upcoming(queue)]
    (second,) = await asked_for(runtime)
    assert second.id != first.id
    assert second.steer["skipped"] == [skipped]


async def test_what_was_skipped_before_it_began_says_nothing_of_it(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    before = await placed(runtime, caller.user.user_id, around(B, 2, 5), name="before B")
    await added(caller, before)
    for _ in before:
        await told(caller, "next", skipped=True)
    await told(caller, "radio", track_id=str(seed))
    (asked,) = await asked_for(runtime)
    assert (asked.steer["liked"], asked.steer["skipped"]) == ([str(seed)], [])


async def test_what_takes_more_than_an_hour_is_waited_for_and_comes_into_the_queue(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    await told(caller, "radio", track_id=str(seed))
    async with runtime.database.system_session() as session:
        await session.execute(update(RadioGeneration).values(asked_at=now() - timedelta(hours=2)))
    await told(caller, "next")
    (asked,) = await asked_for(runtime)
    (made,) = await placed(runtime, caller.user.user_id, [SEED], source="generated", name="late one")
    await finish(runtime, asked, made)
    assert str(made) in [item["track_id"] for item in upcoming(await queue_of(caller))]


async def test_tracks_that_nobody_knows_the_place_of_fill_in(caller: Caller, runtime: Runtime) -> None:
    (seed,) = await placed(runtime, caller.user.user_id, [SEED])
    unplaced = await placed(runtime, caller.user.user_id, [A] * 4, name="unplaced")
    async with runtime.database.system_session() as session:
        query = text("DELETE FROM embeddings WHERE track_id = ANY(CAST(:ids AS uuid[]))")
        await session.execute(query, {"ids": unplaced})
    queue = await told(caller, "radio", track_id=str(seed))
    assert queue["current"]["track_id"] == str(seed)
    assert {UUID(item["track_id"]) for item in upcoming(queue)} < set(unplaced)
    assert len(upcoming(queue)) == AHEAD


@pytest.mark.slow
async def test_one_that_failed_is_asked_for_again_and_nothing_waits_for_it(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    await told(caller, "radio", track_id=str(seed))
    (first,) = await asked_for(runtime)
    await finish(runtime, first, None)
    queue = await told(caller, "next")
    assert len(upcoming(queue)) == AHEAD
    (second,) = await asked_for(runtime)
    assert second.id != first.id


@pytest.mark.slow
async def test_over_the_days_quota_it_goes_on_with_what_there_is_and_says_so(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    queue = await told(caller, "radio", track_id=str(seed))
    for _ in range(30):
        if queue["radio"]["note"] == "quota":
            break
        for asked in await asked_for(runtime):
            (made,) = await placed(runtime, caller.user.user_id, [A], source="generated", name="made")
            await finish(runtime, asked, made)
        queue = await told(caller, "next")
    assert (queue["radio"]["note"], queue["radio"]["making"]) == ("quota", 0)
    assert len(upcoming(queue)) == AHEAD


@pytest.mark.slow
async def test_a_playlist_leads_to_its_middle_and_the_listeners_own_come_first(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    user_id = caller.user.user_id
    near_b = await placed(runtime, user_id, around(B, 3, 77), name="listed B")
    async with runtime.database.session(user_id) as session:
        playlist = Playlist(user_id=user_id, name="Evenings", source="test")
        session.add(playlist)
        await session.flush()
        session.add_all(
            PlaylistEntry(playlist_id=playlist.id, position=n, track_id=track) for n, track in enumerate(near_b)
        )
    await added(caller, [seed, near_b[0]])
    queue = await told(caller, "radio", playlist_id=str(playlist.id))
    assert [item["added_by"] for item in queue["items"]] == ["listener"] * 2 + ["radio"] * 2
    assert all(item["title"].split()[1] == "B" for item in queue["items"][2:])
    (asked,) = await asked_for(runtime)
    assert asked.playlist_id == playlist.id


@pytest.mark.slow
async def test_stopped_it_adds_nothing_more_and_one_that_nothing_is_known_for_plays_the_newest(
    caller: Caller, other: Caller, runtime: Runtime, seed: UUID
) -> None:
    queue = await told(caller, "radio", track_id=str(seed))
    stopped = (await caller.delete("/queue/radio")).json()
    assert (stopped["radio"], stopped["items"]) == (None, queue["items"])
    assert stopped["version"] == queue["version"] + 1  # so that other devices look
    assert len(upcoming(await told(caller, "next"))) == AHEAD - 1
    await placed(runtime, other.user.user_id, [A, B, SEED, A, B])
    queue = await told(other, "radio")
    assert queue["radio"]["seed"] == "taste"
    for _ in range(4):  # there are five: what was heard longest ago comes again
        assert len(upcoming(queue)) == AHEAD
        assert len({item["track_id"] for item in queue["items"][queue["position"] :]}) == AHEAD + 1
        queue = await told(other, "next")
    both = {"track_id": str(seed), "playlist_id": str(seed)}
    assert (await other.post("/queue/radio", json=both)).status_code == 422


@pytest.mark.slow
async def test_many_at_once_leave_one_queue_with_three_ahead_and_one_in_the_making(
    caller: Caller, runtime: Runtime, seed: UUID
) -> None:
    await told(caller, "radio", track_id=str(seed))
    await asyncio.gather(*(told(caller, "next", skipped=True) for _ in range(3)), *(queue_of(caller) for _ in range(4)))
    queue = await queue_of(caller)
    assert (queue["position"], len(upcoming(queue))) == (3, AHEAD)
    assert len(await asked_for(runtime)) == 1


@pytest.mark.slow
async def test_where_nothing_else_fills_in_all_that_is_ahead_is_made(caller: Caller, runtime: Runtime) -> None:
    (seed,) = await placed(runtime, caller.user.user_id, [SEED], source="generated")
    queue = await told(caller, "radio", track_id=str(seed))
    for ahead in range(AHEAD):
        assert (len(upcoming(queue)), queue["radio"]["making"]) == (ahead, 1)
        (asked,) = await asked_for(runtime)
        (made,) = await placed(runtime, caller.user.user_id, [SEED], source="generated")
        await finish(runtime, asked, made)
        queue = await queue_of(caller)
    assert (len(upcoming(queue)), queue["radio"]["making"]) == (AHEAD, 0)
