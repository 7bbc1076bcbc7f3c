"""From signing up to a published mashup: the whole story, over HTTP, at a system as its user runs it."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pyloudnorm.meter
import pytest
import soundfile
from numpy.typing import NDArray

from segue.engines.models.install import is_installed
from segue.engines.models.registry import MODELS
from tests.data import data_path
from tests.http import API, PASSWORD, SignedUp, signed_up_user
from tests.journeys.system import System
from tests.songs import Caller, song_file, sung_song_file

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

STEMS = {"vocals", "drums", "bass", "other"}


@asynccontextmanager
async def visitor_of(system: System) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=system.url, timeout=60, trust_env=False) as client:
        yield client


async def watched(user: Caller, job_id: str) -> list[dict[str, Any]]:
    """Watch a job's events to the end of the stream, and return each state that it told."""
    url = f"{API}/jobs/{job_id}/events"
    async with user.client.stream("GET", url, headers=user.user.headers, timeout=300) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in stream.aiter_lines()]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def watched_to_completion(user: Caller, job_id: str) -> dict[str, Any]:
    """Watch a job whose progress must rise, and which must complete."""
    states = await watched(user, job_id)
    progress = [state["progress"] for state in states]
    assert states[-1]["status"] == "complete", states[-1]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert any(0 < percent < 100 for percent in progress), progress
    return states[-1]


async def in_ranges(client: httpx.AsyncClient, url: str, headers: dict[str, str] | None = None) -> bytes:
    """Fetch a file as players do, a part at a time, and check that each part is what was asked for."""
    size = int((await client.get(url, headers={**(headers or {}), "Range": "bytes=0-0"})).headers["content-range"][10:])
    step = size // 3 + 1
    parts = []
    for start in range(0, size, step):
        response = await client.get(url, headers={**(headers or {}), "Range": f"bytes={start}-{start + step - 1}"})
        end = min(start + step, size) - 1
        assert response.status_code == 206
        assert response.headers["content-range"] == f"bytes {start}-{end}/{size}"
        assert len(response.content) == end - start + 1
        parts.append(response.content)
    return b"".join(parts)


def decoded(data: bytes) -> tuple[NDArray[np.float64], int]:
    """Decode by libsndfile, which is none of ours: samples by channels, and the sample rate."""
    samples, rate = soundfile.read(io.BytesIO(data), always_2d=True)
    return np.asarray(samples, dtype=np.float64), int(rate)


async def signed_in(visitor: httpx.AsyncClient) -> tuple[Caller, dict[str, Any]]:
    """Sign up, then sign in by password; return the user of the second."""
    new = await signed_up_user(visitor, f"{uuid4().hex[:12]}@example.com")
    response = await visitor.post(f"{API}/auth/login", json={"email": new.email, "password": PASSWORD})
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return Caller(visitor, SignedUp(new.user_id, new.email, headers, tokens["refresh_token"])), tokens


async def analysed(user: Caller, songs: tuple[Path, Path]) -> list[dict[str, Any]]:
    """Upload both songs, watch them being heard, and return the tracks."""
    uploads = [await user.uploaded(song) for song in songs]
    for upload in uploads[::-1]:
        states = await watched(user, upload["job_id"])
        assert states[-1]["status"] == "complete", states[-1]
    tracks = [(await user.get(f"/tracks/{upload['track_id']}")).json() for upload in uploads]
    for track in tracks:
        assert track["analysis"]["tempo_bpm"] > 40
        assert len(track["analysis"]["embedding"]) == 768
    return tracks


async def separated(user: Caller, track: dict[str, Any]) -> list[dict[str, Any]]:
    """Part a song; its stems are all there, whole, as long as it, and sum to it."""
    job_id = (await user.post("/audio/separate", json={"track_id": track["id"]})).json()["job_id"]
    await watched_to_completion(user, job_id)
    stems: list[dict[str, Any]] = (await user.get(f"/tracks/{track['id']}/stems")).json()
    assert {stem["name"] for stem in stems} == STEMS
    total: NDArray[np.float64] | None = None
    for stem in stems:
        data = (await user.client.get(stem["url"])).content
        assert len(data) == stem["size"]
        samples, rate = decoded(data)
        assert samples.shape[0] / rate == pytest.approx(track["duration_s"], abs=0.05)
        total = samples if total is None else total + samples
    assert total is not None
    original = (await user.client.get(track["url"])).content
    if original.startswith(b"fLaC"):  # lossy files are decoded a little differently by everyone
        assert np.abs(total - decoded(original)[0]).max() < 1e-3
    assert await in_ranges(user.client, stems[0]["url"]) == (await user.client.get(stems[0]["url"])).content
    return stems


