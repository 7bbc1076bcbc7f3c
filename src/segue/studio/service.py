"""The studio's decisions: what a mashup is made of, who is credited, what is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.accounts.tables import Profile
from segue.audio.mashup.types import MashupOptions, Source
from segue.catalog import service as catalog
from segue.catalog.tables import Asset
from segue.engines.separation import StemName
from segue.kit import jobs
from segue.kit.clock import now
from segue.kit.errors import InvalidRequest, NotFound
from segue.kit.ids import new_id
from segue.kit.jobs import Job
from segue.kit.pagination import Paging
from segue.stems import service as stems
from segue.stems.tables import Stem
from segue.studio import repository, schemas
from segue.studio.tables import Mashup, MashupStem


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What goes into a mashup.

    Attributes
    ----------
    stems
        Those that sound.
    foundation
        The track whose beat it has.
    unheard
        The foundation's own vocals, if they are known: the plan makes room where they were sung.
    """

    stems: tuple[Stem, ...]
    foundation: UUID
    unheard: tuple[Stem, ...] = ()

    @property
    def track_ids(self) -> tuple[UUID, ...]:
        """The tracks that the stems are parts of, each once, in the order of their first stem."""
        return tuple(dict.fromkeys(stem.track_id for stem in self.stems))


async def check_request(session: AsyncSession, request: schemas.MashupRequest, user_id: UUID) -> None:
    """Refuse what cannot become a mashup of this user's, before a job is made of it.

    Raises
    ------
    NotFound
        A track or stem is not there, or is another's.
    InvalidRequest
        The stems are all of one track, or two of them are the same part of one.
    """
    for track_id in request.tracks or ():
        await catalog.own_audio(session, track_id, user_id)
    if request.stems:
        choose_foundation(await stems.own_stems(session, request.stems, user_id))


def choose_foundation(chosen: Sequence[Stem]) -> Ingredients:
    """Return the chosen stems with the track that leads the beat: that with drums, or else the last one."""
    tracks = {stem.track_id for stem in chosen}
    if len(tracks) < 2:
        raise InvalidRequest("Choose stems of at least two tracks: a mashup of one is the track itself.")
    if len({source_of(stem) for stem in chosen}) < len(chosen):
        raise InvalidRequest("Two of the stems are the same part of one track, by different engines: choose one.")
    with_drums = [stem.track_id for stem in chosen if stem.name == "drums"]
    return Ingredients(tuple(chosen), (with_drums or [chosen[-1].track_id])[0])


async def keep(
    session: AsyncSession,
    *,
    job_id: UUID,
    user_id: UUID,
    asset: Asset,
    title: str,
    options: MashupOptions,
    ingredients: Ingredients,
    report: dict[str, Any],
) -> Mashup:
    """Keep a mashup that a job made: its track, its parts, its credits and its lineage."""
    track = await catalog.add_made_track(
        session, track_id=new_id(), user_id=user_id, asset=asset, source="mashup", title=title
    )
    mashup = Mashup(
        id=new_id(),
        user_id=user_id,
        job_id=job_id,
        track_id=track.id,
        title=title,
        vibe=options.vibe,
        intensity=options.intensity,
        transition_style=options.transition_style,
        compatibility=report["compatibility"]["score"],
        report=report,
    )
    by_source = {source_of(stem).id: stem.id for stem in ingredients.stems}
    shares = {by_source[name]: share for name, share in report["contributions"].items()}
    sounding = [stem for stem in ingredients.stems if stem.id in shares]
    await repository.add(
        session,
        mashup,
        parts=[
            MashupStem(
                mashup_id=mashup.id,
                stem_id=stem.id,
                role=role_in(report, stem),
                stretch=report["stretch"][str(stem.track_id)],
                transpose_semitones=report["transpose_semitones"][str(stem.track_id)],
            )
            for stem in sounding
        ],
        contributions=shares,
        parents=[stem.track_id for stem in sounding],
    )
    return mashup


def source_of(stem: Stem) -> Source:
    """Return a stem as plans know it."""
    return Source(str(stem.track_id), cast("StemName", stem.name))


def role_in(report: Mapping[str, Any], stem: Stem) -> str:
    """Return what a stem does in a mashup, as its plan says."""
    return next(
        str(placement["role"])
        for placement in report["alignment"]
        if placement["track"] == str(stem.track_id) and stem.name in placement["stems"]
    )


async def made_by(session: AsyncSession, job_id: UUID, user_id: UUID) -> tuple[Job, Mashup | None]:
    """Return a mashup job of this user with what it made, if it is done.

    Raises
    ------
    NotFound
        There is no such job, it is another's, or it makes something else.
    """
    job = await jobs.get(session, user_id, job_id)
    if job.job_type != "studio.mashup":
        raise NotFound("There is no such mashup job of yours.")
    return job, await repository.mashup_of_job(session, job_id)


async def publish(session: AsyncSession, mashup_id: UUID, user_id: UUID, title: str | None) -> Mashup:
    """Show a mashup of this user to everyone; publishing it again may rename it and keeps its date.

    Raises
    ------
    NotFound
        There is no such mashup, or it is another's.
    """
    mashup = await repository.mashup(session, mashup_id)
    if mashup is None or mashup.user_id != user_id:
        raise NotFound("There is no such mashup of yours.")
    if title is not None:
        mashup.title = title
    mashup.published_at = mashup.published_at or now()
    await catalog.make_public(session, mashup.track_id, user_id, title=title)
    await session.flush()
    return mashup


async def creator_page(
    session: AsyncSession, handle: str, paging: Paging
) -> tuple[Profile, list[schemas.PublishedMashup], str | None]:
    """Return a creator's profile and a page of what they have published.

    Raises
    ------
    NotFound
        Nobody has this handle.
    """
    profile = await accounts.profile_by_handle(session, handle)
    mashups, cursor = await repository.published_by(session, profile.user_id, paging)
    tracks = await catalog.tracks(session, [mashup.track_id for mashup in mashups])
    return profile, [_published(mashup, catalog.audio_of(tracks[mashup.track_id])) for mashup in mashups], cursor


async def forget_user(session: AsyncSession, user_id: UUID) -> None:
    """Delete the mashups of a user who leaves. Others' that are made of their stems stay: they are works of their own.

    What is left of the user in those is the sound; their credits and lineage name only those who are still here.
    """
    await repository.forget_user(session, user_id)


def _published(mashup: Mashup, asset: Asset) -> schemas.PublishedMashup:
    report = mashup.report
    if mashup.published_at is None:
        raise ValueError(f"mashup {mashup.id} is not published")
    return schemas.PublishedMashup(
        id=mashup.id,
        track_id=mashup.track_id,
        title=mashup.title,
        tempo_bpm=report["tempo_bpm"],
        key=report["key"],
        duration_s=asset.probe["duration_s"],
        sources=report["titles"],
        peaks=report["peaks"],
        published_at=mashup.published_at,
    )
