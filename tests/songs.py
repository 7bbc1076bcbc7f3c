"""Short songs as files, and a studio to bring them to: what the tests of the making domains share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from segue.api.domains import JOB_TYPES
from segue.audio.files import encode
from segue.audio.signal import Audio
from segue.kit.jobs import Worker
from segue.kit.runtime import Runtime
from tests.audio.synthesis import render_song
from tests.http import API, SignedUp

ENDED = ("complete", "error", "cancelled")


def song_file(folder: Path, name: str = "song.flac", **how: Any) -> Path:
    """Render a short song into a file; `how` is what `render_song` takes."""
    path = folder / name
    encode(render_song(**{"bars": 8, **how}).audio, path)
    return path


def sung_song_file(folder: Path, name: str = "sung.flac", **how: Any) -> Path:
    """Render a short song with a voice in it: a wandering melody with vibrato, two bars in four."""
    path = folder / name
    song = render_song(**{"bars": 8, **how})
    audio = song.audio
    time_s = np.arange(audio.length) / audio.sample_rate
    rng = np.random.default_rng(how.get("seed", 0))
    voice = np.zeros(audio.length)
    for beat, (start, end) in enumerate(zip(song.beats_s, song.beats_s[1:], strict=False)):
        if beat % 16 >= 8:
            continue
        here = (time_s >= start) & (time_s < end)
        since = time_s[here] - start
        semitones = rng.choice([0, 2, 4, 7, 9, 12]) + 0.4 * np.sin(2 * np.pi * 5.5 * since)
        phase = 2 * np.pi * np.cumsum(220 * 2 ** (semitones / 12)) / audio.sample_rate
        sung = sum(np.sin(k * phase) / k for k in range(1, 12))
        voice[here] = sung * np.minimum(1, np.minimum(since, end - start - since) / 0.03)
    mix = audio.samples * 0.5 + 0.35 * voice / np.abs(voice).max()
    encode(Audio(np.asarray(mix, dtype=np.float32), audio.sample_rate), path)
    return path


@asynccontextmanager
async def worker_of(runtime: Runtime, *, with_followers: bool = False) -> AsyncIterator[None]:
    """Run a worker of every domain's jobs meanwhile; what follows a job follows only if it is wanted."""
    worker = Worker(runtime, JOB_TYPES if with_followers else [replace(one, then=()) for one in JOB_TYPES])
    working = asyncio.create_task(worker.run(handle_signals=False))
    try:
        yield
    finally:
        worker.stop()
        await working


@dataclass(frozen=True)
class Caller:
    """A signed-up user at a client."""

    client: httpx.AsyncClient
    user: SignedUp

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(API + path, headers=self.user.headers, **options)

    async def post(self, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        return await self.client.post(API + path, headers={**self.user.headers, **(headers or {})}, **options)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(API + path, headers=self.user.headers)

    async def upload(self, path: Path, filename: str | None = None, **options: Any) -> httpx.Response:
        """Post a file as a browser would."""
        with path.open("rb") as file:
            return await self.post("/upload", files={"file": (filename or path.name, file)}, **options)

    async def uploaded(self, path: Path) -> dict[str, Any]:
        """Upload a song that must be taken."""
        response = await self.upload(path)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def ended(self, job_id: str, within_s: float = 60) -> dict[str, Any]:
        """Wait until a job has ended, and return it."""
        async with asyncio.timeout(within_s):
            while True:
                response = await self.get(f"/jobs/{job_id}")
                job: dict[str, Any] = response.json()
                if job["status"] in ENDED:
                    return job
                await asyncio.sleep(0.1)

    async def completed(self, job_id: str, within_s: float = 60) -> dict[str, Any]:
        """Wait for a job that must not fail."""
        job = await self.ended(job_id, within_s)
        assert job["status"] == "complete", job
        return job
