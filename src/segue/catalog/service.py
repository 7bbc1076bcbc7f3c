"""The catalogue's decisions: taking songs in, showing tracks, playing them."""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.files import DecodeLimits, Probe, decode
from segue.audio.report import report_of
from segue.catalog import repository
from segue.catalog.embeddings import service as embeddings
from segue.catalog.listing import ListedTrack
from segue.catalog.tables import Asset, SourceTrack
from segue.catalog.understanding import current_version, understand
from segue.kit.errors import Conflict, NotFound, Unauthenticated
from segue.kit.jobs import JobContext
from segue.kit.pagination import Paging
from segue.kit.runtime import Runtime
from segue.kit.settings import Settings
from segue.kit.storage import Blob, Storage
from segue.kit.web.media import media_url

_MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "aiff": "audio/aiff",
}


#: What a record says of a track beside its title and artist.
_LABELS = ("album", "album_artist", "genre", "year", "track_number", "disc_number")


def decode_limits(settings: Settings) -> DecodeLimits:
    """Return the limits within which uploads are read."""
    return DecodeLimits(
        max_bytes=settings.upload_max_bytes,
        max_s=settings.upload_max_s,
        max_bytes_setting="SEGUE_UPLOAD_MAX_BYTES",
        max_s_setting="SEGUE_UPLOAD_MAX_S",
    )


def check(path: Path, settings: Settings) -> Probe:
    """Decode a file to its end and return what it is; blocks while a child process works.

    Raises
    ------
    InvalidAudio, TooLarge
        It is not audio that can be used; the message says why.
    """
    return decode(path, decode_limits(settings)).probe


async def take_in(
    session: AsyncSession, storage: Storage, *, user_id: UUID, blob: Blob, found: Probe, path: Path, filename: str
) -> SourceTrack:
    """Keep an upload as a track of its user; the same file again is the same track."""
    asset = await keep_asset(session, storage, blob, found, path)
    title = (found.title or _title_of(filename)).strip() or "Untitled"
    labels = {name: getattr(found, name) for name in _LABELS}
    return await repository.ensure_uploaded_track(
        session,
        user_id=user_id,
        asset=asset,
        title=title[:300],
        artist=found.artist and found.artist[:300],
        labels={name: value[:300] if isinstance(value, str) else value for name, value in labels.items()},
    )


async def keep_asset(session: AsyncSession, storage: Storage, blob: Blob, found: Probe, path: Path) -> Asset:
    """Return the asset of a stored file, made now if its content is new; the file itself lies at `path` yet."""
    asset = await repository.ensure_asset(
        session,
        sha256=blob.sha256,
        size_bytes=blob.size,
        media_type=media_type_of(found),
        probe=asdict(found),
    )
    # Whoever had the same content before may have been the last, and gone, since it was stored.
    if not await storage.exists(blob.sha256):
        await storage.put_file(path, media_type=media_type_of(found))
    return asset


async def is_asset(session: AsyncSession, sha256: str) -> bool:
    """Whether a stored file is audio that tracks or stems play."""
    return await repository.asset_of(session, sha256) is not None


async def hold_asset(session: AsyncSession, asset_id: UUID) -> Asset | None:
    """Return an asset, if it is there, and let nobody begin or cease to need its content for a transaction."""
    return await repository.hold_asset(session, asset_id)


async def delete_asset(session: AsyncSession, asset_id: UUID) -> None:
    """Forget an asset that nothing refers to, with all that was heard in it; the session is the system's."""
    await repository.delete_asset(session, asset_id)


async def track(session: AsyncSession, track_id: UUID) -> SourceTrack:
    """Return a track that the session's user may see.

    Raises
    ------
    NotFound
        There is none, or it is another's and private.
    """
    found = await repository.track(session, track_id)
    if found is None:
        raise NotFound("There is no such track, or it is not yours to see.")
    return found


async def own_track(session: AsyncSession, track_id: UUID, user_id: UUID) -> SourceTrack:
    """Return a track of this user; another's is not found, be it public or not."""
    found = await track(session, track_id)
    if found.user_id != user_id:
        raise NotFound("There is no such track of yours.")
    return found


async def own_audio(session: AsyncSession, track_id: UUID, user_id: UUID) -> tuple[SourceTrack, Asset]:
    """Return a track of this user with its audio.

    Raises
    ------
    NotFound
        There is none of theirs.
    Conflict
        It is external: Segue has no audio of it.
    """
    found = await own_track(session, track_id, user_id)
    return found, audio_of(found)


async def tracks(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, SourceTrack]:
    """Return those of these tracks that the session's user may see, by their id."""
    return await repository.tracks(session, track_ids)


async def listed(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, ListedTrack]:
    """Return those of these tracks that the session's user may see as lists show them, by their id."""
    return await repository.listed(session, track_ids) if track_ids else {}


async def tracks_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[SourceTrack], str | None]:
    """Return a page of a user's tracks, newest first, and the cursor of the next."""
    return await repository.tracks_of(session, user_id, paging)


