"""Keeping the band of a generated track; one that had none gets one that sounds as it does."""

import json
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.engines.writing import Sound
from segue.generation import service as generation
from segue.generation.bands import service
from segue.generation.bands.tables import Band
from segue.generation.tables import Generation
from segue.kit.errors import InvalidRequest
from segue.kit.runtime import Runtime
from segue.music.styles import StyleName


async def band_of(session: AsyncSession, runtime: Runtime, track_id: UUID, user_id: UUID) -> Band:
    """Return the band of a generated track of this user's, founded now if it had none.

    Raises
    ------
    NotFound
        There is no such track of theirs.
    InvalidRequest
        It was not generated.
    """
    track = await catalog.own_track(session, track_id, user_id)
    known = await service.band_of_track(session, track_id)
    if known is not None:
        return await service.band_for(session, known.id, user_id)
    made = await generation.of_track(session, track_id) if track.source == "generated" else None
    if made is None:
        raise InvalidRequest("Only tracks that Segue generated have a band.")
    project = await _project_of(session, runtime, made)
    conditioning = made.conditioning or {}
    wishes = conditioning.get("wishes", {})
    players = wishes.get("band")
    band = await service.found(
        session,
        user_id,
        sound=replace(sound_told(wishes), instruments=service.players_of(project)[:5]),
        seed=made.seed,
        vector=conditioning.get("vector"),
        space=conditioning.get("space"),
        players=made.seed if players is None else players,  # as `compose` draws them
    )
    await service.release(session, band.id, track_id, user_id)
    return band


def sound_told(wishes: dict[str, Any]) -> Sound:
    """Return what a generation's wishes say of its sound."""
    return Sound(
        styles=cast("dict[StyleName, float]", wishes.get("styles", {})),
        tempo_bpm=wishes.get("tempo_bpm"),
        energy=wishes.get("energy"),
        valence=wishes.get("valence"),
        bass=wishes.get("bass", 0.0),
        vocals=wishes.get("vocals"),
    )


async def _project_of(session: AsyncSession, runtime: Runtime, made: Generation) -> dict[str, Any]:
    """Return what is known of a track's score; nothing, where that is lost."""
    file = (await generation.files_of(session, made.id)).get("project")
    if file is None or not await runtime.storage.exists(file.sha256):
        return {}
    chunks = [chunk async for chunk in runtime.storage.read(file.sha256)]
    project: dict[str, Any] = json.loads(b"".join(chunks))
    return project
