"""The queue over HTTP: one for all devices, changed by nobody unawares."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from segue.discovery import service
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.discovery.tracks import direction, placed
from tests.songs import Caller


@pytest.fixture
async def tracks(caller: Caller, runtime: Runtime) -> list[UUID]:
    """Four tracks of the caller's: two of ours, two real."""
    made = await placed(runtime, caller.user.user_id, [direction(1, n) for n in range(2)], source="generated")
    return made + await placed(runtime, caller.user.user_id, [direction(0, n) for n in (1, 2)])


async def queue_of(caller: Caller) -> dict[str, Any]:
    response = await caller.get("/queue")
    assert response.status_code == 200, response.text
    return response.json()  # type: ignore[no-any-return]


async def told(caller: Caller, what: str, **body: Any) -> dict[str, Any]:
    response = await caller.post(f"/queue/{what}", json=body)
    assert response.status_code == 200, response.text
    return response.json()  # type: ignore[no-any-return]


async def added(caller: Caller, tracks: list[UUID], **more: Any) -> dict[str, Any]:
    return await told(caller, "add", track_ids=[str(track) for track in tracks], **more)


def tracks_in(queue: dict[str, Any]) -> list[UUID]:
    return [UUID(item["track_id"]) for item in queue["items"]]


async def test_an_anonymous_visitor_is_refused(anonymous: Caller) -> None:
    for path in ("add", "move", "clear", "undo", "next", "previous", "jump", "radio"):
        assert (await anonymous.post(f"/queue/{path}", json={})).status_code == 401
    assert (await anonymous.get("/queue")).status_code == 401
    assert (await anonymous.get("/queue/events")).status_code == 401
    assert (await anonymous.delete(f"/queue/items/{new_id()}")).status_code == 401
    assert (await anonymous.delete("/queue/radio")).status_code == 401


async def test_anothers_tracks_and_items_are_not_found(caller: Caller, other: Caller, tracks: list[UUID]) -> None:
    item = (await added(caller, tracks))["items"][0]["id"]
    assert (await other.post("/queue/add", json={"track_ids": [str(tracks[0])]})).status_code == 404
    assert (await other.post("/queue/move", json={"item_id": item, "to": 0})).status_code == 404
    assert (await other.post("/queue/jump", json={"item_id": item})).status_code == 404
    assert (await other.delete(f"/queue/items/{item}")).status_code == 404
    assert (await other.post("/queue/radio", json={"track_id": str(tracks[0])})).status_code == 404
    assert (await other.post("/queue/radio", json={"playlist_id": str(new_id())})).status_code == 404
    assert (await queue_of(other))["items"] == []
    assert len((await queue_of(caller))["items"]) == 4


async def test_it_mixes_ours_and_real_ones_and_is_changed_as_it_is_told(caller: Caller, tracks: list[UUID]) -> None:
    queue = await added(caller, tracks[:3])
    assert [item["type"] for item in queue["items"]] == ["ai", "ai", "real"]
    assert UUID(queue["current"]["track_id"]) == tracks[0]
    queue = await added(caller, tracks[3:], where="next")
    assert tracks_in(queue) == [tracks[0], tracks[3], tracks[1], tracks[2]]
    queue = await told(caller, "move", item_id=queue["items"][1]["id"], to=3)
    assert tracks_in(queue) == tracks
    queue = await told(caller, "next")
    assert (queue["position"], queue["items"][0]["outcome"]) == (1, "played")
    queue = await told(caller, "previous")
    queue = await told(caller, "jump", item_id=queue["items"][2]["id"])
    assert UUID(queue["current"]["track_id"]) == tracks[2]
    removed = (await caller.delete(f"/queue/items/{queue['items'][2]['id']}")).json()
    assert UUID(removed["current"]["track_id"]) == tracks[3]
    assert (await told(caller, "undo"))["items"] == queue["items"]
    for _ in range(3):
        queue = await told(caller, "next")
    assert (queue["current"], queue["position"]) == (None, 4)
    assert UUID((await added(caller, tracks[:1]))["current"]["track_id"]) == tracks[0]


async def test_what_was_cleared_can_be_put_back(caller: Caller, tracks: list[UUID]) -> None:
    await added(caller, tracks)
    before = await told(caller, "next")
    cleared = await told(caller, "clear")
    assert (cleared["items"], cleared["current"], cleared["can_undo"]) == ([], None, True)
    after = await told(caller, "undo")
    assert (after["items"], after["position"]) == (before["items"], before["position"])
    assert (await caller.post("/queue/undo")).status_code == 409


async def test_what_there_is_no_room_for_is_not_put_back(
    caller: Caller, tracks: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_ITEMS", 4)
    monkeypatch.setattr(service, "_FROM_RADIO", 1)
    await added(caller, tracks)
    await told(caller, "clear")
    full = await added(caller, tracks)
    assert (await caller.post("/queue/undo")).status_code == 409
    assert await queue_of(caller) == full
    for item in full["items"][1:]:
        await caller.delete(f"/queue/items/{item['id']}")
    assert len((await told(caller, "undo"))["items"]) == 2  # what was removed last


async def test_a_change_that_is_meant_for_another_version_changes_nothing(caller: Caller, tracks: list[UUID]) -> None:
    version = (await added(caller, tracks))["version"]
    answers = await asyncio.gather(
        *(caller.post("/queue/next", json={"version": version, "skipped": True}) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["type"], refused["version"]) == ("urn:segue:error:queue-changed", version + 1)
    assert (await queue_of(caller))["position"] == 1


@pytest.mark.slow
async def test_two_devices_that_skip_the_same_item_skip_one(caller: Caller, tracks: list[UUID]) -> None:
    item = (await added(caller, tracks))["current"]["id"]
    await asyncio.gather(*(told(caller, "next", item_id=item, skipped=True) for _ in range(3)))
    queue = await queue_of(caller)
    assert (queue["position"], queue["items"][0]["outcome"]) == (1, "skipped")


@pytest.mark.slow
async def test_changes_at_once_are_all_made(caller: Caller, tracks: list[UUID]) -> None:
    await asyncio.gather(*(added(caller, [track]) for track in tracks))
    queue = await queue_of(caller)
    assert (sorted(tracks_in(queue)), queue["version"]) == (sorted(tracks), 4)


@pytest.mark.slow
async def test_a_track_that_is_deleted_leaves_the_queue_and_what_plays_goes_on(
    caller: Caller, tracks: list[UUID]
) -> None:
    await added(caller, tracks)
    await told(caller, "next")
    await told(caller, "next")
    assert (await caller.delete(f"/tracks/{tracks[0]}")).status_code == 204
    queue = await queue_of(caller)
    assert (tracks_in(queue), UUID(queue["current"]["track_id"])) == (tracks[1:], tracks[2])


async def test_other_devices_are_told_of_each_change(caller: Caller, runtime: Runtime, tracks: list[UUID]) -> None:
    versions = service.watch(runtime, caller.user.user_id)
    try:
        assert await anext(versions) == 0
        await added(caller, tracks)
        async with asyncio.timeout(10):
            while (seen := await anext(versions)) is None:
                pass
        assert seen == 1
    finally:
        await versions.aclose()
        await runtime.notifications.close()
