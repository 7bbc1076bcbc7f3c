"""Radio: keeps three tracks ahead that can play at once, bends with what is said of them, and has more made ahead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.signal import FloatArray
from segue.catalog import service as catalog
from segue.catalog.embeddings import service as embeddings
from segue.discovery import repository
from segue.discovery.line import Item, Line
from segue.discovery.steering import (
    DISLIKED,
    LIKED,
    PLAYED,
    SKIPPED,
    Candidate,
    Course,
    choose,
    course,
)
from segue.discovery.tables import Radio
from segue.generation import service as generation
from segue.generation.service import QuotaReached, Steer
from segue.kit import jobs
from segue.kit.clock import now
from segue.kit.errors import NotFound, RateLimited, SegueError
from segue.kit.ids import new_id
from segue.library.evidence import service as evidence
from segue.library.playing.embeds import PLAYERS
from segue.library.playlists import service as playlists
from segue.taste import service as taste
from segue.taste.facets import taste_vector

SeedKind = Literal["taste", "track", "playlist"]
Note = Literal["quota", "busy", "unavailable"]

#: So many are always ready to play.
AHEAD: Final = 3
#: So many new ones of ours are ahead, or are being made.
_MADE_AHEAD: Final = 2
#: So many of the nearest are looked at.
_LOOKED_AT: Final = 60
#: A generation is told so many of the tracks that were liked, and that were skipped, the latest.
_STEERING: Final = 20
#: A track that was made for this radio is to be heard, if it fits about as well as another.
_MADE_FOR_IT: Final = 0.1
_PLAYLIST_TRACKS: Final = 500
_KINDS: Final = frozenset(player.id_kind for player in PLAYERS.values())


@dataclass(frozen=True, slots=True)
class Seed:
    """What a radio begins with: a track, a playlist, or the listener's taste (no id)."""

    kind: SeedKind
    id: UUID | None = None


async def begin(session: AsyncSession, user_id: UUID, seed: Seed) -> Radio:
    """Begin a radio in place of the one before.

    Raises
    ------
    NotFound
        The track or the playlist is not there, or not theirs to see.
    """
    space, vector = await _place_of(session, user_id, seed)
    await repository.forget_asked(session, user_id)
    return await repository.begin_radio(
        session,
        {
            "user_id": user_id,
            "seed_kind": seed.kind,
            "seed_id": seed.id,
            "space": space,
            "vector": None if vector is None else vector.tolist(),
            "steered_by": {},
            "note": None,
            "began_at": now(),
            "stopped_at": None,
        },
    )


async def running(session: AsyncSession, user_id: UUID) -> Radio | None:
    """Return a user's radio, if it runs."""
    found = await repository.radio(session, user_id)
    return None if found is None or found.stopped_at is not None else found


async def tended(session: AsyncSession, user_id: UUID, line: Line, *, anew: bool = False) -> Line:
    """Return a line with enough ahead, if a radio runs: as it was where nothing is to be done.

    What was said since the radio's tracks were chosen, and what was made since, has all that it added chosen anew: so
    what fits no more is dropped, and what fits better comes first. Nothing here waits for anything to be made.

    Parameters
    ----------
    session
        Acts for the user, and holds their queue.
    anew
        Whether to choose all anew in any case.
    """
    radio = await running(session, user_id)
    if radio is None:
        return line
    said = await _said(session, user_id, line, radio)
    steered_by = {str(track): weight for track, weight in said.items() if weight != PLAYED}
    made = await _made(session, user_id)
    anew = anew or steered_by != radio.steered_by or bool(made)
    line = await _filled(session, user_id, radio, line, said, made=made, anew=anew)
    radio.steered_by = steered_by
    radio.note = await _ask(session, user_id, radio, line, said)
    return line


async def making(session: AsyncSession, user_id: UUID) -> int:
    """Return how many tracks are being made for a radio."""
    return len(await repository.asked(session, user_id))