async def ensure_analyzed(job: JobContext, track_id: UUID, *, share: tuple[int, int]) -> Asset:
    """Return the audio of a track of the job's user, analysed now unless the same audio has been before.

    Parameters
    ----------
    share
        From where to where the job's progress goes, in percent.
    """
    settings = job.runtime.settings
    async with job.session() as session:
        _, asset = await own_audio(session, track_id, job.user_id)
    # In a thread: asking loads weights, and the worker's event loop has heartbeats to send.
    version = await asyncio.to_thread(current_version, settings.embedding_engine, settings.models_dir)
    if asset.analysis_version == version:
        await _place(job.runtime, track_id, asset)
        return asset
    limits = decode_limits(settings)
    async with job.runtime.storage.local_file(asset.sha256) as path:
        heard = await job.run(understand, path, settings.embedding_engine, settings.models_dir, limits, share=share)
    # An asset is everyone's: users' sessions may add one and read it, and only the system may change it.
    async with job.runtime.database.system_session() as session:
        asset = await repository.store_analysis(
            session,
            asset.id,
            analysis=report_of(heard.analysis),
            embedding=heard.embedding.tolist(),
            version=heard.version,
        )
    await _place(job.runtime, track_id, asset)
    return asset


async def _place(runtime: Runtime, track_id: UUID, asset: Asset) -> None:
    """Keep where a track lies by what was heard in its audio."""
    if asset.embedding is None or asset.analysis_version is None:
        return
    vector = np.asarray(asset.embedding, dtype=np.float32)
    async with runtime.database.system_session() as session:
        await embeddings.keep_heard(session, track_id, vector, analysis_version=asset.analysis_version)


async def add_made_track(
    session: AsyncSession,
    *,
    track_id: UUID,
    user_id: UUID,
    asset: Asset,
    source: str,
    title: str,
    artist: str | None = None,
) -> SourceTrack:
    """Add a track that Segue made."""
    made = {"asset_id": asset.id, "source": source, "title": title, "artist": artist, "visibility": "private"}
    return await repository.add_track(session, SourceTrack(id=track_id, user_id=user_id, **made))


async def make_public(session: AsyncSession, track_id: UUID, user_id: UUID, *, title: str | None) -> SourceTrack:
    """Let everyone see and play a track of this user."""
    found = await own_track(session, track_id, user_id)
    found.visibility = "public"
    if title is not None:
        found.title = title
    return found


async def label(session: AsyncSession, track_id: UUID, user_id: UUID, **labels: str | int | None) -> SourceTrack:
    """Write on a track of this user what a record says of it, where it stands on their shelf.

    Parameters
    ----------
    labels
        Any of ``artist``, ``album``, ``album_artist``, ``genre``, ``year``, ``track_number``, ``disc_number``.
    """
    found = await own_track(session, track_id, user_id)
    for name, value in labels.items():
        if name not in ("artist", *_LABELS):
            raise ValueError(f"a track has no label {name}")
        setattr(found, name, value)
    return found


async def make_private(session: AsyncSession, track_id: UUID, user_id: UUID) -> SourceTrack:
    """Let nobody but this user see and play a track of theirs."""
    found = await own_track(session, track_id, user_id)
    found.visibility = "private"
    return found


async def delete(session: AsyncSession, track_id: UUID, user_id: UUID) -> None:
    """Remove a track of this user, with its stems.

    Raises
    ------
    Conflict
        A mashup is made of it.
    """
    await own_track(session, track_id, user_id)
    try:
        await repository.delete_track(session, track_id)
    except IntegrityError as error:
        raise Conflict("A mashup is made of this track. Delete the mashup first.") from error


async def playable(session: AsyncSession, track_id: UUID, *, signed_in: bool) -> SourceTrack:
    """Return a track for whoever wants to play it.

    Raises
    ------
    Unauthenticated
        An anonymous visitor asks for one that is not public.
    NotFound
        There is none, or it is another's and private.
    """
    try:
        return await track(session, track_id)
    except NotFound:
        if signed_in:
            raise
        raise Unauthenticated("Sign in to play this track: it is not public, or not there.") from None


def audio_of(track: SourceTrack) -> Asset:
    """Return the audio of a track.

    Raises
    ------
    Conflict
        It is external: Segue has no audio of it.
    """
    if track.asset is None:
        raise Conflict("This track is external: Segue has no audio of it. Upload a file of it first.")
    return track.asset


def heard_in(asset: Asset) -> dict[str, Any] | None:
    """Return the contract of ``segue analyze --json`` for an asset, or ``None`` while it is not analysed."""
    if asset.analysis is None or asset.embedding is None:
        return None
    return {**asset.analysis, "embedding": [float(value) for value in asset.embedding]}


def media_type_of(found: Probe) -> str:
    """Return the media type of a file."""
    return _MEDIA_TYPES[found.container]


def filename_of(track: SourceTrack) -> str:
    """Return what a track's file is called when somebody saves it."""
    return f"{track.title}.{audio_of(track).probe['container']}"


def url_of(runtime: Runtime, track: SourceTrack) -> str:
    """Return an address at which whoever has it may fetch a track's audio for a while; who may have it is settled."""
    asset = audio_of(track)
    return media_url(runtime, asset.sha256, filename_of(track), asset.media_type)


def _title_of(filename: str) -> str:
    """Return what a file's name says of the song, without folders, suffix and unprintable characters."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    printable = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    return re.sub(r"[\s_]+", " ", Path(printable).stem)
