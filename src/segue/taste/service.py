"""Taste's decisions: what a listener's taste is now, whether it is fresh, and what they prefer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.catalog import service as catalog
from segue.catalog.tables import SourceTrack
from segue.kit.clock import now
from segue.kit.errors import RateLimited
from segue.kit.jobs import Job, JobType, enqueue
from segue.library.evidence import service as library
from segue.taste import describing, learning, moving, preferences, repository
from segue.taste.facets import Facet
from segue.taste.learning import current_space
from segue.taste.moving import Movement, Standing, like, rate
from segue.taste.opinions import opinions_of
from segue.taste.preferences import Preference
from segue.taste.tables import Taste

__all__ = [
    "FacetNow", "Movement", "Preference", "Standing", "TasteNow", "current_space", "due", "in_words", "like", "prefer",
    "preferences_of", "rate", "said", "said_for", "standing_of", "taste_of",
]  # fmt: skip

#: What recency counts has changed after so long, whatever the listener did.
_OLD_AFTER: Final = timedelta(days=2)
#: Of whoever does nothing it is found anew so seldom.
_LONG_AGO: Final = timedelta(days=7)
_LIKED_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class FacetNow:
    """A facet as it is now, in words.

    Attributes
    ----------
    position
        As it was found; None for one that a like opened since.
    share
        Of all facets, 0 to 1.
    songs
        How many were its when it was found.
    examples
        Tracks that the listener may see.
    """

    position: int | None
    name: str
    share: float
    tags: list[str]
    artists: list[str]
    songs: int
    examples: list[SourceTrack]
    tempo: float | None
    year: float | None
    energy: float | None


@dataclass(frozen=True, slots=True)
class TasteNow:
    """A listener's taste as it is now.

    Attributes
    ----------
    state
        ``empty``: nothing speaks for a taste. ``fresh``. ``stale``: it is being found anew. ``building``: for the first
        time.
    job
        That finds it anew, if any does.
    moved
        By how many songs it was moved since it was found.
    """

    state: Literal["empty", "fresh", "stale", "building"]
    words: list[str]
    facets: list[FacetNow]
    profile: Mapping[str, Any] | None
    preferences: list[Preference]
    read_at: datetime | None
    moved: int
    job: Job | None


async def taste_of(session: AsyncSession, user_id: UUID, build: JobType) -> TasteNow:
    """Return a listener's taste; if it is old, or was never found, a job that finds it is started."""
    standing = await moving.standing(session, user_id)
    found = None if standing is None else standing.taste
    state, job = await _freshness(session, user_id, found, build)
    prefers = await preferences_of(session, user_id)
    if standing is None:
        words = (
            ["Your taste is being found."]
            if state == "building"
            else ["Nothing speaks for a taste yet: bring your music, or like a few songs."]
        )
        return TasteNow(state, words, [], None, prefers, None, 0, job)
    facets = await in_words(session, standing)
    shown = [{"name": facet.name, "share": facet.share} for facet in facets]
    profile = standing.taste.profile
    words = describing.sentences(profile, shown)
    return TasteNow(state, words, facets, profile, prefers, standing.taste.read_at, len(standing.moves), job)


async def in_words(session: AsyncSession, standing: Standing) -> list[FacetNow]:
    """Return a taste's facets as they are now, in their order, with what they are called."""
    told = standing.taste.profile["facets"]
    liked = standing.liked_since()
    wanted = [UUID(example) for facet in told for example in facet["examples"]]
    tracks = await catalog.tracks(session, [*wanted, *liked])
    fresh: dict[int, list[SourceTrack]] = {}
    for track_id, number in liked.items():
        if track_id in tracks:
            fresh.setdefault(number, []).append(tracks[track_id])
    facets = [_in_words(facet, told, tracks, fresh.get(number, [])) for number, facet in enumerate(standing.facets)]
    names = describing.told_apart([facet.name for facet in facets], [facet.artists for facet in facets])
    return [replace(facet, name=name) for facet, name in zip(facets, names, strict=True)]


