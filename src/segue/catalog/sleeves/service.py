"""The decisions of sleeves: a file is looked into once, when somebody first asks."""

from typing import Final
from uuid import UUID

from segue.catalog.sleeves import repository
from segue.catalog.sleeves.reading import LIMITS, Sleeve, read_sleeve
from segue.kit.processes import ChildDied, run_in_process
from segue.kit.runtime import Runtime

__all__ = ["Sleeve", "sleeve_of"]

_NONE: Final = Sleeve()


async def sleeve_of(runtime: Runtime, asset_id: UUID, sha256: str) -> Sleeve:
    """Return the picture and the lyrics that came in an asset's file; who may have them is settled.

    Raises
    ------
    NotFound
        The file is no more.
    """
    async with runtime.database.system_session() as session:
        known = await repository.of(session, asset_id)
        if known is not None:
            return Sleeve(known.picture, known.lyrics)
    async with runtime.storage.local_file(sha256) as path:
        try:
            found = await run_in_process(read_sleeve, str(path), limits=LIMITS)
        except ChildDied as death:
            if death.reason == "killed":  # somebody else's doing, not the file's
                raise
            found = _NONE
    async with runtime.database.system_session() as session:
        await repository.keep(session, asset_id, picture=found.picture, lyrics=found.lyrics)
    return found
