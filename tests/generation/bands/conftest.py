"""Bands with tracks, put there without the time that making music takes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from segue.catalog import repository as catalog
from segue.catalog.tables import SourceTrack
from segue.engines.writing import Sound
from segue.generation.bands import service
from segue.generation.bands.tables import BandTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.songs import Caller

FOLK = Sound(styles={"folk": 1.0, "ambient": 0.5}, tempo_bpm=84, energy=0.2, valence=0.6, vocals=False)


async def generated_track(runtime: Runtime, owner: Caller, title: str = "Slow Light") -> UUID:
    """Give a user a generated track without sound that is its own."""
    track_id = new_id()
    probe = {"container": "flac", "duration_s": 12.5}
    async with runtime.database.session(owner.user.user_id) as session:
        asset = await catalog.ensure_asset(
            session, sha256=f"{track_id.int:064x}", size_bytes=1, media_type="audio/flac", probe=probe
        )
        track = SourceTrack(
            id=track_id, user_id=owner.user.user_id, asset_id=asset.id, source="generated", title=title, artist="Segue"
        )
        await catalog.add_track(session, track)
    return track_id


async def band_with(
    runtime: Runtime, owner: Caller, titles: Sequence[str] = (), *, seed: int = 1, public: bool = False
) -> UUID:
    """Found a band that has released some tracks."""
    async with runtime.database.session(owner.user.user_id) as session:
        band = await service.found(session, owner.user.user_id, sound=FOLK, seed=seed)
        if public:
            await service.change(session, band, service.Changes(visibility="public"))
    for title in titles:
        await released(runtime, owner, band.id, title)
    return band.id


async def released(
    runtime: Runtime, owner: Caller, band_id: UUID, title: str, *, added_at: datetime | None = None
) -> UUID:
    """Release a track of a band; return the track's id."""
    track_id = await generated_track(runtime, owner, title)
    async with runtime.database.session(owner.user.user_id) as session:
        await service.release(session, band_id, track_id, owner.user.user_id)
        if added_at is not None:
            (await session.get_one(BandTrack, track_id)).added_at = added_at
    return track_id
