"""The decisions of bands: founding one under a name that nobody has, releasing its tracks."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.catalog.songs.service import name_key
from segue.engines.writing import Sound, Writer
from segue.engines.writing.choose import choose_writer
from segue.engines.writing.offline import OfflineWriter
from segue.generation.bands import repository
from segue.generation.bands.announcing import announce_later
from segue.generation.bands.collecting import due_collection
from segue.generation.bands.sounding import as_json, sound_of
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.clock import now
from segue.kit.errors import Conflict, InvalidRequest, NotFound
from segue.kit.ids import new_id
from segue.kit.pagination import Paging
from segue.kit.settings import Settings
from segue.music.chance import chance

#: From one single of a band that has them regularly to the next.
RELEASED_EVERY: Final = timedelta(days=7)
NAMES_AT_A_TIME: Final = 20
_ROUNDS: Final = 10
#: Players that a band is known for.
_KNOWN_PLAYERS: Final = 5


@dataclass(frozen=True, slots=True)
class Changes:
    """What an owner wants of a band; ``None`` leaves things as they are."""

    name: str | None = None
    bio: str | None = None
    visibility: str | None = None
    releases_weekly: bool | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a writer wrote beforehand; where something is None, our own grammar writes: no transaction waits for a host.

    Attributes
    ----------
    bio
        Of a band whose players are known by now.
    album_title
        Of an EP or album that is due.
    """

    bio: str | None = None
    album_title: str | None = None


async def found(
    session: AsyncSession,
    user_id: UUID,
    *,
    sound: Sound,
    seed: int,
    vector: list[float] | None = None,
    space: str | None = None,
    players: int | None = None,
    names: Sequence[str] = (),
) -> Band:
    """Found a band: under a name that no artist of the catalogue and no other band has, with a bio and a seed.

    Parameters
    ----------
    session
        Acts for the user. Where the settings name a hosted writer and there are no `names`, this takes seconds.
    sound
        What it plays.
    seed
        Draws its name, its players and its cover.
    vector, space
        Where its music lies in the space of tastes, of unit length; and of which engine that space is.
    players
        The `Wishes.band` of music that is there already.
    names
        Names that were thought of beforehand (`writing.names_for`); the bio is then written afterwards, too.
    """
    writer = OfflineWriter() if names else _writer(session)
    async for name in _free_names(session, writer, sound, seed, names):
        values: dict[str, Any] = {
            "id": new_id(),
            "user_id": user_id,
            "name": name,
            "name_key": name_key(name),
            "bio": await asyncio.to_thread(writer.bio, name, sound, seed),
            "seed": int(chance(seed, "band").integers(2**31)) if players is None else players,
            "sound": as_json(sound),
            "vector": vector,
            "space": space,
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
    session: AsyncSession,
    band_id: UUID,
    track_id: UUID,
    user_id: UUID,
    *,
    instruments: tuple[str, ...] = (),
    words: Words = Words(),
) -> BandRelease:
    """Bring a track of this user's out as a single of their band; once it is, this changes nothing.

    Parameters
    ----------
    instruments
        Who plays on it, the most heard first. The first release makes them the band's own.
    words
        What `writing.words_for` had written for it.

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
    track = await catalog.label(session, track_id, user_id, artist=band.name, year=now().year)
    if already is None:
        await catalog.label(session, track_id, user_id, album=track.title)
    if band.visibility == "public":
        await catalog.make_public(session, track_id, user_id, title=None)
    if already is None:
        await repository.add_track(session, band, track_id)
    _meet_players(band, instruments, words.bio)
    single = BandRelease(id=new_id(), band_id=band.id, user_id=user_id, kind="single", title=track.title)
    await repository.add_release(session, single, [track_id])
    await announce_later(session, band, single)
    await collect(session, band, words)
    return single


async def collect(
    session: AsyncSession,
    band: Band,
    words: Words = Words(),
) -> BandRelease | None:
    """Bring singles of a band out together, if it is time for an EP or an album; see `collecting.due_collection`."""
    due = due_collection(await repository.loose_tracks(session, band.id), now())
    if due is None:
        return None
    kind, tracks = due
    ids = [track.track_id for track in tracks]
    titles = {track_id: track.title for track_id, track in (await catalog.tracks(session, ids)).items()}
    songs = tuple(titles[track_id] for track_id in ids if track_id in titles)
    title = words.album_title or OfflineWriter().album_title(band.name, songs, sound_of(band), seed_of(ids))
    collection = BandRelease(id=new_id(), band_id=band.id, user_id=band.user_id, kind=kind, title=title)
    await repository.add_release(session, collection, ids)
    for number, track_id in enumerate(ids, 1):
        await catalog.label(session, track_id, band.user_id, album=title, track_number=number)
    await announce_later(session, band, collection)
    return collection


async def describe(session: AsyncSession, band_id: UUID, user_id: UUID, bio: str) -> None:
    """Keep what was written of a band of this user's, unless they wrote it themselves."""
    band = await repository.own_band(session, band_id, user_id)
    if band is not None and not band.bio_is_own:
        band.bio = bio
        await session.flush()


