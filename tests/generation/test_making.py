"""Making tracks in jobs: what a killed attempt leaves, whose sources they are, what goes when they go."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from segue.catalog.tables import SourceTrack
from segue.generation import service
from segue.generation.making import make_track
from segue.generation.planning import plan_for
from segue.generation.tables import Generation, GenerationFile
from segue.kit.errors import NotFound
from segue.kit.jobs import Job, JobContext
from segue.kit.jobs.progress import Progress
from segue.kit.jobs.repository import give_ticket
from segue.kit.runtime import Runtime
from segue.stems.tables import Stem
from tests.api.privacy.belongings import assets, blobs, delete_me, rows_naming
from tests.generation.bands.conftest import generated_track
from tests.generation.test_endpoints import made
from tests.songs import Caller, song_file, worker_of


async def count(runtime: Runtime, what: Any) -> int:
    async with runtime.database.system_session() as session:
        return (await session.scalars(select(func.count()).select_from(what))).one()


async def asked(caller: Caller, runtime: Runtime, **how: Any) -> tuple[JobContext, UUID]:
    """Ask for a track, and return what its job's handler is given, without a worker."""
    user_id = caller.user.user_id
    async with runtime.database.session(user_id) as session:
        generation = await service.begin(session, user_id, duration_s=10, **{"mode": "new", **how})
    given = {"generation_id": str(generation.id)}
    return JobContext(runtime, generation.job_id, user_id, given, 1, Progress()), generation.id


async def generated(runtime: Runtime, generation_id: UUID) -> Generation:
    async with runtime.database.system_session() as session:
        return await session.get_one(Generation, generation_id)


@pytest.mark.slow
async def test_an_attempt_after_a_kill_makes_what_was_planned(caller: Caller, runtime: Runtime) -> None:
    job, generation_id = await asked(caller, runtime, create_band=True)
    attempt = asyncio.create_task(make_track(job))
    while (planned := await generated(runtime, generation_id)).conditioning is None:  # noqa: ASYNC110 - a row tells
        await asyncio.sleep(0.05)
    attempt.cancel()
    await asyncio.wait({attempt})
    assert attempt.cancelled()
    await make_track(replace(job, attempt=2))
    done = await generated(runtime, generation_id)
    assert (done.title, done.band_id, done.conditioning) == (planned.title, planned.band_id, planned.conditioning)
    assert done.explanation[: len(planned.explanation)] == planned.explanation
    assert done.provenance is not None
    assert done.provenance["wishes"]["styles"] == planned.conditioning["wishes"]["styles"]


async def test_a_plan_is_the_same_after_a_kill_before_it_was_noted_and_after(caller: Caller, runtime: Runtime) -> None:
    job, generation_id = await asked(caller, runtime, create_band=True)
    first = await plan_for(job, await generated(runtime, generation_id))
    again = await plan_for(job, await generated(runtime, generation_id))
    async with runtime.database.system_session() as session:
        await session.execute(update(Generation).values(conditioning=None, title=None, explanation=[]))
    anew = await plan_for(job, await generated(runtime, generation_id))
    assert first.request.wishes.styles
    assert list(first.request.wishes.styles) == list(again.request.wishes.styles)
    assert first == again == anew


async def test_what_shall_resemble_a_track_that_is_gone_is_refused(caller: Caller, runtime: Runtime) -> None:
    source_id = await generated_track(runtime, caller)
    job, generation_id = await asked(caller, runtime, mode="similar", source_id=source_id)
    assert (await caller.delete(f"/tracks/{source_id}")).status_code == 204
    with pytest.raises(NotFound, match="deleted"):
        await plan_for(job, await generated(runtime, generation_id))


@pytest.mark.slow
async def test_an_attempt_after_a_kill_makes_no_second_track_and_all_goes_with_the_account(
    caller: Caller, runtime: Runtime
) -> None:
    track = await made(caller, runtime)
    async with runtime.database.system_session() as session:
        await session.execute(update(Job).values(status="queued", completed_at=None, ticket_id=None))
        await give_ticket(session, UUID(track["job_id"]), slots=1)
    async with worker_of(runtime):
        await caller.completed(track["job_id"], within_s=180)
    assert await count(runtime, SourceTrack) == 1
    assert await count(runtime, Stem) == 4
    generation_id, track_id = track["generation_id"], track["track_id"]
    assert len(await rows_naming(runtime, generation_id, track_id)) >= 4
    assert await delete_me(caller) == 204
    assert await rows_naming(runtime, caller.user.user_id, generation_id, track_id) == {}
    assert (await assets(runtime), await blobs(runtime)) == ([], [])


@pytest.mark.slow
async def test_a_deleted_track_takes_its_files_along_and_still_counts(caller: Caller, runtime: Runtime) -> None:
    track = await made(caller, runtime)
    assert (await caller.delete(f"/tracks/{track['track_id']}")).status_code == 204
    shown = (await caller.get(f"/generate/{track['job_id']}")).json()
    assert (shown["url"], shown["beginning_url"], shown["stems"]) == (None, None, {})
    assert await count(runtime, GenerationFile) == 0
    assert (await caller.get("/generate/quota")).json()["used"] == 1


@pytest.mark.slow
async def test_one_user_asking_twice_with_one_seed_gets_the_same_bytes(caller: Caller, runtime: Runtime) -> None:
    first = await made(caller, runtime)
    chosen, other = await made(caller, runtime, seed=7), await made(caller, runtime, seed=8)
    again, chosen_again = await made(caller, runtime, seed=first["seed"]), await made(caller, runtime, seed=7)
    tracks = (first, again, chosen, chosen_again, other)
    files = [(await caller.client.get(track["url"])).content for track in tracks]
    assert files[0] == files[1]
    assert files[2] == files[3]
    assert len(set(files)) == 3


@pytest.mark.slow
async def test_a_track_like_a_song_has_its_tempo_and_says_so(
    caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
) -> None:
    song = await caller.uploaded(song_file(tmp_path, tempo_bpm=128, bars=16))
    refused = await other.post("/generate", json={"mode": "similar", "source_id": song["track_id"]})
    assert refused.status_code == 404
    track = await made(caller, runtime, mode="similar", source_id=song["track_id"])
    assert "it lies where that does, as nothing is known of your taste yet" in track["explanation"]
    async with runtime.database.system_session() as session:
        (generation,) = await session.scalars(select(Generation))
    assert generation.conditioning is not None
    assert generation.conditioning["wishes"]["tempo_bpm"] == pytest.approx(128, rel=0.05)


@pytest.mark.slow
async def test_a_band_that_is_founded_has_the_track_as_its_first(caller: Caller, runtime: Runtime) -> None:
    track = await made(caller, runtime, create_band=True)
    band = (await caller.get(f"/band/{track['band_id']}")).json()
    shown = (await caller.get(f"/tracks/{track['track_id']}")).json()
    assert shown["artist"] == band["name"]
    assert band["name"] in track["explanation"]
    second = await made(caller, runtime, band_id=track["band_id"])
    assert second["band_id"] == track["band_id"]
