"""Landmarks in PostgreSQL: kept once, found again, taken out whole, and not for users to change."""

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from segue.audio.landmark_index import MemoryIndex
from segue.audio.landmarks import VERSION, Peaks, landmarks_of
from segue.catalog.fingerprints import repository
from segue.catalog.tables import Asset
from segue.kit.database import Database
from segue.kit.ids import new_id


def constellation(seed: int, count: int = 400) -> Peaks:
    rng = np.random.default_rng(seed)
    pitches = (np.round(rng.uniform(15, 150, count) * 8) / 8).astype(np.float32)
    return Peaks(np.sort(rng.integers(0, 3 * count, count)), pitches, rng.integers(1, 255, count))


async def asset_in(database: Database, name: str) -> Asset:
    async with database.system_session() as session:
        asset = Asset(sha256=name, size_bytes=1, media_type="audio/flac", probe={})
        session.add(asset)
    return asset


async def lists(database: Database) -> dict[tuple[int, int], list[int]]:
    async with database.system_session() as session:
        found = await session.execute(text("SELECT hash, shard, postings FROM landmark_lists"))
        return {(row.hash, row.shard): sorted(row.postings) for row in found}


async def test_what_is_kept_is_found_as_in_memory(database: Database) -> None:
    kept = {(await asset_in(database, str(seed))).id: constellation(seed) for seed in range(3)}
    async with database.system_session() as session:
        await repository.store(session, kept)
    async with database.session(new_id()) as session:
        numbered = {}
        for asset_id in kept:
            found = await repository.peaks_of_asset(session, asset_id)
            assert found is not None
            numbered[found[0]] = found[1]
        wanted = landmarks_of(constellation(1)).hashes[:200]
        hashes, postings = await repository.lookup(session, wanted)
    expected_hashes, expected = MemoryIndex(numbered).lookup(wanted)
    assert sorted(zip(hashes, postings, strict=True)) == sorted(zip(expected_hashes, expected, strict=True))


async def test_keeping_twice_changes_nothing(database: Database) -> None:
    asset = await asset_in(database, "one")
    for _ in range(2):
        async with database.system_session() as session:
            await repository.store(session, {asset.id: constellation(1)})
        assert sum(map(len, (await lists(database)).values())) == landmarks_of(constellation(1)).hashes.size


async def test_a_new_version_takes_the_place_of_an_old_one(database: Database) -> None:
    asset = await asset_in(database, "one")
    async with database.system_session() as session:
        await repository.store(session, {asset.id: constellation(1)})
        await session.execute(text("UPDATE fingerprints SET version = version - 1"))
    async with database.system_session() as session:
        assert await repository.peaks_of_asset(session, asset.id) is None
        await repository.store(session, {asset.id: constellation(2)})
    assert sum(map(len, (await lists(database)).values())) == landmarks_of(constellation(2)).hashes.size
    async with database.system_session() as session:
        assert await session.scalar(text("SELECT version FROM fingerprints")) == VERSION


async def test_forgetting_one_leaves_the_others_as_they_were(database: Database) -> None:
    first, second = await asset_in(database, "one"), await asset_in(database, "two")
    async with database.system_session() as session:
        await repository.store(session, {first.id: constellation(1)})
    before = await lists(database)
    async with database.system_session() as session:
        await repository.store(session, {second.id: constellation(2)})
    async with database.system_session() as session:
        await session.execute(text("SELECT forget_fingerprint(:id)"), {"id": second.id})
    assert await lists(database) == before


async def test_what_has_no_peaks_is_kept_as_that(database: Database) -> None:
    asset = await asset_in(database, "silence")
    async with database.system_session() as session:
        await repository.store(session, {asset.id: constellation(1, 0)})
    async with database.system_session() as session:
        assert await repository.peaks_of_asset(session, asset.id) is not None
    assert await lists(database) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM landmark_lists",
        "UPDATE fingerprints SET version = 0",
        "INSERT INTO landmark_lists VALUES (1, 1, '{1}')",
        "SELECT forget_fingerprint(gen_random_uuid())",
    ],
)
async def test_users_change_nothing_of_what_all_are_matched_against(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.session(new_id()) as session:
            await session.execute(text(statement))
