"""How soon a taste has moved once its listener likes a song, and how soon a taste is found."""

import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import httpx
from tests.http import app_of, client_of, signed_up_user
from tests.songs import Caller, worker_of
from training.identity.invented import recordings

from benchmarks.identity.catalogue import as_issued
from benchmarks.table import Row
from segue.kit import migrations
from segue.kit.database import Database
from segue.kit.logs import set_up_logs
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.runtime import Runtime, complete, compose
from segue.kit.settings import Settings

_SEED = 7
_SIZES = (300, 5_000)
#: As many as move a taste before it is found anew.
_LIKES = 40
_PLAYS_PER_SONG = 4


def measure() -> list[Row]:
    """Measure on a server of our own, over HTTP but for the network."""
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        settings = Settings(_env_file=None, data_dir=Path(folder) / "data", log_level="warning")
        set_up_logs(settings)
        settings = complete(settings.model_copy(update={"database_url": server.ensure_running()}))
        migrations.upgrade(str(settings.database_url))
        try:
            return asyncio.run(_measure(settings, Path(folder)))
        finally:
            server.stop()


async def _measure(settings: Settings, folder: Path) -> list[Row]:
    database = Database(str(settings.database_url))
    runtime = compose(settings, database)
    rows = []
    async with client_of(app_of(runtime)) as client:
        for songs in _SIZES:
            rows += await _of_listener(client, runtime, folder, songs)
    await runtime.notifications.close()
    await database.close()
    return rows


async def _of_listener(client: httpx.AsyncClient, runtime: Runtime, folder: Path, songs: int) -> list[Row]:
    caller = Caller(client, await signed_up_user(client))
    path = folder / f"Streaming_History_Audio_{songs}.json"
    path.write_text(json.dumps(_history(songs)))
    what = f"a listener with {songs:,} songs, played {_PLAYS_PER_SONG * songs:,} times"
    begun = time.perf_counter()
    async with worker_of(runtime, with_followers=True):
        with path.open("rb") as file:
            brought = (await caller.post("/ingest", files={"file": (path.name, file)})).json()
        await caller.completed(brought["job_id"], within_s=300)
        taste = (await caller.get("/taste")).json()
        if taste["job_id"]:
            await caller.completed(taste["job_id"], within_s=300)
    found_s = time.perf_counter() - begun
    plain = [await _ms(caller.get("/profiles/me")) for _ in range(_LIKES)]
    peer = "GET /profiles/me, which reads one row"
    rows = [Row("from the file to the taste, s", what, found_s, "promised", 60.0)]
    found = (await caller.get("/taste")).json()["facets"]
    liked = [song["id"] for facet in found for song in facet["examples"]]
    liked += [song["track_id"] for query in "aeiouklmst" for song in await _suggested(caller, query)]
    times = [await _ms(caller.post(f"/like/{track_id}")) for track_id in list(dict.fromkeys(liked))[:_LIKES]]
    rows += [
        Row("like, ms (median)", what, statistics.median(times), peer, statistics.median(plain)),
        Row("like, ms (p95)", what, _p95(times), "promised", 50.0),
    ]
    return rows


async def _suggested(caller: Caller, query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await caller.get(f"/search_songs?q={query}&limit=10")).json()["items"]
    return items


async def _ms(request: Any) -> float:
    begun = time.perf_counter()
    response = await request
    response.raise_for_status()
    return 1000 * (time.perf_counter() - begun)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _history(songs: int) -> list[dict[str, Any]]:
    """Invent an extended streaming history: each song is heard in the week in which its listener likes it."""
    random = Random(_SEED + songs)
    refs = [as_issued(recording) for recording in islice(recordings(_SEED, songs, vocabulary=3_000), songs)]
    rows = []
    for number, song in enumerate(refs):
        week = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(weeks=number * 150 // songs)
        for _ in range(_PLAYS_PER_SONG):
            ended = week + timedelta(seconds=random.randrange(7 * 86_400))
            rows.append(
                {
                    "ts": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "ms_played": random.randrange(20_000, 240_000),
                    "master_metadata_track_name": song.title,
                    "master_metadata_album_artist_name": song.artist,
                    "master_metadata_album_album_name": song.album,
                    "spotify_track_uri": None,
                    "reason_end": "trackdone",
                    "skipped": False,
                    "incognito_mode": False,
                }
            )
    return rows