async def mashed_up(user: Caller, tracks: list[dict[str, Any]]) -> tuple[dict[str, Any], bytes]:
    """Ask for a mashup, poll it to its end, and hear what comes out; return it with its file."""
    job_id = (await user.post("/mashup/ai", json={"tracks": [track["id"] for track in tracks]})).json()["jobId"]
    await user.completed(job_id, within_s=280)
    shown = (await user.get(f"/mashup/ai/{job_id}")).json()
    mashup: dict[str, Any] = shown["mashup"]
    download = await user.get(f"/mashup/ai/{job_id}/download")
    assert download.status_code == 200
    assert download.headers["content-disposition"].startswith("attachment")
    assert await in_ranges(user.client, f"{API}/mashup/ai/{job_id}/download", user.user.headers) == download.content
    assert await in_ranges(user.client, mashup["url"]) == download.content
    samples, rate = decoded(download.content)
    assert samples.shape[0] / rate == pytest.approx(mashup["report"]["duration_s"], abs=0.1)
    assert samples.shape[0] / rate > 5
    meter: Any = pyloudnorm.meter.Meter(rate)  # type: ignore[no-untyped-call]
    assert meter.integrated_loudness(samples) == pytest.approx(-14, abs=0.5)
    assert np.abs(samples).max() < 1
    return mashup, download.content


async def published(system: System, user: Caller, mashup: dict[str, Any], file: bytes) -> None:
    """Publish; then somebody who is not signed in finds the mashup on the creator's page and plays it."""
    handle = (await user.get("/profiles/me")).json()["handle"]
    title = "Our song & theirs"
    async with visitor_of(system) as stranger:
        assert (await stranger.get(f"{API}/play/{mashup['track_id']}")).status_code == 401
        assert (await user.post(f"/mashups/{mashup['id']}/publish", json={"title": title})).status_code == 200
        page = (await stranger.get(f"{API}/creators/{handle}")).json()
        assert [shown["title"] for shown in page["mashups"]] == [title]
        html = await stranger.get(f"/@{handle}")
        assert html.headers["content-type"].startswith("text/html")
        assert "Our song &amp; theirs" in html.text
        assert f"/listen/{mashup['track_id']}" in html.text
        playable = (await stranger.get(f"{API}/play/{mashup['track_id']}")).json()
        assert playable["title"] == title
        assert await in_ranges(stranger, playable["url"]) == file
        listened = await stranger.get(f"/listen/{mashup['track_id']}", follow_redirects=True)
        assert listened.content == file


async def signed_out(user: Caller, tokens: dict[str, Any]) -> None:
    """Refresh and sign out; every refresh token of the sign-in is dead then."""

    async def refreshed(token: str) -> httpx.Response:
        return await user.client.post(f"{API}/auth/refresh", json={"refresh_token": token})

    renewed = (await refreshed(tokens["refresh_token"])).json()
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert (await user.client.get(f"{API}/auth/me", headers=headers)).status_code == 200
    assert (await user.client.post(f"{API}/auth/logout", headers=headers)).status_code == 204
    for token in (renewed["refresh_token"], tokens["refresh_token"]):
        assert (await refreshed(token)).status_code == 401
    assert (await user.client.get(f"{API}/auth/me", headers=headers)).status_code == 401


async def tell_the_story(system: System, songs: tuple[Path, Path]) -> list[dict[str, Any]]:
    """Live through everything, and return the stems of the first song."""
    async with visitor_of(system) as visitor:
        user, tokens = await signed_in(visitor)
        tracks = await analysed(user, songs)
        stems = await separated(user, tracks[0])
        mashup, file = await mashed_up(user, tracks)
        await published(system, user, mashup, file)
        await signed_out(user, tokens)
    return stems


async def test_two_short_songs_become_a_published_mashup(system: System, tmp_path: Path) -> None:
    a = sung_song_file(tmp_path, "a.flac", tempo_bpm=140, bars=16, tonic=2)
    b = song_file(tmp_path, "b.flac", tempo_bpm=150, bars=16, seed=1)
    said_before = system.log.stat().st_size
    await tell_the_story(system, (a, b))
    said = system.log.read_text()[said_before:]
    assert '"request"' in said
    assert '"level": "error"' not in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_two_real_songs_become_a_published_mashup(neural_system: System) -> None:
    folder = data_path("songs_with_lyrics")
    names = ("Jonathan Coulton - Code Monkey", "Joshua Morin - On the run")
    a, b = (next((folder / name).glob("audio.*")) for name in names)
    stems = await tell_the_story(neural_system, (a, b))
    neural = is_installed(MODELS["spleeter-2stems"], neural_system.folder / "models")
    assert {stem["engine"] for stem in stems} == {"spleeter" if neural else "classical"}
