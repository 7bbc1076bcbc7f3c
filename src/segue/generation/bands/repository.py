"""All SQL of bands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from segue.generation.bands.collecting import EP_TRACKS
from segue.generation.bands.tables import Band, BandFollow, BandRelease, BandReleaseTrack, BandTrack
from segue.generation.tables import Generation
from segue.kit.clock import now
from segue.kit.jobs import Job
from segue.kit.pagination import Paging, newest_first


async def is_artist(session: AsyncSession, name_key: str) -> bool:
    """Whether an artist in the catalogue has this name, be it in anybody's private uploads."""
    return bool(await session.scalar(select(func.segue_names_artist(name_key))))


async def add(session: AsyncSession, values: dict[str, Any]) -> Band | None:
    """Store a new band, or return ``None`` if another one has its name."""
    statement = insert(Band).values(**values).on_conflict_do_nothing(index_elements=[Band.name_key]).returning(Band)
    return (await session.scalars(statement)).one_or_none()


async def band(session: AsyncSession, band_id: UUID) -> Band | None:
    """Return a band that the session's user may see."""
    return await session.get(Band, band_id)


async def own_band(session: AsyncSession, band_id: UUID, user_id: UUID) -> Band | None:
    """Return a band of this user's; nobody else changes it until the transaction ends."""
    query = select(Band).where(Band.id == band_id, Band.user_id == user_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locked)).one_or_none()


async def band_of_track(session: AsyncSession, track_id: UUID) -> Band | None:
    """Return the band that a track is of."""
    query = select(Band).join(BandTrack, BandTrack.band_id == Band.id).where(BandTrack.track_id == track_id)
    return (await session.scalars(query)).one_or_none()


async def single_of(session: AsyncSession, track_id: UUID) -> BandRelease | None:
    """Return the single that a track came out as."""
    query = (
        select(BandRelease)
        .join(BandReleaseTrack, BandReleaseTrack.release_id == BandRelease.id)
        .where(BandReleaseTrack.track_id == track_id, BandRelease.kind == "single")
    )
    return (await session.scalars(query)).one_or_none()


async def add_track(session: AsyncSession, band: Band, track_id: UUID) -> None:
    """Make a track a band's."""
    session.add(BandTrack(track_id=track_id, band_id=band.id, user_id=band.user_id))
    await session.flush()


async def add_release(session: AsyncSession, release: BandRelease, track_ids: Sequence[UUID]) -> BandRelease:
    """Store a release with its tracks in their order."""
    session.add(release)
    await session.flush()
    session.add_all(
        BandReleaseTrack(release_id=release.id, track_id=track_id, user_id=release.user_id, position=position)
        for position, track_id in enumerate(track_ids)
    )
    await session.flush()
    return release


async def rename(session: AsyncSession, band_id: UUID, *, name: str, name_key: str) -> bool:
    """Give a band another name, or tell that another band has it."""
    statement = update(Band).where(Band.id == band_id).values(name=name, name_key=name_key, name_taken_at=None)
    try:
        async with session.begin_nested():
            await session.execute(statement)
    except IntegrityError:
        return False
    return True


async def delete_band(session: AsyncSession, band_id: UUID) -> None:
    """Remove a band with its releases and followers; its tracks stay."""
    await session.execute(delete(Band).where(Band.id == band_id))


async def track_ids(session: AsyncSession, band_id: UUID) -> Sequence[UUID]:
    """Return a band's tracks, in the order in which they came."""
    query = select(BandTrack.track_id).where(BandTrack.band_id == band_id)
    return (await session.scalars(query.order_by(BandTrack.added_at, BandTrack.track_id))).all()


async def loose_tracks(session: AsyncSession, band_id: UUID) -> Sequence[BandTrack]:
    """Return a band's tracks that are on no EP and no album yet, in the order in which they came."""
    collected = (
        select(BandReleaseTrack.track_id)
        .join(BandRelease, BandRelease.id == BandReleaseTrack.release_id)
        .where(BandRelease.band_id == band_id, BandRelease.kind != "single")
    )
    query = select(BandTrack).where(BandTrack.band_id == band_id, BandTrack.track_id.not_in(collected))
    return (await session.scalars(query.order_by(BandTrack.added_at, BandTrack.track_id))).all()


async def release(session: AsyncSession, release_id: UUID) -> BandRelease | None:
    """Return a release that the session's user may see."""
    return await session.get(BandRelease, release_id)


async def releases(session: AsyncSession, band_id: UUID) -> list[tuple[BandRelease, list[UUID]]]:
    """Return a band's releases, newest first, each with its tracks; those whose tracks are all gone are left out."""
    query = (
        select(BandRelease, BandReleaseTrack.track_id)
        .join(BandReleaseTrack, BandReleaseTrack.release_id == BandRelease.id)
        .where(BandRelease.band_id == band_id)
        .order_by(BandRelease.id.desc(), BandReleaseTrack.position)
    )
    found: dict[UUID, tuple[BandRelease, list[UUID]]] = {}
    for release_, track_id in await session.execute(query):
        found.setdefault(release_.id, (release_, []))[1].append(track_id)
    return list(found.values())


async def bands_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Band], str | None]:
    """Return a page of the bands that a user has or follows, newest first, and the cursor of the next."""
    followed = select(BandFollow.band_id).where(BandFollow.user_id == user_id)
    query = select(Band).where(or_(Band.user_id == user_id, Band.id.in_(followed)))
    return await newest_first(session, query, by=Band.id, paging=paging)


async def follow(session: AsyncSession, user_id: UUID, band_id: UUID) -> None:
    """Let a user hear of a band's releases."""
    await session.execute(
        insert(BandFollow).values(user_id=user_id, band_id=band_id, followed_at=now()).on_conflict_do_nothing()
    )


