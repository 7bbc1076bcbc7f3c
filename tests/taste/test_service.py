"""Tastes in the database: read as a whole, found anew when there is reason to, and never from older evidence."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from sqlalchemy import event, text

from segue.audio.signal import FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.kit.jobs import JobContext, enqueue
from segue.kit.jobs.progress import Progress
from segue.kit.runtime import Runtime
from segue.taste import building, learning, repository, service
from segue.taste.computing import Arranged
from segue.taste.describing import profile_of
from segue.taste.facets import Facet
from segue.taste.jobs import BUILD
from segue.taste.tables import StoredModel
from tests.library.test_liking import bring, new_tracks, say, state
from tests.songs import Caller

SPACE = "engine-1"


def axis(number: int) -> FloatArray:
    return np.asarray(np.eye(DIMENSIONS, dtype=np.float32)[number])


def facets(count: int) -> list[Facet]:
    return [Facet(axis(number), 1.0, 1 / count, np.array([], dtype=np.intp)) for number in range(count)]


async def add_model(database: Database, **values: Any) -> StoredModel:
    told = {"space": SPACE, "data": b"", "songs": 0, "heard": 0, "error": None, **values}
    async with database.system_session() as session:
        return await repository.add_model(session, told)


async def keep_taste(database: Database, user_id: UUID, *, model: str, read_at: datetime | None = None) -> None:
    """Keep a taste with one facet, fresh if nothing else is said."""
    values = {
        "user_id": user_id,
        "space": SPACE,
        "model": model,
        "songs": [],
        "profile": profile_of([], [], [[]]),
        "library_state": await state(database, user_id),
        "read_at": read_at or now(),
    }
    async with database.session(user_id) as session:
        await repository.ensure_taste(session, values)
        await repository.replace_facets(session, user_id, facets(1))


async def due(database: Database) -> list[UUID]:
    async with database.system_session() as session:
        return list(await service.due(session, after=UUID(int=0), limit=1))


def job_of(runtime: Runtime, caller: Caller) -> JobContext:
    return JobContext(runtime, new_id(), caller.user.user_id, {}, 1, Progress())


async def test_a_taste_that_is_found_anew_meanwhile_is_seen_as_a_whole(caller: Caller, database: Database) -> None:
    user_id = caller.user.user_id
    await keep_taste(database, user_id, model="1")
    built: list[bool] = []

    def build_meanwhile(*args: Any) -> None:
        """Commit another taste, of two facets, right after the first look at the one that is there."""
        if "FROM tastes" in args[2] and not built:
            built.append(True)
            with psycopg.connect(database.url.replace("+psycopg", "")) as connection:
                connection.execute(
                    "INSERT INTO taste_facets SELECT user_id, 1, direction, weight FROM taste_facets WHERE position = 0"
                )
                connection.execute(
                    "UPDATE tastes SET profile = jsonb_set(profile, '{facets}', (profile -> 'facets') "
                    "|| (profile -> 'facets'))"
                )

    event.listen(database.engine.sync_engine, "after_cursor_execute", build_meanwhile)
    async with database.session(user_id) as session:
        before = await service.taste_of(session, user_id, BUILD)
    async with database.session(user_id) as session:
        after = await service.taste_of(session, user_id, BUILD)
    assert built
    assert (len(before.facets), len(after.facets)) == (1, 2)


class TestDue:
    async def test_a_taste_was_never_found(self, caller: Caller, database: Database) -> None:
        [track] = await new_tracks(database)
        assert await due(database) == []
        await bring(database, caller.user.user_id, track)
        assert await due(database) == [caller.user.user_id]

    async def test_nothing_has_changed(self, caller: Caller, other: Caller, database: Database) -> None:
        [track] = await new_tracks(database)
        model = learning.version_of(await add_model(database))
        for user_id in (caller.user.user_id, other.user.user_id):
            await bring(database, user_id, track)
            await keep_taste(database, user_id, model=model)
        assert await due(database) == []
        async with database.system_session() as session:
            await session.execute(text("UPDATE tastes SET library_state = 'other'"), {})
        assert await due(database) == [min(caller.user.user_id, other.user.user_id)]

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE tastes SET read_at = now() - interval '8 days'",
            "UPDATE tastes SET model = 'older'",
            "UPDATE proxy_models SET learned_at = now() - interval '8 days'",
            "UPDATE library_songs SET kept = false",
            "INSERT INTO taste_moves SELECT user_id, track_id, 1, now() FROM library_songs",
            "INSERT INTO listens SELECT user_id, track_id, now() + interval '1 s', NULL, false, 'test' "
            "FROM library_songs",
        ],
    )
    async def test_something_has_changed(self, caller: Caller, database: Database, change: str) -> None:
        [track], user_id = await new_tracks(database), caller.user.user_id
        await bring(database, user_id, track)
        await keep_taste(database, user_id, model=learning.version_of(await add_model(database)))
        async with database.system_session() as session:
            await session.execute(text(change))
        assert await due(database) == [user_id]


class TestSaid:
    async def test_a_newcomers_likes_wait_for_one_job(self, caller: Caller, database: Database) -> None:
        likes = [(await caller.post(f"/like/{track}")).json() for track in await new_tracks(database, 3)]
        assert len({like["job_id"] for like in likes}) == 1

    async def test_what_is_said_while_the_job_works_waits_for_another_and_is_a_move_until_then(
        self, caller: Caller, database: Database
    ) -> None:
        first, second, third = await new_tracks(database, 3)
        began = (await caller.post(f"/like/{first}")).json()
        async with database.system_session() as session:
            await session.execute(text("UPDATE ai_jobs SET status = 'processing'"))
        others = [(await caller.post(f"/like/{track}")).json() for track in (second, third)]
        assert others[0]["job_id"] == others[1]["job_id"] != began["job_id"]
        async with database.system_session() as session:
            assert set(await repository.moves(session, caller.user.user_id)) == {first, second, third}

    async def test_a_full_queue_refuses_no_like(self, caller: Caller, runtime: Runtime, database: Database) -> None:
        full = runtime.settings.model_copy(update={"queued_jobs_per_user": 1})
        database.session_info["settings"] = full
        [track] = await new_tracks(database)
        async with database.session(caller.user.user_id) as session:
            await enqueue(session, BUILD, user_id=caller.user.user_id, input_data={}, dedupe_key="waits")
        answer = await caller.post(f"/like/{track}")
        assert (answer.status_code, answer.json()["job_id"]) == (200, None)
        async with database.session(caller.user.user_id) as session:
            assert set(await repository.moves(session, caller.user.user_id)) == {track}


class TestBuilding:
    async def test_what_was_read_is_the_same_before_a_like_and_after_it_is_taken_back(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        (brought, liked), user_id = await new_tracks(runtime.database, 2), caller.user.user_id
        await bring(runtime.database, user_id, brought)
        job = job_of(runtime, caller)
        before = await building._read(job)
        await say(runtime.database, user_id, liked, True)
        assert set((await building._read(job)).tracks) == {brought, liked}
        await say(runtime.database, user_id, liked, None)
        after = await building._read(job)
        assert (after.tracks, after.said, after.state) == (before.tracks, before.said, before.state)
        np.testing.assert_allclose(after.weights, before.weights, rtol=1e-6)

    async def test_what_was_read_later_is_not_replaced_by_what_was_read_earlier(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        user_id = caller.user.user_id
        job, model = job_of(runtime, caller), await add_model(runtime.database)
        earlier = await building._read(job)
        await keep_taste(runtime.database, user_id, model="later", read_at=earlier.at + timedelta(milliseconds=1))
        nothing = Arranged(np.zeros((0, DIMENSIONS), dtype=np.float32), [], np.zeros((0, 2), dtype=np.float32))
        await building._store(job, earlier, model, nothing, {})
        async with runtime.database.session(user_id) as session:
            assert await repository.made_by(session, user_id) == (SPACE, "later")
        await building._store(job, await building._read(job), model, nothing, {})
        async with runtime.database.session(user_id) as session:
            assert await repository.made_by(session, user_id) == (SPACE, learning.version_of(model))
