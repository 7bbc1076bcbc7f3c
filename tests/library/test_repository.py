"""Listens in the database: how they are added."""

import pytest
from sqlalchemy import func, select, text

from segue.kit.clock import now
from segue.kit.database import Database
from segue.library import repository
from segue.library.tables import LibrarySong
from tests.songs import Caller


async def test_a_listen_is_held_against_those_of_its_hour_only(caller: Caller, database: Database) -> None:
    """A table that grows within a job has no statistics, and without them all listens would be met by each new one."""
    values = {"user_id": caller.user.user_id, "import_id": None}
    async with database.session(caller.user.user_id) as session:
        await session.execute(text(repository._NEW_LISTENS))
        await session.execute(text(repository._BY_INDEX_ALONE))
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {repository._ADD_LISTENS}"), values))
    assert "Seq Scan on listens" not in plan
    assert [line for line in plan.splitlines() if "Index Cond" in line and "n.earliest" in line and "n.latest" in line]


@pytest.mark.slow
async def test_more_songs_are_kept_at_once_than_a_statement_has_room_for(caller: Caller, database: Database) -> None:
    many = """
        INSERT INTO source_tracks (id, source, title, visibility, created_at)
        SELECT gen_random_uuid(), 'external', 'Song ' || n, 'public', now() FROM generate_series(1, 7500) n RETURNING id
    """
    async with database.system_session() as session:
        tracks = (await session.scalars(text(many))).all()
    counts = {"liked": None, "rating": None, "play_count": 1, "skip_count": 0, "last_played_at": None}
    common = {"user_id": caller.user.user_id, "import_id": None, "added_at": now(), **counts}
    async with database.session(caller.user.user_id) as session:
        await repository.keep_songs(session, [{**common, "track_id": track} for track in tracks])
        assert await session.scalar(select(func.count()).select_from(LibrarySong)) == 7500
