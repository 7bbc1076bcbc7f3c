"""Loading a collection of songs into the catalogue, a batch at a time."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from segue.catalog.songs import service
from segue.catalog.songs.loaders.told import Refused, Told
from segue.kit.database import Database

#: So many songs are kept or lost together, and others who add songs wait for one batch at most.
_BATCH = 2_000


@dataclass(slots=True)
class Loaded:
    """What has come of a collection so far."""

    songs: int = 0
    new: int = 0
    refused: int = 0


async def load(
    database: Database,
    rows: Iterable[Told | Refused],
    *,
    refused: Callable[[Refused], None],
    after_batch: Callable[[], None] = lambda: None,
) -> Loaded:
    """Take a collection in.

    Each batch is committed by itself. A collection that is loaded again changes nothing, so that one which was
    interrupted is simply loaded again: what is known by its id takes no time to speak of.

    Parameters
    ----------
    rows
        Taken in a thread, for they may take their time.
    refused
        Called for each row that is no song, in that thread.
    after_batch
        Called when a batch is kept.
    """
    loaded = Loaded()
    told = _told(rows, loaded, refused)
    while batch := await asyncio.to_thread(lambda: list(islice(told, _BATCH))):
        async with database.system_session() as session:
            resolutions = await service.tell(session, batch)
        loaded.songs += len(batch)
        loaded.new += sum(found.how == "new" for found in resolutions)
        after_batch()
    async with database.system_session() as session:
        await service.rank(session)
    return loaded


def _told(rows: Iterable[Told | Refused], loaded: Loaded, refused: Callable[[Refused], None]) -> Iterator[Told]:
    for row in rows:
        if isinstance(row, Told):
            yield row
        else:
            loaded.refused += 1
            refused(row)
