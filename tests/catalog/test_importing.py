"""Importing whatever lies at a path: at once, and as a job."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from segue.catalog import jobs
from segue.catalog.importing import OPERATOR, import_path
from segue.kit.errors import InvalidRequest
from segue.kit.jobs import Job, enqueue
from segue.kit.jobs import get as get_job
from segue.kit.runtime import Runtime
from tests.catalog.songs.loaders.published import (
    CANONICAL,
    fma_zip,
    jamendo_folder,
    musicbrainz_archive,
    musicbrainz_folder,
)
from tests.songs import worker_of


async def stored(runtime: Runtime) -> list[tuple[object, ...]]:
    async with runtime.database.system_session() as session:
        rows = await session.execute(
            text("SELECT s.*, i.kind, i.value FROM songs s LEFT JOIN song_identifiers i USING (track_id)")
        )
        return sorted(tuple(map(str, row)) for row in rows)


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("fma", {"songs": 2, "new": 2, "refused": 1}),
        ("mtg-jamendo", {"songs": 2, "new": 2, "refused": 1}),
        ("musicbrainz", {"songs": 3, "new": 2, "refused": 1}),
        ("musicbrainz-canonical", {"songs": 2, "new": 2, "refused": 0}),
    ],
)
async def test_each_collection_is_told_and_twice_is_once(
    runtime: Runtime, tmp_path: Path, kind: str, counts: dict[str, int]
) -> None:
    place = tmp_path / "place"
    match kind:
        case "fma":
            fma_zip(place)
        case "mtg-jamendo":
            jamendo_folder(place)
        case "musicbrainz":
            musicbrainz_archive(place, musicbrainz_folder(tmp_path / "dump"))
        case _:
            place.write_text(CANONICAL)
    imported = await import_path(runtime, place, kind=None, progress=lambda _: None)
    assert imported.counts() == {"kind": kind, **counts}
    assert len(imported.problems) == counts["refused"]
    before = await stored(runtime)
    again = await import_path(runtime, place, kind=kind, progress=lambda _: None)
    assert again.counts() == {**imported.counts(), "new": 0}
    assert await stored(runtime) == before
    assert list((runtime.settings.data_dir / "scratch").iterdir()) == []


async def test_labels_and_features_are_kept(runtime: Runtime, tmp_path: Path) -> None:
    await import_path(runtime, jamendo_folder(tmp_path / "set"), kind=None, progress=lambda _: None)
    async with runtime.database.session(None) as session:
        tags = await session.scalar(text("SELECT tags FROM songs WHERE title_key = 'ridge'"))
    assert tags == {"genres": ["chillout", "downtempo"], "instruments": ["piano"]}


@pytest.mark.parametrize(("name", "kind"), [("nowhere", None), ("file", None), ("file", "vinyl"), ("file", "folder")])
async def test_what_cannot_be_imported_is_told(runtime: Runtime, tmp_path: Path, name: str, kind: str | None) -> None:
    (tmp_path / "file").write_text("hello")
    with pytest.raises(InvalidRequest):
        await import_path(runtime, tmp_path / name, kind=kind, progress=lambda _: None)


async def test_whoever_stops_leaves_no_thread_behind(runtime: Runtime, tmp_path: Path) -> None:
    place = tmp_path / "canonical_musicbrainz_data.csv"
    head, row, _ = CANONICAL.splitlines(keepends=True)
    place.write_text(head + row * 300_000)
    before = threading.active_count()
    told = asyncio.Event()
    task = asyncio.create_task(import_path(runtime, place, kind=None, progress=lambda _: told.set()))
    async with asyncio.timeout(60):
        await told.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert threading.active_count() <= before + 1  # asyncio keeps one for the next


async def ended(runtime: Runtime, job_id: Job) -> Job:
    async with asyncio.timeout(60):
        while True:
            async with runtime.database.system_session() as session:
                job = await get_job(session, OPERATOR, job_id.id)
            if job.is_over:
                return job
            await asyncio.sleep(0.1)


async def test_a_worker_imports_for_the_operator(runtime: Runtime, tmp_path: Path) -> None:
    place = fma_zip(tmp_path / "fma_metadata.zip")
    async with runtime.database.system_session() as session:
        good = await enqueue(session, jobs.IMPORT, user_id=OPERATOR, input_data={"path": str(place), "kind": None})
        bad = await enqueue(session, jobs.IMPORT, user_id=OPERATOR, input_data={"path": "/nowhere", "kind": None})
    async with worker_of(runtime):
        done, failed = await ended(runtime, good), await ended(runtime, bad)
    assert (done.status, done.progress) == ("complete", 100)
    assert done.output_data == {
        "kind": "fma",
        "songs": 2,
        "new": 2,
        "refused": 1,
        "problems": [{"where": "line 7", "reason": "no title"}],
    }
    assert (failed.status, failed.error_type) == ("error", "invalid-request")
