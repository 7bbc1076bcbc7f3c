"""Which song is it: how often that is right, how honest its score is, how fast it is found."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.identity import catalogue, names, speed
from benchmarks.table import Row
from segue.kit import migrations
from segue.kit.database import Database
from segue.kit.postgres import EmbeddedPostgres

_CATALOGUE = 1_000_000


def measure(data: Path) -> list[Row]:
    """Measure names on real and invented songs, then speed on a server of our own."""
    return [*names.measure(data), *_speed()]


def _speed() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        url = server.ensure_running()
        try:
            migrations.upgrade(url)
            catalogue.fill(url, _CATALOGUE)
            return asyncio.run(_measured(url))
        finally:
            server.stop()


async def _measured(url: str) -> list[Row]:
    database = Database(url)
    try:
        return await speed.measure(database, _CATALOGUE)
    finally:
        await database.close()
