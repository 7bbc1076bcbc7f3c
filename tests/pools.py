"""A database that has hardly a connection left."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.pool import QueuePool

from segue.kit.database import Database


@asynccontextmanager
async def but_one_connection(database: Database) -> AsyncIterator[None]:
    """Hold all of a pool's connections but one: whoever needs two at a time gets nowhere."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    most = 2 * pool.size()  # it may overflow by as many again
    async with AsyncExitStack() as held:
        while pool.checkedout() < most - 1:
            await held.enter_async_context(database.engine.connect())
        yield
