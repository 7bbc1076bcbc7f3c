"""Playing over a real network: a song is heard while it is still being brought into another format."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from segue.audio.files import OUR_LIMITS, decode
from tests.data import data_path
from tests.songs import Caller

pytestmark = pytest.mark.slow


async def uploaded(user: Caller) -> tuple[str, float]:
    """Bring the longest of the real songs, and return its track and its length."""
    song = max(data_path("full_tracks").glob("*.*"), key=lambda path: path.suffix in (".mp3", ".ogg", ".flac"))
    answer = await user.uploaded(song)
    return answer["track_id"], (await user.get(f"/play/{answer['track_id']}")).json()["duration_s"]


async def test_its_beginning_is_heard_long_before_it_is_made_and_then_it_answers_ranges(
    user: Caller, tmp_path: Path
) -> None:
    track_id, duration_s = await uploaded(user)
    playable = (await user.get(f"/play/{track_id}?format=opus&bitrate=96")).json()
    began = time.monotonic()
    async with user.client.stream("GET", playable["url"], headers={"Range": "bytes=0-"}) as response:
        assert (response.status_code, response.headers.get("content-length")) == (200, None)
        chunks, first_s = [], None
        async for chunk in response.aiter_raw():
            first_s = first_s or time.monotonic() - began
            chunks.append(chunk)
    whole_s = time.monotonic() - began
    assert first_s is not None
    assert first_s < whole_s / 2
    data = b"".join(chunks)
    ready = (await user.get(f"/play/{track_id}?format=opus&bitrate=96")).json()
    assert (ready["ready"], ready["url"]) == (True, playable["url"])
    part = await user.client.get(ready["url"], headers={"Range": f"bytes={len(data) - 1000}-"})
    assert (part.status_code, part.content) == (206, data[-1000:])
    file = tmp_path / "heard.opus"
    file.write_bytes(data)
    heard = decode(file, OUR_LIMITS)
    assert heard.audio.length == ready["gapless"]["samples"]
    assert heard.probe.duration_s == pytest.approx(duration_s, abs=0.01)


async def test_whoever_leaves_in_the_middle_finds_it_made_when_they_come_back(user: Caller) -> None:
    track_id, _ = await uploaded(user)
    path = f"/play/{track_id}?format=mp3&bitrate=64"
    url = (await user.get(path)).json()["url"]
    async with user.client.stream("GET", url) as response:
        async for _chunk in response.aiter_raw():
            break
    for _ in range(300):
        if (await user.get(path)).json()["ready"]:
            break
        await asyncio.sleep(0.2)
    head = await user.client.head(url)
    assert int(head.headers["content-length"]) > 10_000


async def test_two_clients_at_once_hear_the_same(user: Caller) -> None:
    track_id, _ = await uploaded(user)
    url = (await user.get(f"/play/{track_id}?format=aac&bitrate=64")).json()["url"]

    async def heard() -> bytes:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            return (await client.get(url)).content

    first, second = await asyncio.gather(heard(), heard())
    assert first == second
    assert first[4:8] == b"ftyp"