async def _place_of(session: AsyncSession, user_id: UUID, seed: Seed) -> tuple[str | None, FloatArray | None]:
    """Return the space in which a seed lies, and where; the listener's taste where nobody knows it of the seed."""
    tracks: list[UUID] = []
    if seed.kind == "track" and seed.id is not None:
        tracks = [(await catalog.track(session, seed.id)).id]
    elif seed.kind == "playlist" and seed.id is not None:
        await playlists.seen(session, user_id, seed.id)
        tracks = await playlists.tracks_of(session, seed.id, limit=_PLAYLIST_TRACKS)
    standing = await taste.standing_of(session, user_id)
    for space, _ in await repository.spaces_of(session, tracks) if tracks else ():
        found = await embeddings.of(session, tracks, space=space)
        mean = np.mean([found[track] for track in tracks if track in found], axis=0)
        return space, np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)
    whole = None if standing is None else taste_vector(standing.facets)
    if standing is None or whole is None:
        return None, None
    return standing.taste.space, whole


async def _said(session: AsyncSession, user_id: UUID, line: Line, radio: Radio) -> dict[UUID, float]:
    """Return what is said of the tracks that came since a radio began and are past, and of what plays; oldest first."""
    heard = [*await repository.since(session, line.past, radio.began_at), *([line.current] if line.current else [])]
    opinions = await evidence.opinions(session, user_id, [item.track_id for item in heard])
    said: dict[UUID, float] = {}
    for item in heard:
        liked, _ = opinions.get(item.track_id, (None, None))
        weight = {None: {"skipped": SKIPPED, "played": PLAYED}.get(item.outcome or ""), True: LIKED, False: DISLIKED}
        told = weight[liked]
        said.pop(item.track_id, None)
        if told is not None:
            said[item.track_id] = told
    return said


async def _made(session: AsyncSession, user_id: UUID) -> list[UUID]:
    """Return the tracks that were made for the radio since it was looked at last; what failed is forgotten."""
    asked = await repository.asked(session, user_id)
    made: list[UUID] = []
    over: list[UUID] = []
    for one in (await generation.found(session, asked)).values():
        try:
            job = await jobs.get(session, user_id, one.job_id)
        except NotFound:
            over.append(one.id)
            continue
        if job.is_over:
            over.append(one.id)
            made += [one.track_id] if one.track_id is not None else []
    if over:
        await repository.forget_asked(session, user_id, over)
    return made


async def _filled(
    session: AsyncSession,
    user_id: UUID,
    radio: Radio,
    line: Line,
    said: dict[UUID, float],
    *,
    made: Collection[UUID],
    anew: bool,
) -> Line:
    """Return a line with enough ahead."""
    mine = [item for item in line.upcoming if item.added_by == "listener"]
    kept = [] if anew else [item for item in line.upcoming if item.added_by == "radio"]
    before = [*line.past[-2:], *([line.current] if line.current else []), *mine]
    wanted = AHEAD + (line.current is None) - len(mine) - len(kept)
    if wanted <= 0 and not anew:
        return line
    rows = [*line.past, *([line.current] if line.current else []), *mine, *kept]
    pool = _Pool(session, user_id, radio.space)
    vectors = await pool.vectors([*said])
    seed = None if radio.vector is None else np.asarray(radio.vector, dtype=np.float32)
    way = course(seed, said, vectors)
    there = [item.track_id for item in line.upcoming if item.added_by == "radio"]
    candidates = await pool.candidates(way, but=[item.track_id for item in rows], also=[*made, *there], wanted=wanted)
    around = await pool.known([item.track_id for item in (*before, *kept)])
    chosen = choose(way, candidates, wanted, before=around, bonus=dict.fromkeys(made, _MADE_FOR_IT))
    ids = [one.track_id for one in chosen]
    ids += _again(line, said, [*ids, *(item.track_id for item in (*mine, *kept))], wanted - len(ids))
    old = {item.track_id: item for item in line.upcoming if item.added_by == "radio"}
    return line.with_radio([*kept, *(old.get(track) or Item(new_id(), track, "radio") for track in ids)])