async def unfollow(session: AsyncSession, user_id: UUID, band_id: UUID) -> None:
    """Let a user hear of a band's releases no more."""
    await session.execute(delete(BandFollow).where(BandFollow.user_id == user_id, BandFollow.band_id == band_id))


async def followed(session: AsyncSession, user_id: UUID, band_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these bands that a user follows."""
    query = select(BandFollow.band_id).where(BandFollow.user_id == user_id, BandFollow.band_id.in_(band_ids))
    return set(await session.scalars(query))


async def followers(session: AsyncSession, band_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many follow each of these bands; the others have none."""
    counted = text("SELECT band_id, followers FROM segue_band_followers(:wanted)")
    rows = await session.execute(counted, {"wanted": list(band_ids)})
    return {row.band_id: row.followers for row in rows}


async def followers_after(session: AsyncSession, band_id: UUID, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return followers of a band in the order of their ids; the session is the system's."""
    query = select(BandFollow.user_id).where(BandFollow.band_id == band_id, BandFollow.user_id > after)
    return (await session.scalars(query.order_by(BandFollow.user_id).limit(limit))).all()


async def keep_cover(session: AsyncSession, drawn: Band | BandRelease, sha256: str) -> None:
    """Note where a cover is stored."""
    kind = type(drawn)
    await session.execute(update(kind).where(kind.id == drawn.id).values(cover_sha256=sha256))


async def owners_due(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return users who have a band that is to release something by now, in the order of their ids."""
    query = (
        select(Band.user_id)
        .where(Band.user_id > after, Band.releases_weekly, Band.next_release_at <= func.now())
        .distinct()
        .order_by(Band.user_id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def bands_due(session: AsyncSession, user_id: UUID) -> Sequence[Band]:
    """Return a user's bands that are to release something by now; nobody else changes them meanwhile."""
    query = select(Band).where(Band.user_id == user_id, Band.releases_weekly, Band.next_release_at <= func.now())
    return (await session.scalars(query.order_by(Band.id).with_for_update())).all()


async def own_bands(session: AsyncSession, user_id: UUID) -> Sequence[Band]:
    """Return all bands of a user."""
    return (await session.scalars(select(Band).where(Band.user_id == user_id).order_by(Band.id))).all()


async def owners_of_unplayed(session: AsyncSession, *, before: datetime, after: UUID, limit: int) -> Sequence[UUID]:
    """Return users with bands that `forget_unplayed` would forget, in the order of their ids."""
    query = select(Band.user_id).where(Band.user_id > after, _unplayed(before)).distinct()
    return (await session.scalars(query.order_by(Band.user_id).limit(limit))).all()


async def forget_unplayed(session: AsyncSession, user_id: UUID, *, before: datetime) -> int:
    """Delete bands of a user that were founded before a moment, that nobody keeps and of which there is no track."""
    wanted = (Band.user_id == user_id) & _unplayed(before)
    # Whoever asks for a band's next track holds the band until that is seen: the second look sees it.
    held = (await session.scalars(select(Band.id).where(wanted).with_for_update(skip_locked=True))).all()
    gone = await session.scalars(delete(Band).where(Band.id.in_(held), wanted).returning(Band.id))
    return len(gone.all())


def _unplayed(before: datetime) -> ColumnElement[bool]:
    """Return the condition that a band was founded for a track that never came, and that none is on its way."""
    played = select(BandTrack.track_id).where(BandTrack.band_id == Band.id).exists()
    coming = (
        select(Generation.id)
        .join(Job, Job.id == Generation.job_id)
        .where(Generation.band_id == Band.id, Job.status.in_(("queued", "processing")))
        .exists()
    )
    return and_(Band.saved_at.is_(None), Band.created_at < before, ~played, ~coming)


async def forget_covers(session: AsyncSession, band_id: UUID) -> None:
    """Have a band's covers drawn anew when somebody looks."""
    await session.execute(update(Band).where(Band.id == band_id).values(cover_sha256=None))
    await session.execute(update(BandRelease).where(BandRelease.band_id == band_id).values(cover_sha256=None))


async def names_taken(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return users with a band whose name an artist of the catalogue has by now and who were not told so."""
    query = (
        select(Band.user_id)
        .where(Band.user_id > after, Band.name_taken_at.is_(None), func.segue_names_artist(Band.name_key))
        .distinct()
        .order_by(Band.user_id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def note_names_taken(session: AsyncSession, user_id: UUID) -> Sequence[Band]:
    """Note which bands of a user's have a name that an artist of the catalogue has by now; return the new ones."""
    statement = (
        update(Band)
        .where(Band.user_id == user_id, Band.name_taken_at.is_(None), func.segue_names_artist(Band.name_key))
        .values(name_taken_at=now())
        .returning(Band)
    )
    return (await session.scalars(statement)).all()


async def owners_of_loose_tracks(
    session: AsyncSession, *, after: UUID, limit: int, least: int = EP_TRACKS
) -> Sequence[UUID]:
    """Return users with a band that has at least so many tracks on no EP and no album, in the order of their ids."""
    collected = (
        select(BandReleaseTrack.track_id)
        .join(BandRelease, BandRelease.id == BandReleaseTrack.release_id)
        .where(BandReleaseTrack.track_id == BandTrack.track_id, BandRelease.kind != "single")
    )
    loose = (
        select(BandTrack.user_id)
        .where(BandTrack.user_id > after, ~collected.exists())
        .group_by(BandTrack.user_id, BandTrack.band_id)
        .having(func.count() >= least)
        .subquery()
    )
    query = select(loose.c.user_id).distinct().order_by(loose.c.user_id).limit(limit)
    return (await session.scalars(query)).all()
