"""Listens in the database: how they are added."""

from sqlalchemy import text

from segue.kit.database import Database
from segue.library import repository
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
