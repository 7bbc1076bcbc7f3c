"""Bands as they are shown, with addresses of their covers that open for whoever may see them."""

import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.catalog.tables import SourceTrack
from segue.generation.bands import repository, schemas
from segue.generation.bands.sounding import sound_of
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.runtime import Runtime

COVER_PATH: Final = "/api/v1/band/{band_id}/cover"
RELEASE_COVER_PATH: Final = "/api/v1/band/{band_id}/releases/{release_id}/cover"
#: Addresses made within so many seconds of each other are the same, so that browsers can cache.
_STEADY_S: Final = 900


async def summaries(
    session: AsyncSession, runtime: Runtime, bands: Sequence[Band], user_id: UUID | None
) -> list[schemas.BandSummary]:
    """Return bands as lists show them."""
    ids = [band.id for band in bands]
    followers = await repository.followers(session, ids)
    following = await repository.followed(session, user_id, ids) if user_id is not None else set()
    return [
        schemas.BandSummary(
            id=band.id,
            name=band.name,
            bio=band.bio,
            cover=cover_url(runtime, band),
            visibility="public" if band.visibility == "public" else "private",
            own=band.user_id == user_id,
            saved=band.saved_at is not None,
            followers=followers.get(band.id, 0),
            following=band.id in following,
            created_at=band.created_at,
        )
        for band in bands
    ]


async def whole(session: AsyncSession, runtime: Runtime, band: Band, user_id: UUID | None) -> schemas.BandView:
    """Return a band with all that it released."""
    (summary,) = await summaries(session, runtime, [band], user_id)
    released = await repository.releases(session, band.id)
    tracks = await catalog.tracks(session, list({track_id for _, ids in released for track_id in ids}))
    sound = sound_of(band)
    return schemas.BandView(
        **summary.model_dump(),
        styles=list(sound.main_styles(3)),
        instruments=list(sound.instruments),
        releases_weekly=band.releases_weekly,
        next_release_at=band.next_release_at,
        name_taken_at=band.name_taken_at,
        albums=[
            _release_view(runtime, release, [tracks[track_id] for track_id in ids if track_id in tracks])
            for release, ids in released
        ],
    )


def cover_url(runtime: Runtime, band: Band) -> str:
    """Return an address at which whoever has it sees a band's cover for a while."""
    # With the name, so that a renamed band's cover has another address.
    return _signed(runtime, COVER_PATH.format(band_id=band.id), band.name)


def release_cover_url(runtime: Runtime, release: BandRelease) -> str:
    """Return an address at which whoever has it sees a release's cover for a while."""
    path = RELEASE_COVER_PATH.format(band_id=release.band_id, release_id=release.id)
    return _signed(runtime, path, release.title)


def _signed(runtime: Runtime, path: str, of: str) -> str:
    earliest = int(time.time()) + runtime.settings.signed_url_s
    signed = runtime.signer.sign(path, expires_at=(earliest // _STEADY_S + 1) * _STEADY_S, of=of)
    return runtime.settings.base_url + signed


def _release_view(runtime: Runtime, release: BandRelease, tracks: Sequence[SourceTrack]) -> schemas.ReleaseView:
    return schemas.ReleaseView(
        id=release.id,
        title=release.title,
        kind="single" if release.kind == "single" else "ep" if release.kind == "ep" else "album",
        released_at=release.released_at,
        cover=release_cover_url(runtime, release),
        tracks=[
            schemas.BandTrackView(
                id=track.id,
                title=track.title,
                duration_s=None if track.asset is None else track.asset.probe.get("duration_s"),
            )
            for track in tracks
        ],
    )
