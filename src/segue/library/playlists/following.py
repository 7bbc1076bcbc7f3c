"""Lists that come from elsewhere: they follow their source, and what was done to them here stays.

A list that nobody has changed here is kept as its source has it. In one that somebody has, what is new at the source
comes in behind what it follows there, and what the source has no longer goes, unless it was added here. What was taken
out here stays out, the order stays, and so does the name.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.library.playlists import editing, repository, revisions_repository
from segue.library.playlists.editing import Held, New
from segue.library.playlists.ordering import matched
from segue.library.playlists.repository import Placed


@dataclass(frozen=True, slots=True)
class Told:
    """A list as its source has it now: its tracks, each with when it was added if that is known."""

    source: str
    name: str
    entries: Sequence[tuple[UUID, datetime | None]]

    @property
    def tracks(self) -> list[UUID]:
        """The tracks, in their order."""
        return [track for track, _ in self.entries]


async def follow(session: AsyncSession, told: Told, *, user_id: UUID, import_id: UUID, by_hand: bool) -> None:
    """Keep a list as its source tells it: made if it is new.

    Parameters
    ----------
    by_hand
        Whether its owner has brought it themselves: then it comes back if it was deleted; else it stays deleted.
    """
    playlist = await repository.ensure_from_source(
        session, user_id=user_id, import_id=import_id, source=told.source, name=told.name
    )
    held = await editing.hold(session, playlist, None)
    if playlist.deleted_at is not None and not by_hand:
        return
    came_back = playlist.deleted_at is not None
    if came_back:
        playlist.deleted_at = None
        playlist.import_id = import_id
    base = None if came_back else await repository.source_tracks(session, playlist.id)
    if held.entries and base is not None and [entry.track_id for entry in held.entries] != base:
        target = merged(held.entries, base, told.entries)
    else:
        target = _as_told(held, told)
    recorded = await revisions_repository.any_of(session, playlist.id)
    await editing.rewrite(session, held, "source", target, recorded=recorded)
    await repository.set_source_tracks(session, playlist.id, told.tracks)


def merged(
    here: Sequence[Placed], base: Sequence[UUID], told: Sequence[tuple[UUID, datetime | None]]
) -> list[Placed | New]:
    """Return a list that was changed here with what has changed at its source.

    Parameters
    ----------
    here
        Its entries.
    base
        Its tracks, as its source told them before.
    told
        As it tells them now.
    """
    gone = Counter(base) - Counter(track for track, _ in told)
    kept: list[Placed | New] = []
    for entry in reversed(here):
        if not entry.by_hand and gone[entry.track_id] > 0:
            gone[entry.track_id] -= 1
        else:
            kept.append(entry)
    kept.reverse()
    known = Counter(base)
    # What is here in more copies than the source had was added here: the source has it now, too.
    by_hand = Counter(entry.track_id for entry in here) - known
    anchor: UUID | None = None
    for track, added_at in told:
        if known[track] > 0:
            known[track] -= 1
        elif by_hand[track] > 0:
            by_hand[track] -= 1
        else:
            kept.insert(_behind(kept, anchor, at_the_top=anchor is None), New(track, None, added_at))
        anchor = track
    return kept


def _behind(entries: Sequence[Placed | New], anchor: UUID | None, *, at_the_top: bool) -> int:
    """Return where something comes that follows a track at the source; at the end, where that is not here."""
    if at_the_top:
        return 0
    return next((place for place in range(len(entries), 0, -1) if entries[place - 1].track_id == anchor), len(entries))


def _as_told(held: Held, told: Told) -> list[Placed | New]:
    had = matched(((entry.track_id, entry) for entry in held.entries), told.tracks)
    pairs = zip(had, told.entries, strict=True)
    return [entry or New(track, None, added_at) for entry, (track, added_at) in pairs]
