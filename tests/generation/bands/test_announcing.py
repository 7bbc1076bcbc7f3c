"""Followers hear of releases: kept, and pushed to their browsers, once."""

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from segue.generation.bands import repository, service
from segue.kit import push
from segue.kit.runtime import Runtime
from tests.generation.bands.conftest import band_with, released
from tests.kit.push_service import Browser, LocalPushService, LocalTransport, local_push_service
from tests.songs import Caller, worker_of


@pytest.fixture
def push_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPushService]:
    with local_push_service() as service:
        monkeypatch.setattr(push, "PublicTransport", lambda: LocalTransport(service))
        yield service


async def announced(runtime: Runtime, owner: Caller) -> list[dict[str, object]]:
    """Run the owner's jobs to their end; return what the announcements among them say."""
    listed = [job for job in (await owner.get("/jobs")).json()["items"] if job["job_type"] == "bands.announce"]
    async with worker_of(runtime):
        return [(await owner.completed(job["id"]))["output_data"] for job in listed]


async def told(user: Caller) -> list[str]:
    return [item["data"]["body"] for item in (await user.get("/notifications")).json()["items"]]


async def test_followers_are_told_and_their_browsers_get_it(
    caller: Caller, other: Caller, runtime: Runtime, push_service: LocalPushService
) -> None:
    band_id = await band_with(runtime, caller, ["Before"], public=True)
    browser = Browser("theirs")
    await other.post("/push/subscriptions", json=browser.as_json())
    await other.post("/follow_band", json={"band_id": str(band_id)})
    push_service.answers["theirs"] = [503]
    track_id = await released(runtime, caller, band_id, "Slow Light")
    assert await announced(runtime, caller) == [{"told": 1, "not_pushed": 0}, {"told": 1, "not_pushed": 0}]
    assert await told(other) == ["New single: Slow Light", "New single: Before"]
    assert await told(caller) == []
    messages = [json.loads(browser.decrypt(posted.body)) for posted in push_service.posted]
    assert len(messages) == 3  # the first one met a busy service, and came again
    band = (await caller.get(f"/band/{band_id}")).json()
    assert messages[-1]["title"] == band["name"]
    # Releasing it again is as once.
    async with runtime.database.session(caller.user.user_id) as session:
        again = await service.release(session, band_id, track_id, caller.user.user_id)
    assert str(again.id) in {album["id"] for album in band["albums"]}
    assert len((await caller.get("/jobs")).json()["items"]) == 2


async def test_a_private_band_is_announced_to_nobody(caller: Caller, other: Caller, runtime: Runtime) -> None:
    band_id = await band_with(runtime, caller, public=True)
    await other.post("/follow_band", json={"band_id": str(band_id)})
    await released(runtime, caller, band_id, "Slow Light")
    await caller.post("/save_band", json={"band_id": str(band_id), "visibility": "private"})
    await released(runtime, caller, band_id, "Slower Light")
    assert await announced(runtime, caller) == [{"told": 0, "not_pushed": 0}]
    assert await told(other) == []


async def test_followers_are_counted_though_nobody_sees_their_rows(
    caller: Caller, other: Caller, runtime: Runtime
) -> None:
    band_id = await band_with(runtime, caller, public=True)
    await other.post("/follow_band", json={"band_id": str(band_id)})
    async with runtime.database.session(caller.user.user_id) as session:
        assert await repository.followers(session, [band_id, UUID(int=1)]) == {band_id: 1}
        assert await repository.followers_after(session, band_id, after=UUID(int=0), limit=9) == []