def seed_of(track_ids: Sequence[UUID]) -> int:
    """Return what draws the title of an EP or album of these tracks."""
    return track_ids[0].int % 2**31


def met(sound: Sound, instruments: tuple[str, ...]) -> Sound:
    """Return a sound with the players that it is known for from now on, if it had none."""
    return sound if sound.instruments else replace(sound, instruments=instruments[:_KNOWN_PLAYERS])


def players_of(project: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who plays in a track, as its project tells, drums last; voices are no instruments."""
    parts = [part for part in project.get("parts", ()) if part.get("role") != "vocals"]
    parts.sort(key=lambda part: part.get("role") == "drums")
    return tuple(dict.fromkeys(str(part.get("instrument") or part["name"]) for part in parts))


async def shown(session: AsyncSession, band_id: UUID) -> Band:
    """Return a band that the session's user, or visitor, may see.

    Raises
    ------
    NotFound
        There is none, or it is another's and private.
    """
    band = await repository.band(session, band_id)
    if band is None:
        raise NotFound("There is no such band, or it is not yours to see.")
    return band


async def with_vector(session: AsyncSession, band_id: UUID) -> Band:
    """Return a band as `shown` does, with its vector."""
    band = await shown(session, band_id)
    await session.refresh(band, ["vector"])
    return band


async def place_of(session: AsyncSession, band: Band, space: str) -> list[float] | None:
    """Return where a band's music lies in a space, of unit length; None where that isn't known."""
    if band.space != space:
        return None
    await session.refresh(band, ["vector"])
    return None if band.vector is None else [float(value) for value in band.vector]


async def release_of(session: AsyncSession, band_id: UUID, release_id: UUID) -> BandRelease:
    """Return a release of a band.

    Raises
    ------
    NotFound
        It has none such, or it is not the session's user's to see.
    """
    found = await repository.release(session, release_id)
    if found is None or found.band_id != band_id:
        raise NotFound("The band has no such release.")
    return found


async def release_with(session: AsyncSession, band: Band, track_id: UUID, title: str) -> BandRelease | None:
    """Return the release of a band that is called so and holds a track, the newest of them."""
    found = await repository.releases(session, band.id)
    return next((release for release, ids in found if release.title == title and track_id in ids), None)


async def change(session: AsyncSession, band: Band, wanted: Changes) -> None:
    """Change a band of the session's user that they keep from now on: what is ``None`` stays.

    Raises
    ------
    Conflict
        An artist or another band has the name.
    InvalidRequest
        The name is no name.
    """
    band.saved_at = band.saved_at or now()
    if wanted.bio is not None:
        band.bio, band.bio_is_own = wanted.bio, True
    if wanted.visibility is not None and wanted.visibility != band.visibility:
        await _show(session, band, public=wanted.visibility == "public")
    if wanted.releases_weekly is not None and wanted.releases_weekly != band.releases_weekly:
        band.releases_weekly = wanted.releases_weekly
        band.next_release_at = now() + RELEASED_EVERY if wanted.releases_weekly else None
    await session.flush()
    if wanted.name is not None and wanted.name != band.name:
        await _rename(session, band, wanted.name)


async def delete(session: AsyncSession, band_id: UUID, user_id: UUID) -> None:
    """Delete a band of this user's, with its releases; its tracks stay theirs, and are private again."""
    band = await band_for(session, band_id, user_id)
    for track_id in await repository.track_ids(session, band.id):
        await catalog.make_private(session, track_id, user_id)
    await session.flush()
    await repository.delete_band(session, band.id)


async def follow(session: AsyncSession, band_id: UUID, user_id: UUID, *, wanted: bool) -> Band:
    """Let a user hear of a band's releases, or not any more; either may be asked twice."""
    band = await shown(session, band_id)
    if wanted:
        await repository.follow(session, user_id, band.id)
    else:
        await repository.unfollow(session, user_id, band.id)
    return band


async def bands_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Band], str | None]:
    """Return a page of the bands that a user has or follows, newest first, and the cursor of the next."""
    return await repository.bands_of(session, user_id, paging)


