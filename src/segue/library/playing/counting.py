"""Which plays count, and that each does once: whatever player tells of it, and however often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.catalog.playback import service as playback
from segue.catalog.playback.service import Length
from segue.insights import service as insights
from segue.kit.clock import now
from segue.library import repository
from segue.library.importing.digest import PLAY_MS

#: What becomes of a play: it is kept as one, or as a skip; it is too short yet to be either; it is in private; or its
#: track is none that the listener may see.
Outcome = Literal["counted", "skipped", "noted", "private", "not found"]

#: Clocks differ so much; whoever tells of a play that begins later is mistaken.
_CLOCKS: Final = timedelta(minutes=5)
#: How late a report may seem to be told.
_SLACK: Final = timedelta(seconds=10)
#: What began so lately may be playing still.
_LATELY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Play:
    """A play as a player tells of it: by its track and its beginning it is told from others.

    Attributes
    ----------
    played_ms
        How much has been heard so far; None where the player does not say: then it has played.
    over
        Whether it is over, and was left if it is short; what goes on may still become a play.
    """

    track_id: UUID
    started_at: datetime
    played_ms: int | None = None
    over: bool = True


def counts_from_ms(duration_ms: int | None) -> int:
    """Return after how many milliseconds a play counts: thirty seconds, or half of what is shorter than a minute."""
    return PLAY_MS if duration_ms is None else min(PLAY_MS, duration_ms // 2)


async def count(
    session: AsyncSession, user_id: UUID, plays: Sequence[Play], *, source: str, here: bool = True
) -> list[Outcome]:
    """Keep plays as listens where they count, and as skips where they were left before; return what became of each.

    The same play again, told with more of it heard, is the same listen; what several players tell of is kept once. In
    a private session nothing is kept.

    Parameters
    ----------
    source
        The player, or the service, that tells.
    here
        Whether it plays from Segue; what was heard elsewhere is nobody's first play.
    """
    private = await accounts.private_times(session, user_id)
    lengths = await playback.lengths_of(session, {play.track_id for play in plays})
    outcomes: list[Outcome] = [
        "not found"
        if play.track_id not in lengths
        else "private"
        if private.hide(play.started_at)
        else _outcome(play, lengths[play.track_id].duration_ms)
        for play in plays
    ]
    kept = [(play, outcome) for play, outcome in zip(plays, outcomes, strict=True) if outcome in ("counted", "skipped")]
    rows: dict[tuple[UUID, datetime], str] = {}
    for play, outcome in sorted(kept, key=lambda one: (one[1] == "counted", one[0].played_ms or 0)):
        played = "\\N" if play.played_ms is None else str(_bounded_ms(play))
        skipped = "t" if outcome == "skipped" else "f"
        line = f"{play.track_id}\t{play.started_at.isoformat()}\t{played}\t{skipped}\t{source}\n"
        rows[play.track_id, play.started_at] = line
    if rows:
        await repository.tell_listens(session, "".join(rows.values()).encode(), user_id=user_id)
    await _record(session, user_id, plays, outcomes, lengths, here=here)
    return outcomes


async def begin(
    session: AsyncSession, user_id: UUID, track_id: UUID, *, started_at: datetime | None = None, here: bool = True
) -> bool:
    """Note that a track begins to play, which the user may see; tell whether that was noted: in private it is not.

    Parameters
    ----------
    here
        As in `count`.
    """
    moment = now()
    started_at = moment if started_at is None else min(started_at, moment)
    if (await accounts.private_times(session, user_id)).hide(started_at):
        return False
    lengths = await playback.lengths_of(session, {track_id})
    if track_id not in lengths:
        return False
    if moment - started_at < _LATELY:
        await repository.set_playing_now(session, user_id, track_id)
    if here:
        await insights.played(session, user_id, at=started_at, made_here=lengths[track_id].made_here)
    else:
        await insights.active(session, user_id, at=started_at)
    return True


def is_mistaken(started_at: datetime) -> bool:
    """Tell whether a play is told to begin after it was told of."""
    return started_at > now() + _CLOCKS


def _outcome(play: Play, duration_ms: int | None) -> Outcome:
    if play.played_ms is None or _bounded_ms(play) >= counts_from_ms(duration_ms):
        return "counted"
    return "skipped" if play.over else "noted"


def _bounded_ms(play: Play) -> int:
    """Return how much of a play was heard, at most as much as there was time for: whoever seeks hears no more."""
    elapsed = now() - play.started_at + _SLACK
    return max(0, min(play.played_ms or 0, round(elapsed / timedelta(milliseconds=1)), 2**31 - 1))


async def _record(
    session: AsyncSession,
    user_id: UUID,
    plays: Sequence[Play],
    outcomes: Sequence[Outcome],
    lengths: Mapping[UUID, Length],
    *,
    here: bool,
) -> None:
    """Record each day, and the earliest play of each kind: those are the ones that may be somebody's first."""
    counted = [play for play, outcome in zip(plays, outcomes, strict=True) if outcome == "counted"]
    days = {play.started_at.date(): play.started_at for play in counted}
    for moment in days.values():
        await insights.active(session, user_id, at=moment)
    for made_here in (False, True) if here else ():
        times = [play.started_at for play in counted if lengths[play.track_id].made_here == made_here]
        if times:
            await insights.played(session, user_id, at=min(times), made_here=made_here)
