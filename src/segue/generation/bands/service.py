"""The decisions of bands: founding one under a name that nobody has, releasing its tracks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.catalog.songs.service import name_key
from segue.engines.writing import Sound, Writer
from segue.engines.writing.choose import choose_writer
from segue.engines.writing.offline import OfflineWriter
from segue.generation.bands import repository
from segue.generation.bands.sounding import as_json, sound_of
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.errors import Conflict, NotFound
from segue.kit.ids import new_id
from segue.kit.settings import Settings
from segue.music.chance import chance

_NAMES_AT_A_TIME: Final = 20
_ROUNDS: Final = 10
#: Players that a band is known for.
_KNOWN_PLAYERS: Final = 5


async def found(
    session: AsyncSession, user_id: UUID, *, sound: Sound, seed: int, vector: list[float] | None = None
) -> Band:
    """Found a band: under a name that no artist of the catalogue and no other band has, with a bio and a seed.

    Parameters
    ----------
    session
        Acts for the user. Where the settings name a hosted writer, this takes seconds: call it in a job.
    sound
        What it plays.
    seed
        Draws its name, its players and its cover.
    vector
        Where its music lies in the space of tastes, of unit length.
    """
    writer = _writer(session)
    async for name in _free_names(session, writer, sound, seed):
        values: dict[str, Any] = {
            "id": new_id(),
            "user_id": user_id,
            "name": name,
            "name_key": name_key(name),
            "bio": await asyncio.to_thread(writer.bio, name, sound, seed),
            "seed": int(chance(seed, "band").integers(2**31)),
            "sound": as_json(sound),
            "vector": vector,
        }
        band = await repository.add(session, values)
        if band is not None:
            return band
    raise Conflict("Every name that was thought of is taken. Try again: others will come to mind.")


async def band_for(session: AsyncSession, band_id: UUID, user_id: UUID) -> Band:
    """Return a band of this user's to make music for: its ``seed`` is `Wishes.band`, `sound_of` tells the rest.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    """
    band = await repository.own_band(session, band_id, user_id)
    if band is None:
        raise NotFound("There is no such band of yours.")
    return band


async def release(
    session: AsyncSession, band_id: UUID, track_id: UUID, user_id: UUID, *, instruments: tuple[str, ...] = ()
) -> BandRelease:
    """Bring a track of this user's out as a single of their band; once it is, this changes nothing.

    Parameters
    ----------
    instruments
        Who plays on it, the most heard first. The first release makes them the band's own.

    Raises
    ------
    NotFound
        The band or the track is another's, or not there.
    Conflict
        The track is another band's already.
    """
    band = await band_for(session, band_id, user_id)
    already = await repository.band_of_track(session, track_id)
    if already is not None and already.id != band.id:
        raise Conflict(f"This track is {already.name}'s already.")
    if already is not None and (single := await repository.single_of(session, track_id)):
        return single
    track = await catalog.credit(session, track_id, user_id, artist=band.name)
    if band.visibility == "public":
        await catalog.make_public(session, track_id, user_id, title=None)
    if already is None:
        await repository.add_track(session, band, track_id)
    await _meet_players(session, band, instruments)
    single = BandRelease(id=new_id(), band_id=band.id, user_id=user_id, kind="single", title=track.title)
    return await repository.add_release(session, single, [track_id])


async def _meet_players(session: AsyncSession, band: Band, instruments: tuple[str, ...]) -> None:
    """Keep who plays, if that was not known, and say so in the bio unless its owner wrote that."""
    sound = sound_of(band)
    if sound.instruments or not instruments:
        return
    sound = replace(sound, instruments=instruments[:_KNOWN_PLAYERS])
    band.sound = as_json(sound)
    if not band.bio_is_own:
        band.bio = await asyncio.to_thread(_writer(session).bio, band.name, sound, band.seed)


async def _free_names(session: AsyncSession, writer: Writer, sound: Sound, seed: int) -> AsyncIterator[str]:
    """Give names that no artist has; a band may: that shows when it is stored."""
    for number in range(_ROUNDS):
        # What a hosted writer thinks of is soon exhausted; the grammar's names hardly ever.
        using = writer if number == 0 else OfflineWriter()
        for name in await asyncio.to_thread(using.band_names, sound, seed + number, _NAMES_AT_A_TIME):
            key = name_key(name)
            if key and not await repository.is_artist(session, key):
                yield name


def _writer(session: AsyncSession) -> Writer:
    settings = session.info.get("settings")
    return choose_writer(settings) if isinstance(settings, Settings) else OfflineWriter()
