"""Bands go on by themselves: a single a week, EPs and albums, and names that others take."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from segue.catalog.songs import service as songs
from segue.catalog.songs.refs import SongRef
from segue.generation.bands import repository
from segue.generation.bands.collecting import ALBUM_TRACKS, EP_TRACKS, due_collection
from segue.generation.bands.jobs import LOOK_AFTER, RELEASE
from segue.generation.bands.regularly import owners
from segue.generation.bands.tables import Band, BandTrack
from segue.generation.tables import Generation
from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.jobs import JobContext, JobType
from segue.kit.jobs.progress import Progress
from segue.kit.runtime import Runtime
from tests.generation.bands.conftest import band_with, released
from tests.songs import Caller

NOBODY = UUID(int=0)


async def run(runtime: Runtime, job_type: JobType, owner: Caller) -> dict[str, Any]:
    return await job_type.handler(JobContext(runtime, new_id(), owner.user.user_id, {}, 1, Progress()))


async def due_now(runtime: Runtime, band_id: UUID) -> None:
    async with runtime.database.system_session() as session:
        (await session.get_one(Band, band_id)).next_release_at = now() - timedelta(minutes=1)


async def weekly_band(runtime: Runtime, owner: Caller, follower: Caller | None) -> UUID:
    band_id = await band_with(runtime, owner, public=True)
    body = {"band_id": str(band_id), "releases_weekly": True}
    shown = (await owner.post("/save_band", json=body)).json()
    assert datetime.fromisoformat(shown["next_release_at"]) > now() + timedelta(days=6)
    if follower is not None:
        await follower.post("/follow_band", json={"band_id": str(band_id)})
    await due_now(runtime, band_id)
    return band_id


async def generations(runtime: Runtime) -> list[Generation]:
    async with runtime.database.system_session() as session:
        return list(await session.scalars(select(Generation)))


class TestWeekly:
    async def test_a_band_that_is_due_has_one_track_made(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        band_id = await weekly_band(runtime, caller, other)
        async with runtime.database.system_session() as session:
            assert await repository.owners_due(session, after=NOBODY, limit=9) == [caller.user.user_id]
        for expected in ([str(band_id)], []):
            assert (await run(runtime, RELEASE, caller))["bands"] == expected
        (made,) = await generations(runtime)
        assert (made.band_id, made.mode, made.user_id) == (band_id, "new", caller.user.user_id)

    @pytest.mark.slow
    async def test_one_that_nobody_follows_waits(self, caller: Caller, runtime: Runtime) -> None:
        await weekly_band(runtime, caller, None)
        assert await run(runtime, RELEASE, caller) == {"bands": [], "put_off": 1}
        assert await generations(runtime) == []

    @pytest.mark.slow
    async def test_it_is_put_off_a_day_where_the_owner_has_had_all_tracks_of_today(
        self, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        band_id = await weekly_band(runtime, caller, other)
        runtime = replace(runtime, settings=runtime.settings.model_copy(update={"generations_per_day": 1}))
        runtime.database.session_info["settings"] = runtime.settings
        assert (await caller.post("/generate", json={"mode": "new", "duration": 30})).status_code == 202
        assert await run(runtime, RELEASE, caller) == {"bands": [], "put_off": 1}
        async with runtime.database.system_session() as session:
            due_at = (await session.get_one(Band, band_id)).next_release_at
        assert due_at is not None
        assert timedelta(hours=23) < due_at - now() < timedelta(hours=25)


class TestCollecting:
    @settings(deadline=None, max_examples=100)
    @given(days=st.lists(st.floats(0, 60), max_size=12), quiet=st.floats(0, 10))
    def test_an_ep_has_four_to_seven_of_a_week_and_an_album_eight(self, days: list[float], quiet: float) -> None:
        begin = now()
        loose = [BandTrack(track_id=new_id(), added_at=begin + timedelta(days=day)) for day in sorted(days)]
        last = loose[-1].added_at if loose else begin
        due = due_collection(loose, last + timedelta(days=quiet))
        if due is None:
            of_a_session = loose and last - loose[0].added_at <= timedelta(days=7)
            assert len(loose) < EP_TRACKS or (len(loose) < ALBUM_TRACKS and not (of_a_session and quiet > 1))
            return
        kind, tracks = due
        assert len(tracks) == ALBUM_TRACKS if kind == "album" else EP_TRACKS <= len(tracks) < ALBUM_TRACKS
        assert all(one.added_at <= two.added_at for one, two in pairwise(tracks))

    async def test_eight_singles_make_an_album_once(self, caller: Caller, runtime: Runtime) -> None:
        titles = [f"Song {number}" for number in range(9)]
        band_id = await band_with(runtime, caller, titles)
        albums = (await caller.get(f"/band/{band_id}")).json()["albums"]
        collected = [album for album in albums if album["kind"] != "single"]
        assert [(album["kind"], [track["title"] for track in album["tracks"]]) for album in collected] == [
            ("album", titles[:8])
        ]
        assert sum(album["kind"] == "single" for album in albums) == 9
        assert collected[0]["title"]

    async def test_a_session_that_is_over_makes_an_ep(self, caller: Caller, runtime: Runtime) -> None:
        band_id = await band_with(runtime, caller)
        for hours in range(4):
            added_at = now() - timedelta(hours=30 - hours)
            await released(runtime, caller, band_id, f"Song {hours}", added_at=added_at)
        async with runtime.database.system_session() as session:
            assert await owners(session, after=NOBODY, limit=9) == [caller.user.user_id]
        for collected in (1, 0):
            assert (await run(runtime, LOOK_AFTER, caller))["collected"] == collected
        assert (await caller.get(f"/band/{band_id}")).json()["albums"][0]["kind"] == "ep"
        async with runtime.database.system_session() as session:
            assert await owners(session, after=NOBODY, limit=9) == []


async def test_a_band_whose_first_track_never_came_gives_its_name_back(caller: Caller, runtime: Runtime) -> None:
    _, kept, played, awaited = [
        await band_with(runtime, caller, titles, seed=seed) for seed, titles in enumerate(([], [], ["One"], []))
    ]
    await caller.post("/save_band", json={"band_id": str(kept)})
    response = await caller.post("/generate", json={"mode": "new", "duration": 10, "band_id": str(awaited)})
    assert response.status_code == 202
    assert (await run(runtime, LOOK_AFTER, caller))["forgotten"] == 0  # it may be played yet
    async with runtime.database.system_session() as session:
        await session.execute(update(Band).values(created_at=now() - timedelta(hours=7)))
        assert await owners(session, after=NOBODY, limit=9) == [caller.user.user_id]
    assert (await run(runtime, LOOK_AFTER, caller))["forgotten"] == 1
    async with runtime.database.system_session() as session:
        assert set(await session.scalars(select(Band.id))) == {kept, played, awaited}
        assert await owners(session, after=NOBODY, limit=9) == []


async def test_an_owner_is_told_once_that_an_artist_took_the_name(caller: Caller, runtime: Runtime) -> None:
    band_id = await band_with(runtime, caller)
    name = (await caller.get(f"/band/{band_id}")).json()["name"]
    assert (await run(runtime, LOOK_AFTER, caller))["names_taken"] == 0
    async with runtime.database.system_session() as session:
        await songs.resolve(session, [SongRef(title="Anything", artist=name)])
        assert await owners(session, after=NOBODY, limit=9) == [caller.user.user_id]
    for taken in (1, 0):
        assert (await run(runtime, LOOK_AFTER, caller))["names_taken"] == taken
    (item,) = (await caller.get("/notifications")).json()["items"]
    assert (item["kind"], item["data"]["band_id"]) == ("band.name_taken", str(band_id))
    shown = (await caller.get(f"/band/{band_id}")).json()
    assert (shown["name"], shown["name_taken_at"] is None) == (name, False)
    renamed = (await caller.post("/save_band", json={"band_id": str(band_id), "name": "Ours Alone"})).json()
    assert renamed["name_taken_at"] is None