async def band_of_track(session: AsyncSession, track_id: UUID) -> Band | None:
    """Return the band that a track is of, if the session's user may see that."""
    return await repository.band_of_track(session, track_id)


async def _show(session: AsyncSession, band: Band, *, public: bool) -> None:
    """Let everyone see a band and play its tracks, or nobody but its owner."""
    band.visibility = "public" if public else "private"
    for track_id in await repository.track_ids(session, band.id):
        if public:
            await catalog.make_public(session, track_id, band.user_id, title=None)
        else:
            await catalog.make_private(session, track_id, band.user_id)


async def _rename(session: AsyncSession, band: Band, name: str) -> None:
    key = name_key(name)
    if not key:
        raise InvalidRequest("A band's name needs a letter or a digit.")
    if key == band.name_key:
        band.name = name  # the same to all who compare: another spelling
    elif await repository.is_artist(session, key):
        raise Conflict(f"There is an artist called {name} in the catalogue: take another name.")
    elif not await repository.rename(session, band.id, name=name, name_key=key):
        raise Conflict(f"There is a band called {name} already: take another name.")
    else:
        await session.refresh(band)
    # What the covers say is the name: they are drawn anew.
    await repository.forget_covers(session, band.id)
    for track_id in await repository.track_ids(session, band.id):
        await catalog.label(session, track_id, band.user_id, artist=name)


def _meet_players(band: Band, instruments: tuple[str, ...], bio: str | None) -> None:
    """Keep who plays, if that was not known, and say so in the bio unless its owner wrote that."""
    sound = met(sound_of(band), instruments)
    if sound == sound_of(band):
        return
    band.sound = as_json(sound)
    if not band.bio_is_own:
        band.bio = bio or OfflineWriter().bio(band.name, sound, band.seed)


async def _free_names(
    session: AsyncSession, writer: Writer, sound: Sound, seed: int, thought_of: Sequence[str] = ()
) -> AsyncIterator[str]:
    """Give names that no artist has; a band may: that shows when it is stored."""
    for name in thought_of:
        if (key := name_key(name)) and not await repository.is_artist(session, key):
            yield name
    for number in range(_ROUNDS):
        # What a hosted writer thinks of is soon exhausted; the grammar's names hardly ever.
        using = writer if number == 0 else OfflineWriter()
        for name in await asyncio.to_thread(using.band_names, sound, seed + number, NAMES_AT_A_TIME):
            key = name_key(name)
            if key and not await repository.is_artist(session, key):
                yield name


def _writer(session: AsyncSession) -> Writer:
    settings = session.info.get("settings")
    return choose_writer(settings) if isinstance(settings, Settings) else OfflineWriter()
