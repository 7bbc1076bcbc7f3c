"""Playback's decisions: at which address a track's audio is, and what is answered there."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.transcoding import Transcode
from segue.catalog.playback import making, repository
from segue.catalog.playback.choosing import (
    Gain,
    PlayFormat,
    choose,
    format_of,
    gain_of,
    media_type_of,
    read_recipe,
    recipe_of,
    suffix_of,
)
from segue.catalog.playback.making import Growing
from segue.catalog.playback.own_files import own_file
from segue.catalog.playback.tables import Rendition
from segue.catalog.service import audio_of, filename_of, url_of
from segue.catalog.tables import SourceTrack, is_made_here
from segue.kit.runtime import Runtime
from segue.kit.storage import Blob
from segue.kit.web.media import disposition, safe_filename, signed_url, stored_file_response

__all__ = [
    "Gain",
    "Length",
    "PlayFormat",
    "Rendition",
    "Transcode",
    "address_of",
    "audio_response",
    "choose",
    "forget_of",
    "format_of",
    "gain_of",
    "kept",
    "lengths_of",
    "media_type_of",
    "own_file",
    "rendition_response",
]

#: For how long a player that was let in may keep what it got.
_KEPT_S = 3600


@dataclass(frozen=True, slots=True)
class Length:
    """How long a track is, in milliseconds, None where nobody knows; and whether Segue made it."""

    duration_ms: int | None
    made_here: bool


async def lengths_of(session: AsyncSession, track_ids: Collection[UUID]) -> dict[UUID, Length]:
    """Return how long those of these tracks are that the session's user may see."""
    rows = await repository.lengths(session, track_ids)
    return {row.id: Length(row.duration_ms, is_made_here(row.source)) for row in rows}


def address_of(runtime: Runtime, track: SourceTrack, wanted: Transcode | None) -> str:
    """Return a signed address of a track's audio as it was brought, or in another format; see `choose`.

    At the latter, what is not kept yet is sent while it is being made; then the same address answers ranges.
    """
    if wanted is None:
        return url_of(runtime, track)
    return signed_url(runtime, _path(audio_of(track).sha256, wanted, _filename(track, wanted)))


async def kept(runtime: Runtime, track: SourceTrack, wanted: Transcode) -> Rendition | None:
    """Return a track's rendition, if it is there."""
    return await making.kept(runtime, audio_of(track).sha256, wanted)


async def audio_response(
    request: Request, runtime: Runtime, track: SourceTrack, wanted: Transcode | None, *, download: bool = False
) -> Response:
    """Answer with a track's audio at once, as other APIs do; who may have it is settled.

    Parameters
    ----------
    wanted
        From `choose`; None is the file as it was brought.
    download
        Whether a browser is to save it instead of playing it.
    """
    asset = audio_of(track)
    if wanted is None:
        file = (asset.sha256, filename_of(track), asset.media_type)
        return await stored_file_response(request, runtime, *file, download=download, expires_in_s=_KEPT_S)
    filename = _filename(track, wanted)
    return await _response(request, runtime, asset.sha256, wanted, filename, download=download, expires_in_s=_KEPT_S)


async def rendition_response(request: Request, runtime: Runtime, sha256: str, recipe: str, filename: str) -> Response:
    """Answer a request for an address of `address_of`.

    Raises
    ------
    Forbidden
        It is not signed by us, or has expired.
    InvalidRequest
        It is of another version.
    Unavailable
        The song could not be brought into this format, or too many others wait for it.
    """
    wanted = read_recipe(recipe)
    runtime.signer.verify(_path(sha256, wanted, filename), request.query_params)
    return await _response(request, runtime, sha256, wanted, filename, download=False, expires_in_s=_KEPT_S)


async def forget_of(session: AsyncSession, source_sha256: str) -> list[Blob]:
    """Forget all that was made of a file, in the system's session; return the files that may go then."""
    found = await repository.of_source(session, source_sha256)
    for one in found:
        await repository.forget(session, one)
    return [Blob(one.sha256, one.size_bytes) for one in found]


async def _response(
    request: Request,
    runtime: Runtime,
    sha256: str,
    wanted: Transcode,
    filename: str,
    *,
    download: bool,
    expires_in_s: int,
) -> Response:
    caller = request.client.host if request.client else ""
    found = await making.rendition(runtime, sha256, wanted, caller=caller)
    if isinstance(found, Growing):
        await found.begun(request.is_disconnected)
        if _from_the_start(request):
            return _stream(found, wanted, filename, download=download)
        found = await found.finished(request.is_disconnected)
    return await stored_file_response(
        request,
        runtime,
        found.sha256,
        filename,
        media_type_of(wanted),
        download=download,
        expires_in_s=expires_in_s,
    )


def _stream(growing: Growing, wanted: Transcode, filename: str, *, download: bool) -> Response:
    headers = {
        "Cache-Control": "no-store",  # at the same address there will be a file with a length
        "Content-Disposition": disposition(filename, in_place=not download),
    }
    chunks: AsyncIterator[bytes] = growing.chunks()
    return StreamingResponse(chunks, headers=headers, media_type=media_type_of(wanted))


def _from_the_start(request: Request) -> bool:
    """Whether all of a file is asked for: only then can it be sent before its length is known."""
    asked = request.headers.get("range", "bytes=0-").replace(" ", "")
    return request.method == "GET" and asked == "bytes=0-"


def _filename(track: SourceTrack, wanted: Transcode) -> str:
    return safe_filename(f"{track.title}.{suffix_of(wanted)}")


def _path(sha256: str, wanted: Transcode, filename: str) -> str:
    return f"/media/{sha256}/{recipe_of(wanted)}/{quote(filename, safe='')}"
