"""Somebody new brings their songs, hears music made for them within the minute, skips, likes, and it changes."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.songs import Caller

_SONGS = """Track name,Artist name,Album,Playlist name,Type,ISRC
Harbour Lights,Kites & Co.,Slow Weather,Evenings,Playlist,
Paper Moon,Kites & Co.,Slow Weather,Evenings,Playlist,
Glass Orchard,Mira Vale,Orchards,Evenings,Playlist,
Night Ferry,Mira Vale,Orchards,Evenings,Playlist,
Low Tide,The Piers,Pier,Evenings,Playlist,
Lanterns,Paper Lanterns,Lanterns,Evenings,Playlist,
"""


async def generation(user: Caller, job_id: str) -> dict[str, Any]:
    """Return how far a generation is."""
    found: dict[str, Any] = (await user.get(f"/generate/{job_id}")).json()
    return found


async def until_heard(user: Caller, job_id: str) -> dict[str, Any]:
    """Wait until the first seconds of a generation can be heard."""
    async with asyncio.timeout(120):
        while not (found := await generation(user, job_id))["beginning_url"]:
            assert found["status"] in ("queued", "processing"), found["error_message"]
            await asyncio.sleep(0.2)
    return found


async def queue(user: Caller) -> dict[str, Any]:
    found: dict[str, Any] = (await user.get("/queue")).json()
    return found


async def until_ready(user: Caller, tracks: int) -> dict[str, Any]:
    """Wait until so many tracks are ready behind what plays."""
    found = await queue(user)
    deadline = time.monotonic() + 240
    while len(found["items"]) - found["position"] - 1 < tracks:
        assert time.monotonic() < deadline, (found["radio"], [item["title"] for item in found["items"]])
        await asyncio.sleep(0.5)
        found = await queue(user)
    return found


@pytest.mark.slow
async def test_music_is_made_heard_skipped_liked_and_changes(user: Caller, tmp_path: Path) -> None:
    brought = (await user.post("/ingest", files={"file": ("Evenings.csv", _SONGS.encode())})).json()
    await user.completed(brought["job_id"])

    begun = (await user.post("/generate", json={"mode": "new", "duration": 60, "create_band": True})).json()
    heard = await until_heard(user, begun["job_id"])
    assert heard["explanation"]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as player:
        beginning = await player.get(heard["beginning_url"], headers={"Range": "bytes=0-9999"})
        assert beginning.status_code == 206
        assert len(beginning.content) == 10_000

    await user.completed(begun["job_id"])
    made = await generation(user, begun["job_id"])
    assert made["status"] == "complete"
    play = (await user.get(f"/play/{made['track_id']}")).json()
    assert play["type"] == "ai"
    band = (await user.get(f"/band/{made['band_id']}")).json()
    assert band["name"]

    started = await user.post("/queue/radio", json={"track_id": made["track_id"]})
    assert started.status_code == 200, started.text
    ready = await until_ready(user, 3)
    first = ready["current"]

    skipped = (await user.post("/queue/next", json={"skipped": True, "item_id": first["id"]})).json()
    assert skipped["current"]["id"] != first["id"]
    liked = (await user.post(f"/like/{skipped['current']['track_id']}")).json()
    assert liked["said"] > 0
    again = await until_ready(user, 3)
    assert {item["track_id"] for item in again["items"]} > {item["track_id"] for item in ready["items"]}
    assert again["items"][again["position"]]["track_id"] == skipped["current"]["track_id"]
