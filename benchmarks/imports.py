"""How long does a million plays take, from the file that a listener brings to listens that are counted?"""

import asyncio
import contextlib
import json
import string
import tempfile
import time
import zipfile
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any

import psutil
from training.identity.invented import recordings

from benchmarks.identity.catalogue import as_issued
from benchmarks.table import Row
from segue.accounts import service as accounts
from segue.catalog.songs.service import SongRef
from segue.kit import jobs, migrations
from segue.kit.database import Database
from segue.kit.jobs import Worker
from segue.kit.logs import set_up_logs
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.runtime import Runtime, complete, compose
from segue.kit.settings import Settings
from segue.library import service
from segue.library.importing.reading import recognised
from segue.library.jobs import BRING_IN

_SEED = 4
_PLAYS = 1_000_000
#: Of a listener of ten years who explores.
_SONGS = 40_000
#: Spotify parts its history into files of about so many plays.
_PLAYS_PER_FILE = 16_500
_BASE62 = string.digits + string.ascii_letters
_BEGAN = datetime(2015, 1, 1, tzinfo=UTC)


def measure() -> list[Row]:
    """Bring the same ZIP for two listeners: the first one's songs are all new, the second one's known."""
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        Path(folder).chmod(0o711)
        path = Path(folder) / "my_spotify_data.zip"
        _write(path)
        server = EmbeddedPostgres(Path(folder) / "pg")
        settings = Settings(_env_file=None, data_dir=Path(folder) / "data", log_level="warning")
        set_up_logs(settings)
        settings = complete(settings.model_copy(update={"database_url": server.ensure_running()}))
        migrations.upgrade(str(settings.database_url))
        try:
            return asyncio.run(_measure(settings, path))
        finally:
            server.stop()


def _write(path: Path) -> None:
    """Write an extended streaming history: few songs make most of the plays."""
    random = Random(_SEED)
    songs = [as_issued(recording) for recording in islice(recordings(_SEED, _SONGS, vocabulary=60_000), _SONGS)]
    uris = ["spotify:track:" + "".join(random.choices(_BASE62, k=22)) for _ in songs]
    frequency = list(accumulate(1 / (rank + 10) for rank in range(_SONGS)))
    moment = _BEGAN
    plays = random.choices(range(_SONGS), cum_weights=frequency, k=_PLAYS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for start in range(0, _PLAYS, _PLAYS_PER_FILE):
            rows = []
            for number in plays[start : start + _PLAYS_PER_FILE]:
                played_ms = random.choice((random.randrange(30_000), songs[number].duration_ms or 200_000))
                moment += timedelta(milliseconds=played_ms + random.randrange(120_000))
                rows.append(_row(songs[number], uris[number], moment, played_ms))
            name = f"Spotify Extended Streaming History/Streaming_History_Audio_{start // _PLAYS_PER_FILE}.json"
            archive.writestr(name, json.dumps(rows))


def _row(song: SongRef, uri: str, ended: datetime, played_ms: int) -> dict[str, Any]:
    return {
        "ts": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": "android",
        "ms_played": played_ms,
        "conn_country": "NL",
        "ip_addr": "192.0.2.1",
        "master_metadata_track_name": song.title,
        "master_metadata_album_artist_name": song.artist,
        "master_metadata_album_album_name": song.album,
        "spotify_track_uri": uri,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": None,
        "audiobook_uri": None,
        "audiobook_chapter_uri": None,
        "audiobook_chapter_title": None,
        "reason_start": "trackdone",
        "reason_end": "fwdbtn" if played_ms < 30_000 else "trackdone",
        "shuffle": False,
        "skipped": played_ms < 30_000,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
    }


async def _measure(settings: Settings, path: Path) -> list[Row]:
    database = Database(str(settings.database_url))
    runtime = compose(settings, database)
    worker = Worker(runtime, [BRING_IN])
    running = asyncio.create_task(worker.run(handle_signals=False))
    read_s = await asyncio.to_thread(_parsed_s, path)
    peer = "json.loads of every file in the ZIP, and nothing else"
    rows = []
    for listener, songs in (("first", "none of its songs known"), ("second", "all of its songs known")):
        taken_s, counts, peak = await _brought(runtime, listener, path)
        what = f"{counts['new_listens']:,} plays of {counts['songs']:,} songs, {songs}"
        rows.append(Row("imported, s by the clock", what, taken_s, peer, read_s))
        rows.append(Row("memory of the process that reads the file, MB at most", what, peak / 1e6))
    worker.stop()
    await running
    await runtime.notifications.close()
    await database.close()
    return rows


def _parsed_s(path: Path) -> float:
    begun = time.perf_counter()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            json.loads(archive.read(name))
    return time.perf_counter() - begun


async def _brought(runtime: Runtime, listener: str, path: Path) -> tuple[float, dict[str, Any], int]:
    """Import a file for a new listener; return the seconds until it was done, its counts, and the peak of memory."""
    async with runtime.database.system_session() as session:
        user = await accounts.sign_up(session, email=f"{listener}@example.com", password="correct horse battery")  # noqa: S106 - nobody's
        user_id = user.id
    begun = time.perf_counter()
    format_name = await asyncio.to_thread(recognised, path, path.name)
    async with runtime.database.session(user_id) as session:
        brought = await service.bring(
            session, runtime, BRING_IN, user_id=user_id, path=path, filename=path.name, format_name=format_name
        )
        job_id = brought.job_id
    if job_id is None:
        raise LookupError("a file that was brought for the first time is read by a job")
    peak = 0
    async for job in jobs.watch(runtime.database, runtime.notifications, user_id, job_id, keep_alive_s=0.2):
        peak = max(peak, await asyncio.to_thread(_memory_of_children))
        if job and job.status == "complete" and job.output_data:
            return time.perf_counter() - begun, job.output_data, peak
    raise RuntimeError("The import failed.")


def _memory_of_children() -> int:
    """Return the bytes that the processes hold that read files for the worker; the database's are not among them."""
    held = 0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            held += child.memory_info().rss if "python" in child.name() else 0
    return held
