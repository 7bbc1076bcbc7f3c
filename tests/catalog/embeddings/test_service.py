"""Embeddings on a real database: what is kept, who finds what, and that an index serves it."""

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, text, update

from segue.audio.signal import FloatArray
from segue.catalog.embeddings import service
from segue.catalog.embeddings.service import PROXY, NewEmbedding
from segue.catalog.embeddings.tables import TrackEmbedding
from segue.catalog.songs import service as songs
from segue.catalog.songs.service import SongRef
from segue.catalog.tables import SourceTrack
from segue.engines.embedding import DIMENSIONS
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.songs import Caller, song_file, worker_of

SPACE = "engine-1"
PROXIES = {"source": PROXY, "version": "model-1", "space": SPACE}
HEARD = {"source": "engine", "version": "1", "space": SPACE}


def vectors(count: int, seed: int = 0) -> FloatArray:
    values = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


async def new_tracks(database: Database, count: int) -> list[UUID]:
    async with database.system_session() as session:
        refs = [SongRef(title=f"Number {number}", artist="The Piers") for number in range(count)]
        return [found.track_id for found in await songs.resolve(session, refs)]


async def keep(database: Database, tracks: list[UUID], rows: FloatArray, **how: str) -> None:
    async with database.system_session() as session:
        await service.keep(session, [NewEmbedding(track, row, **how) for track, row in zip(tracks, rows, strict=True)])


async def of(database: Database, tracks: list[UUID], space: str = SPACE) -> dict[UUID, FloatArray]:
    async with database.session(None) as session:
        return await service.of(session, tracks, space=space)


async def test_what_was_kept_is_given_back_to_the_last_digit(database: Database) -> None:
    tracks, rows = await new_tracks(database, 30), vectors(30)
    await keep(database, tracks, rows, **PROXIES)
    found = await of(database, [*tracks, new_id()])
    np.testing.assert_array_equal(np.stack([found[track] for track in tracks]), rows)
    assert await of(database, tracks, "another-space") == {}


async def test_what_was_heard_replaces_a_proxy_and_is_never_replaced_by_one(database: Database) -> None:
    [track], rows = await new_tracks(database, 1), vectors(3)
    for row, how in zip(rows, (PROXIES, HEARD, {**PROXIES, "version": "model-2"}), strict=True):
        await keep(database, [track], row[None], **how)
    np.testing.assert_array_equal((await of(database, [track]))[track], rows[1])


async def test_the_same_again_writes_nothing(database: Database) -> None:
    tracks, rows = await new_tracks(database, 2), vectors(2)
    await keep(database, tracks, rows, **PROXIES)
    query = select(text("ctid::text"), text("xmin::text")).select_from(TrackEmbedding).order_by(TrackEmbedding.track_id)
    async with database.system_session() as session:
        before = (await session.execute(query)).all()
    await keep(database, tracks, rows, **PROXIES)
    async with database.system_session() as session:
        assert (await session.execute(query)).all() == before


async def test_a_track_that_is_no_more_is_passed_over(database: Database) -> None:
    [track], rows = await new_tracks(database, 1), vectors(2)
    await keep(database, [new_id(), track], rows, **PROXIES)
    assert list(await of(database, [track])) == [track]


@pytest.mark.parametrize("value", [0.0, float("nan"), 2.0])
async def test_only_unit_vectors_are_kept(database: Database, value: float) -> None:
    [track] = await new_tracks(database, 1)
    with pytest.raises(ValueError, match="unit vectors"):
        await keep(database, [track], np.full((1, DIMENSIONS), value, dtype=np.float32), **PROXIES)


async def test_tracks_want_a_proxy_until_the_newest_model_has_made_it_or_they_were_heard(database: Database) -> None:
    none, old, new, heard = tracks = await new_tracks(database, 4)
    rows = vectors(4)
    await keep(database, [old], rows[:1], **{**PROXIES, "version": "model-0"})
    await keep(database, [new], rows[1:2], **PROXIES)
    await keep(database, [heard], rows[2:3], **HEARD)
    async with database.system_session() as session:
        assert set(await service.lacking(session, tracks, space=SPACE, proxy_version="model-1")) == {none, old}


async def test_the_nearest_are_found_best_first_by_the_index(database: Database) -> None:
    tracks, rows = await new_tracks(database, 400), vectors(400)
    await keep(database, tracks, rows, **PROXIES)
    similarities = rows @ rows[7]
    best = np.argsort(-similarities)[1:11]
    async with database.session(None) as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        await session.execute(text("SET LOCAL enable_sort = off"))
        found = await service.nearest(session, rows[7], space=SPACE, limit=10, but=[tracks[7]])
        assert await service.nearest(session, rows[7], space="another", limit=10) == []
    assert [track for track, _ in found][:8] == [tracks[place] for place in best][:8]
    np.testing.assert_allclose([similarity for _, similarity in found][:8], similarities[best][:8], atol=1e-5)


@pytest.mark.slow
async def test_an_upload_has_its_place_once_it_was_heard_and_nobody_else_finds_it(
    caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
) -> None:
    async with worker_of(runtime):
        uploaded = await caller.uploaded(song_file(tmp_path))
        await caller.completed(uploaded["job_id"])
    track = UUID(uploaded["track_id"])
    async with runtime.database.system_session() as session:
        kept = await session.get_one(TrackEmbedding, track)
        space, vector = kept.space, np.asarray(kept.vector, dtype=np.float32)
    assert kept.source in space
    for user, visible in ((caller.user.user_id, True), (other.user.user_id, False), (None, False)):
        async with runtime.database.session(user) as session:
            assert (track in await service.of(session, [track], space=space)) is visible
            found = await service.nearest(session, vector, space=space, limit=5)
            assert (track in [near for near, _ in found]) is visible
    async with runtime.database.system_session() as session:
        await session.execute(update(SourceTrack).values(visibility="public"))
    async with runtime.database.session(other.user.user_id) as session:
        assert track in await service.of(session, [track], space=space)


async def test_users_write_none(database: Database) -> None:
    tracks = await new_tracks(database, 1)
    async with database.session(new_id()) as session:
        allowed = await session.scalar(text("SELECT has_table_privilege('embeddings', 'INSERT, UPDATE, DELETE')"))
    assert tracks
    assert allowed is False


async def test_a_proxy_without_a_genre_leaves_the_genre_that_is_known(database: Database) -> None:
    [track], rows = await new_tracks(database, 1), vectors(2)
    await keep(database, [track], rows[:1], **PROXIES, genre="folk")
    await keep(database, [track], rows[1:], **{**PROXIES, "version": "model-2"})
    async with database.system_session() as session:
        assert (await session.scalars(select(TrackEmbedding.genre))).one() == "folk"
    np.testing.assert_array_equal((await of(database, [track]))[track], rows[1])


async def test_what_was_heard_is_read_batch_by_batch(database: Database) -> None:
    tracks = sorted(await new_tracks(database, 5), reverse=True)
    await keep(database, tracks[:4], vectors(4), **HEARD)
    await keep(database, tracks[4:], vectors(1), **PROXIES)
    async with database.system_session() as session:
        first = await service.heard(session, space=SPACE, limit=3)
        rest = await service.heard(session, space=SPACE, limit=3, before=min(first))
    assert (list(first), list(rest)) == (tracks[:3], tracks[3:4])
