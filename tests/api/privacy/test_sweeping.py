"""What nobody needs is deleted; what anybody needs, or may be about to need, is not."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text

from segue.accounts.tables import DataExport
from segue.api.privacy.holders import ELSEWHERE, HOLDERS
from segue.api.privacy.jobs import NOBODY, RECURRING
from segue.api.privacy.sweeping import sweep
from segue.catalog.fingerprints.tables import Fingerprint
from segue.catalog.tables import SourceTrack
from segue.kit import blobs as kit_blobs
from segue.kit.clock import now
from segue.kit.jobs.schedule import Schedule
from segue.kit.jobs.tables import Job
from segue.kit.runtime import Runtime
from tests.api.privacy.belongings import assets, blobs, mashed_up, separated, stored, track_of
from tests.cli.command import segue
from tests.songs import Caller, song_file, worker_of

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

AT_ONCE = timedelta(0)


async def test_audio_that_nothing_plays_goes_with_all_that_was_made_of_it(
    caller: Caller, runtime: Runtime, tmp_path: Path
) -> None:
    async with worker_of(runtime):
        song = await caller.uploaded(song_file(tmp_path, bars=4))
        await caller.completed(song["job_id"])
    await separated(runtime, track_of(song), tmp_path)
    assert (await caller.delete(f"/tracks/{song['track_id']}")).status_code == 204
    assert (await sweep(runtime)).assets == 0  # it is too young: who deleted it may think again
    told = await sweep(runtime, older_than=AT_ONCE, dry_run=True)
    assert len(await assets(runtime)) == len(await blobs(runtime)) == 2
    swept = await sweep(runtime, older_than=AT_ONCE)
    assert swept == told
    assert (swept.assets, swept.files) == (2, 2)
    assert swept.size_bytes > 10_000
    assert (await assets(runtime), await blobs(runtime)) == ([], [])
    async with runtime.database.system_session() as session:
        assert (await session.scalars(select(Fingerprint))).all() == []
    assert (await sweep(runtime, older_than=AT_ONCE)).files == 0


async def test_what_is_played_or_awaited_stays(caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
    stem = await separated(runtime, track_of(await caller.uploaded(song_file(tmp_path, bars=2))), tmp_path)
    await mashed_up(runtime, caller, [stem], tmp_path)
    path = tmp_path / "songs.txt"
    path.write_text("The Piers - Harbour Lights\nMira Vale - Glass Orchard\n")
    with path.open("rb") as file:
        await caller.post("/ingest", files={"file": ("songs.txt", file)})
    before = sorted(await blobs(runtime))
    assert len(before) == 4
    assert (await sweep(runtime, older_than=AT_ONCE)).files == 0
    assert sorted(await blobs(runtime)) == before


async def test_a_file_that_no_row_names_goes_once_it_is_old(runtime: Runtime, tmp_path: Path) -> None:
    young = await stored(runtime, b"young", tmp_path)
    old = await stored(runtime, b"old", tmp_path)
    two_days_ago = (now() - timedelta(days=2)).timestamp()
    os.utime(runtime.settings.data_dir / "blobs" / old[:2] / old[2:4] / old, (two_days_ago, two_days_ago))
    assert (await sweep(runtime)).files == 1
    assert await blobs(runtime) == [young]


async def test_a_store_in_which_all_is_needed_or_young_gives_signs_of_life_too(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_blobs, "_AT_A_TIME", 1)
    for number in range(3):
        await stored(runtime, b"young" * number, tmp_path)
    signs: list[str | None] = []

    async def report(_percent: float, stage: str | None = None) -> None:
        signs.append(stage)

    assert (await sweep(runtime, report=report)).files == 0
    assert signs.count("Looking for files that nothing needs") >= 3


async def test_an_export_goes_when_it_has_expired(caller: Caller, runtime: Runtime, tmp_path: Path) -> None:
    sha256 = await stored(runtime, b"all", tmp_path)
    async with runtime.database.system_session() as session:
        export = {"user_id": caller.user.user_id, "job_id": uuid4(), "sha256": sha256, "size_bytes": 3}
        session.add(DataExport(**export, made_at=now(), expires_at=now() + timedelta(minutes=1)))
    assert (await sweep(runtime, older_than=AT_ONCE)).exports == 0
    async with runtime.database.system_session() as session:
        (await session.get_one(DataExport, caller.user.user_id)).expires_at = now()
    swept = await sweep(runtime)
    assert (swept.exports, swept.files, await blobs(runtime)) == (1, 1, [])


async def test_jobs_of_nobody_go_and_those_of_users_stay(caller: Caller, runtime: Runtime) -> None:
    async with runtime.database.system_session() as session:
        for user_id in (uuid4(), caller.user.user_id):
            session.add(Job(user_id=user_id, job_type="x", status="complete", input_data={}))
    assert (await sweep(runtime, older_than=AT_ONCE)).rows == 1
    async with runtime.database.system_session() as session:
        assert (await session.scalars(select(Job.user_id))).all() == [caller.user.user_id]


async def test_it_comes_round_by_itself(runtime: Runtime, tmp_path: Path) -> None:
    await stored(runtime, b"young", tmp_path)
    async with worker_of(runtime):
        await Schedule(runtime.database, RECURRING).look()
        while True:
            async with runtime.database.system_session() as session:
                job = (await session.scalars(select(Job).where(Job.user_id == NOBODY))).one()
            if job.is_over:
                break
    assert (job.status, job.output_data) == (
        "complete",
        {"exports": 0, "assets": 0, "files": 0, "size_bytes": 0, "rows": 0},
    )


@pytest.mark.parametrize("dry_run", [True, False])
async def test_the_command_tells_and_does_it(
    caller: Caller, runtime: Runtime, database_url: str, tmp_path: Path, dry_run: bool
) -> None:
    song = await caller.uploaded(song_file(tmp_path, bars=2))
    async with runtime.database.system_session() as session:
        await session.execute(delete(SourceTrack))
    options = ("--dry-run",) if dry_run else ()
    ended = segue("sweep", "--older-than", "0", "--json", *options, folder=tmp_path, database_url=database_url)
    assert (ended.report["assets"], ended.report["size_bytes"]) == (1, song["size"])
    assert len(await assets(runtime)) == (1 if dry_run else 0)


async def test_every_column_that_names_a_file_is_known(runtime: Runtime) -> None:
    query = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name ~ 'sha256'"
    async with runtime.database.system_session() as session:
        named = set(await session.scalars(text(query)))
    assert named == {holder.column.class_.__tablename__ for holder in HOLDERS} | ELSEWHERE.keys()


async def test_everything_that_uses_an_asset_is_asked_before_it_goes(runtime: Runtime) -> None:
    query = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'assets'::regclass"
    async with runtime.database.system_session() as session:
        users = set(await session.scalars(text(query)))
    # A fingerprint is what was heard in it, and a sleeve came in its file: they go with it.
    assert users == {"source_tracks", "stems", "separations", "fingerprints", "asset_sleeves"}