def _again(line: Line, said: dict[UUID, float], but: Sequence[UUID], wanted: int) -> list[UUID]:
    """Return what can be heard again where nothing else is there: what was heard longest ago, and was not left."""
    if wanted <= 0:
        return []
    heard = [item.track_id for item in line.past]
    oldest_first = list(dict.fromkeys(reversed(heard)))[::-1]
    there = {*but, *([line.current.track_id] if line.current else [])}
    return [track for track in oldest_first if track not in there and said.get(track, 0.0) >= 0][:wanted]


class _Pool:
    """What a radio can choose from."""

    def __init__(self, session: AsyncSession, user_id: UUID, space: str | None) -> None:
        self._session, self._user_id, self._space = session, user_id, space

    async def vectors(self, tracks: Sequence[UUID]) -> dict[UUID, FloatArray]:
        """Return where tracks lie."""
        if self._space is None or not tracks:
            return {}
        return await embeddings.of(self._session, tracks, space=self._space)

    async def known(self, tracks: Sequence[UUID]) -> list[Candidate]:
        """Return tracks as candidates, in their order, as far as the listener may see them."""
        listed = await catalog.listed(self._session, tracks)
        vectors = await self.vectors(tracks)
        return [
            Candidate(track, vectors.get(track), listed[track].artist, listed[track].made_here)
            for track in tracks
            if track in listed
        ]

    async def candidates(
        self, way: Course, *, but: Collection[UUID], also: Collection[UUID], wanted: int
    ) -> list[Candidate]:
        """Return what could come next: what there is audio of; where that is too little, what platforms play."""
        target = way.target if self._space is not None else None
        tracks = await repository.with_audio(self._session, target, space=self._space, but=but, limit=_LOOKED_AT)
        tracks = await self._liked_enough(dict.fromkeys([*(one for one in also if one not in but), *tracks]))
        if len(tracks) < wanted and target is not None and self._space is not None:
            nearest = await embeddings.nearest(
                self._session, target, space=self._space, limit=_LOOKED_AT, but=[*but, *tracks]
            )
            embeddable = await repository.embeddable(self._session, [track for track, _ in nearest], _KINDS)
            tracks += await self._liked_enough(embeddable)
        return await self.known(tracks)

    async def _liked_enough(self, tracks: Collection[UUID]) -> list[UUID]:
        opinions = await evidence.opinions(self._session, self._user_id, list(tracks))
        return [track for track in tracks if opinions.get(track, (None, None))[0] is not False]


async def _ask(session: AsyncSession, user_id: UUID, radio: Radio, line: Line, said: dict[UUID, float]) -> Note | None:
    """Have a track made ahead, if too few are; return why it cannot be."""
    if await repository.asked(session, user_id):
        return None
    # Where nothing else fills in, all that is ahead has to be made.
    ahead = await generation.of_tracks(session, [item.track_id for item in line.upcoming])
    fresh = sum(one.created_at >= radio.began_at for one in ahead.values())
    if fresh >= _MADE_AHEAD and len(line.upcoming) >= AHEAD:
        return None
    liked = [track for track, weight in said.items() if weight >= LIKED]
    if radio.seed_kind == "track" and radio.seed_id is not None:
        liked.insert(0, radio.seed_id)
    skipped = [track for track, weight in said.items() if weight <= SKIPPED]
    steer = Steer(tuple(liked[:1] + liked[1:][-_STEERING:]), tuple(skipped[-_STEERING:]))
    playlist = radio.seed_id if radio.seed_kind == "playlist" else None
    try:
        async with session.begin_nested():
            begun = await generation.begin(session, user_id, mode="radio", playlist_id=playlist, steer=steer)
    except QuotaReached:
        return "quota"
    except RateLimited:
        return "busy"
    except SegueError:  # the playlist is gone, say: the radio goes on with what there is
        return "unavailable"
    await repository.add_asked(session, user_id, begun.id)
    return None
