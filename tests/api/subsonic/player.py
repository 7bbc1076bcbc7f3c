"""A player that speaks Subsonic, and a shelf for it to play from."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import httpx
import numpy as np

from segue.api.subsonic import ids
from segue.catalog.embeddings import service as embeddings
from segue.catalog.embeddings.service import NewEmbedding
from segue.catalog.tables import Asset, SourceTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.songs import Caller

SPACE = "tests-1"
XML = "{http://subsonic.org/restapi}"


@dataclass(frozen=True)
class Player:
    """A player with what it sends of its owner's."""

    client: httpx.AsyncClient
    credentials: dict[str, str]

    async def send(self, method: str, form: str = "json", **said: Any) -> httpx.Response:
        """Call a method as a GET."""
        common = {"v": "1.16.1", "c": "tests", "f": form}
        return await self.client.get(f"/rest/{method}", params={**self.credentials, **common, **said})

    async def post(self, method: str, **said: Any) -> httpx.Response:
        """Call a method as a form."""
        common = {"v": "1.16.1", "c": "tests", "f": "json"}
        return await self.client.post(f"/rest/{method}.view", data={**self.credentials, **common, **said})

    async def call(self, method: str, **said: Any) -> dict[str, Any]:
        """Return what a method says in JSON, whatever that is."""
        response = await self.send(method, **said)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()["subsonic-response"]
        return answer

    async def ok(self, method: str, **said: Any) -> dict[str, Any]:
        """Return what a method says that must succeed."""
        answer = await self.call(method, **said)
        assert answer["status"] == "ok", answer
        return answer

    async def refused(self, method: str, **said: Any) -> int:
        """Return the number of a refusal."""
        answer = await self.call(method, **said)
        assert answer["status"] == "failed", answer
        code: int = answer["error"]["code"]
        return code


@dataclass(frozen=True)
class Song:
    """A track that a test puts onto a shelf."""

    title: str
    artist: str | None = "The Piers"
    album: str | None = "Harbour"
    album_artist: str | None = None
    genre: str | None = "Rock"
    year: int | None = 1999
    track_number: int | None = None
    source: str = "uploaded"
    visibility: str = "private"
    #: An angle in a plane of the space of tastes.
    lies_at: float | None = None


async def player_of(caller: Caller) -> Player:
    """Return a player that signs in by token, as most do."""
    made = (await caller.post("/auth/subsonic_password")).json()
    return Player(caller.client, by_token(made["username"], made["password"]))


def by_token(name: str, password: str, salt: str = "c19b2d") -> dict[str, str]:
    """Return what a player sends to prove a password."""
    return {"u": name, "t": hashlib.md5(f"{password}{salt}".encode()).hexdigest(), "s": salt}


async def shelve(runtime: Runtime, owner: UUID, *songs: Song, at: datetime | None = None) -> list[UUID]:
    """Put tracks onto a shelf, as their uploads would, without audio; return their ids."""
    found = []
    async with runtime.database.system_session() as session:
        for song in songs:
            track_id, asset = new_id(), _asset(song)
            session.add(asset)
            await session.flush()
            values = {key: getattr(song, key) for key in _COLUMNS}
            track = SourceTrack(id=track_id, user_id=owner, asset_id=asset.id, **values)
            if at is not None:
                track.created_at = at
            session.add(track)
            await session.flush()
            if song.lies_at is not None:
                vector = np.zeros(768, dtype=np.float32)
                vector[:2] = np.cos(song.lies_at), np.sin(song.lies_at)
                await embeddings.keep(session, [NewEmbedding(track_id, vector, "tests", "1", SPACE)])
            found.append(track_id)
    return found


def album_id(artist: str, album: str) -> str:
    """Return the id that an album of such names has."""
    return ids.album_id(hashlib.md5(f"{artist}\x1f{album}".lower().encode()).hexdigest())


def artist_id(name: str) -> str:
    """Return the id that an artist of such a name has."""
    return ids.artist_id(hashlib.md5(name.lower().encode()).hexdigest())


def told_in_json(answer: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Return everything that an answer says, each with its place; lists count by their members."""
    return Counter(_of_json("", answer))


def told_in_xml(content: bytes) -> Counter[tuple[str, str]]:
    """Return the same of the answer's XML."""
    return Counter(_of_xml("", ET.fromstring(content)))


def _of_json(place: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [told for name, member in value.items() for told in _of_json(_below(place, name), member)]
    if isinstance(value, list):
        return [told for one in value for told in _of_json(place, one)]
    word = str(value).lower() if isinstance(value, bool) else str(value)
    return [(place, word)] if word else []


def _of_xml(place: str, node: ET.Element) -> list[tuple[str, str]]:
    told = [(_below(place, name), value) for name, value in node.attrib.items() if value]
    if node.text:
        told.append((place, node.text))
    for child in node:
        told += _of_xml(_below(place, child.tag.removeprefix(XML)), child)
    return told


def _below(place: str, name: str) -> str:
    return place if name == "value" else f"{place}.{name}"


_COLUMNS = ("title", "artist", "album", "album_artist", "genre", "year", "track_number", "source", "visibility")


def _asset(song: Song) -> Asset:
    probe = {"container": "flac", "codec": "flac", "duration_s": 200.4, "bit_rate": 800_000}
    return Asset(
        id=new_id(),
        sha256=hashlib.sha256(new_id().bytes).hexdigest(),
        size_bytes=20_000_000,
        media_type="audio/flac",
        probe={**probe, "sample_rate": 44_100, "channels": 2, "title": song.title},
        analysis={"loudness_lufs": -9.5, "true_peak_dbtp": -0.2, "tempo_bpm": 121.6},
    )
