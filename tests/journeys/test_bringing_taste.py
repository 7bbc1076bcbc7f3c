"""Somebody new brings what they have: a listening history, or a screenshot. Within a minute they are understood."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from tests.http import signed_up_user
from tests.journeys.system import System
from tests.library.conftest import extended_row
from tests.screens import SONGS, phone
from tests.songs import Caller

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

_ARTISTS = ("The Piers", "Mira Vale", "Kites & Co.", "Paper Lanterns", "Ola Winter")


async def taste_of(user: Caller) -> dict[str, Any]:
    """Return the user's taste once no job is at it any more."""
    while True:
        taste: dict[str, Any] = (await user.get("/taste")).json()
        if taste["job_id"] is None:
            return taste
        await user.completed(taste["job_id"])


async def see_the_picture(user: Caller) -> Image.Image:
    """Fetch the picture of a user's taste."""
    response = await user.get("/taste/picture.png")
    assert response.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(response.content)) as picture:
        picture.load()
        return picture


def history(path: Path) -> Path:
    """Write Spotify's ZIP of a listener who plays a few artists much, and one song that they always leave."""
    rows = [
        extended_row(
            f"2026-{month:02}-{day:02}T20:{10 + 4 * number}:00Z",
            5_000 if number == 4 else 200_000,
            f"Song {day % 6}",
            _ARTISTS[number],
        )
        for month in (8, 9, 10)
        for day in range(1, 21)
        for number in range(5)
    ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in range(3):
            name = f"Spotify Extended Streaming History/Streaming_History_Audio_2026_{part}.json"
            archive.writestr(name, json.dumps(rows[part::3]))
    return path


async def test_a_zip_of_spotifys_history_becomes_a_taste(user: Caller, tmp_path: Path) -> None:
    assert (await user.get("/taste")).json()["state"] == "empty"
    with history(tmp_path / "my_spotify_data.zip").open("rb") as file:
        brought = (await user.post("/ingest", files={"file": ("my_spotify_data.zip", file)})).json()
    await user.completed(brought["job_id"])
    counts = (await user.get(f"/imports/{brought['id']}")).json()["counts"]
    assert (counts["new_listens"], counts["songs"]) == (300, 30)

    taste = await taste_of(user)
    assert (taste["state"], taste["songs"], taste["against"]) == ("fresh", 24, 6)
    liked = {artist for facet in taste["facets"] for artist in facet["artists"]}
    assert liked == set(_ARTISTS[:4])
    assert min((await see_the_picture(user)).size) > 500

    (song,) = (await user.get("/search_songs?q=song 3 ola winter&limit=1")).json()["items"]
    moved = (await user.post(f"/like/{song['track_id']}")).json()
    assert moved["after"] > moved["before"]


@pytest.mark.slow
async def test_a_screenshot_is_corrected_and_becomes_a_taste(neural_system: System) -> None:
    async with httpx.AsyncClient(base_url=neural_system.url, timeout=60, trust_env=False) as client:
        user = Caller(client, await signed_up_user(client, f"{uuid4().hex[:12]}@example.com"))
        shown = io.BytesIO()
        phone(SONGS).save(shown, "PNG")
        files = {"image_file": ("Evening.png", shown.getvalue(), "image/png")}
        brought = (await user.post("/ingest_screenshot", files=files)).json()
        await user.completed(brought["job_id"])
        rows = (await user.get(f"/imports/{brought['id']}/rows")).json()["items"]
        assert [row["title"] for row in rows][:2] == ["Harbour Lights", "Glass Orchard"]
        assert (await user.get("/taste")).json()["state"] == "empty", "nothing counts before it is confirmed"

        path = f"/imports/{brought['id']}/rows/{rows[0]['number']}"
        corrected = await client.patch(f"/api/v1{path}", headers=user.user.headers, json={"title": "Harbour Nights"})
        assert corrected.json()["title"] == "Harbour Nights"
        confirmed = (await user.post(f"/imports/{brought['id']}/confirm", json={})).json()
        await user.completed(confirmed["job_id"])

        taste = await taste_of(user)
        assert taste["songs"] == len(rows)
        examples = {song["title"] for facet in taste["facets"] for song in facet["examples"]}
        assert "Harbour Nights" in examples
        assert min((await see_the_picture(user)).size) > 500