def _in_words(
    facet: Facet, told: Sequence[Mapping[str, Any]], tracks: Mapping[UUID, SourceTrack], fresh: Sequence[SourceTrack]
) -> FacetNow:
    if not facet.members.size:
        artists = list(dict.fromkeys(track.artist for track in fresh if track.artist))[:2]
        name = describing.name_of([], artists) if artists else "what you like since"
        examples = list(fresh[:_LIKED_EXAMPLES])
        return FacetNow(None, name, facet.share, [], artists, len(fresh), examples, None, None, None)
    position = int(facet.members[0])
    one = told[position]
    examples = [tracks[UUID(example)] for example in one["examples"] if UUID(example) in tracks]
    name = describing.name_of(one["tags"], one["artists"])
    measures = (one["tempo"], one["year"], one["energy"])
    return FacetNow(position, name, facet.share, one["tags"], one["artists"], one["songs"], examples, *measures)


async def said(session: AsyncSession, user_id: UUID, movement: Movement, build: JobType) -> Job | None:
    """Start a job that finds a taste anew if what was said could not move it at once, or too much has moved it.

    All that is said until the job begins needs one only.
    """
    if movement.placed and not movement.is_last:
        return None
    job = await _found_anew(session, user_id, build, why="said")
    if job is not None and job.status != "queued":  # it may have read all before this was said
        return await _found_anew(session, user_id, build, why="said meanwhile")
    return job


async def said_for(session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these tracks for which their listener has spoken: by a like, a rating, or "sounds like me"."""
    found = await opinions_of(session, user_id, track_ids)
    return {track_id for track_id, opinion in found.items() if opinion.weight() > 0}


async def prefer(session: AsyncSession, user_id: UUID, said: Mapping[str, Any]) -> list[Preference]:
    """Note what a user says of their preferences: None takes back, the rest stays. Return all as they count."""
    profile = await accounts.preferences_of(session, user_id, to_change=True)
    profile = preferences.with_said(profile, said, at=now())
    await accounts.set_preferences(session, user_id, profile)
    return preferences.effective(profile)


async def standing_of(session: AsyncSession, user_id: UUID) -> Standing | None:
    """Return a listener's taste as it is now, in vectors, if it was ever found."""
    return await moving.standing(session, user_id)


async def preferences_of(session: AsyncSession, user_id: UUID) -> list[Preference]:
    """Return a listener's preferences as they count."""
    return preferences.effective(await accounts.preferences_of(session, user_id))


async def due(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return listeners whose taste is to be found anew, by their ids, in the system's session.

    It was never found, or long ago; their library has changed since, or what they say; or its vectors are of a model
    that does not compare with the newest, or is about to be learned anew.
    """
    last = await repository.last_learned(session)
    model = None if last is None or now() - last[1] >= learning.OLD_AFTER else learning.version_named(last[0])
    found: list[UUID] = []
    while len(found) < limit and (listeners := await library.listeners(session, after=after, limit=limit)):
        found += await _due(session, listeners, model)
        after = listeners[-1]
    return found[:limit]


async def _due(session: AsyncSession, listeners: Sequence[UUID], model: str | None) -> list[UUID]:
    heads = await repository.heads(session, listeners)
    moment = now()
    seen = {
        user_id: (state, read_at)
        for user_id, (state, read_at, made_by, moved) in heads.items()
        if made_by == model and not moved and moment - read_at < _LONG_AGO
    }
    changed = await library.changed(session, seen)
    return [user_id for user_id in listeners if user_id not in seen or user_id in changed]


async def first_listener(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return the first of `listeners`, once: they stand for all, where a job is for nobody in particular."""
    first = await library.listeners(session, after=UUID(int=0), limit=1)
    return [user_id for user_id in first if user_id > after][:limit]


async def _freshness(
    session: AsyncSession, user_id: UUID, found: Taste | None, build: JobType
) -> tuple[Literal["empty", "fresh", "stale", "building"], Job | None]:
    if found is None:
        if not await library.has_any(session, user_id):
            return "empty", None
        return "building", await _found_anew(session, user_id, build, why="first")
    changed = await library.changed_since(session, user_id, state=found.library_state, read_at=found.read_at)
    if not changed and now() - found.read_at < _OLD_AFTER:
        return ("fresh" if found.profile["facets"] or found.profile["songs"] else "empty"), None
    return "stale", await _found_anew(session, user_id, build, why="stale")


async def _found_anew(session: AsyncSession, user_id: UUID, build: JobType, *, why: str) -> Job | None:
    """Start a job that finds a taste anew, unless one is under way for the same reason.

    Where too many wait already, nobody is refused for looking at their taste or saying what they like.
    """
    try:
        return await enqueue(session, build, user_id=user_id, input_data={}, dedupe_key=why)
    except RateLimited:
        return None
