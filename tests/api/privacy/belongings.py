"""What a user has, put there without the minutes that making it takes; and where it is looked for."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from segue.catalog import repository as catalog
from segue.catalog.tables import Asset, SourceTrack
from segue.kit.clock import now
from segue.kit.ids import new_id
from segue.kit.jobs.tables import Job
from segue.kit.runtime import Runtime
from segue.stems.tables import Separation, Stem
from segue.studio.tables import Mashup, MashupStem, RemixRelation, StemMashupLink
from tests.http import API
from tests.songs import Caller

PASSWORD_BODY = {"password": "correct horse battery"}


def _probe(container: str) -> dict[str, Any]:
    """Return what is known of a second of sound."""
    known = {"sample_rate": 44_100, "channels": 2, "duration_s": 1.0, "bit_rate": 8}
    return {"container": container, "codec": container, **known}


async def delete_me(caller: Caller, body: dict[str, str] | None = None) -> int:
    """Ask for the account to be deleted, with the password unless told otherwise; return the status."""
    body = PASSWORD_BODY if body is None else body
    response = await caller.client.request("DELETE", f"{API}/me", json=body, headers=caller.user.headers)
    return response.status_code


async def stored(runtime: Runtime, content: bytes, folder: Path) -> str:
    """Store a file and return its SHA-256."""
    path = folder / "file"
    path.write_bytes(content)
    return (await runtime.storage.put_file(path)).sha256


async def separated(runtime: Runtime, track_id: str, folder: Path, name: str = "vocals") -> UUID:
    """Give a track a stem, as its separation would; return the stem's id."""
    sha256 = await stored(runtime, f"{name} of {track_id}".encode(), folder)
    async with runtime.database.system_session() as session:
        track = await session.get_one(SourceTrack, UUID(track_id))
        assert track.asset_id is not None
        assert track.user_id is not None
        asset = await catalog.ensure_asset(
            session, sha256=sha256, size_bytes=1, media_type="audio/flac", probe=_probe("flac")
        )
        how = {"engine": "classical", "engine_version": "1", "name": name, "asset_id": asset.id}
        session.add(Separation(source_asset_id=track.asset_id, **how))
        stem = Stem(id=new_id(), user_id=track.user_id, track_id=track.id, **how)
        session.add(stem)
    return stem.id


async def mashed_up(runtime: Runtime, owner: Caller, stems: list[UUID], folder: Path) -> UUID:
    """Give a user a published mashup of stems, whoever's they are; return its id."""
    mashup_id, track_id, job_id = new_id(), new_id(), new_id()
    sha256 = await stored(runtime, f"mashup {mashup_id}".encode(), folder)
    async with runtime.database.system_session() as session:
        asset = await catalog.ensure_asset(
            session, sha256=sha256, size_bytes=1, media_type="audio/mpeg", probe=_probe("mp3")
        )
        session.add(
            Job(id=job_id, user_id=owner.user.user_id, job_type="studio.mashup", status="complete", input_data={})
        )
        session.add(
            SourceTrack(
                id=track_id,
                user_id=owner.user.user_id,
                asset_id=asset.id,
                source="mashup",
                title="A mashup",
                visibility="public",
            )
        )
        await session.flush()
        session.add(
            Mashup(
                id=mashup_id,
                user_id=owner.user.user_id,
                job_id=job_id,
                track_id=track_id,
                title="A mashup",
                vibe="energetic",
                intensity=0.5,
                transition_style="smooth",
                compatibility=0.5,
                report={"titles": ["One", "Two"], "tempo_bpm": 120, "key": {"name": "C major"}, "peaks": []},
                published_at=now(),
            )
        )
        await session.flush()
        parents = (await session.scalars(select(Stem.track_id).where(Stem.id.in_(stems)))).all()
        for stem in stems:
            part = {"mashup_id": mashup_id, "stem_id": stem}
            session.add(MashupStem(**part, role="lead", stretch=1, transpose_semitones=0))
            session.add(StemMashupLink(**part, contribution=1 / len(stems)))
        for parent in set(parents):
            session.add(RemixRelation(parent_track_id=parent, child_track_id=track_id))
    return mashup_id


async def rows_naming(runtime: Runtime, *needles: object) -> dict[str, int]:
    """Return how many rows of each table hold one of these texts anywhere; tables without any are left out."""
    tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    found: dict[str, int] = {}
    async with runtime.database.system_session() as session:
        for table in (await session.scalars(text(tables))).all():
            query = text(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE ANY (:needles)")
            count: int = (await session.scalars(query, {"needles": [f"%{needle}%" for needle in needles]})).one()
            if count:
                found[table] = count
    return found


async def assets(runtime: Runtime) -> list[str]:
    """Return the content of every asset."""
    async with runtime.database.system_session() as session:
        return list(await session.scalars(select(Asset.sha256)))


async def blobs(runtime: Runtime) -> list[str]:
    """Return every stored file."""
    return [blob.sha256 async for blob in runtime.storage.listed()]


def track_of(shown: dict[str, Any]) -> str:
    """Return the id of an uploaded track."""
    return str(shown["track_id"])
