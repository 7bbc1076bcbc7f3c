"""Which songs the rows of a screenshot are: of what each may say, what the catalogue knows best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs import service as songs
from segue.catalog.songs.service import ACCEPTED, Proposal, SongRef, Written
from segue.kit.processes import Progress, no_progress
from segue.library.formats.building import song_of
from segue.library.screenshots.entries import Entry, Order, Reading

#: So many are looked up together: each may be searched for, and a job that says nothing for long is stopped.
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Meant:
    """What a row is taken to say, and the songs that it may be, the likeliest first."""

    ref: SongRef
    proposals: Sequence[Proposal]

    @property
    def track_id(self) -> UUID | None:
        """The song that it is taken for."""
        return self.proposals[0].song.track_id if self.score is not None else None

    @property
    def score(self) -> float | None:
        """How probable that is; none where no song is probable enough."""
        best = self.proposals[0].score if self.proposals else 0.0
        return best if best >= ACCEPTED else None


async def meant_by(session: AsyncSession, entries: Sequence[Entry], progress: Progress = no_progress) -> list[Meant]:
    """Return what each row is taken to say.

    Whether titles or artists come first is the same in all rows of a list: where the layout leaves it open, that is
    taken with which the catalogue knows more of them. A letter that may be a badge goes where it knows the rest.
    """
    asked = [[(reading, _written(entry, reading)) for reading in entry.readings] for entry in entries]
    asked = [[(reading, written) for reading, written in row if written.ref.title] for row in asked]
    flat = [written for row in asked for _, written in row]
    answers = iter(await _proposed(session, flat, lambda done: progress(0.5 * done), search_too=False))
    known = [[(reading, written, next(answers)) for reading, written in row] for row in asked]
    order = _order(known)
    chosen = [_choice(row, order) for row in known]
    unsure = [number for number, (_, proposals) in enumerate(chosen) if not _is_known(proposals)]
    sought = [chosen[number][0] for number in unsure]
    found = await _proposed(session, sought, lambda done: progress(0.5 + 0.5 * done), search_too=True)
    for number, proposals in zip(unsure, found, strict=True):
        chosen[number] = (chosen[number][0], proposals)
    return [Meant(written.ref, proposals) for written, proposals in chosen]


async def meant_by_ref(session: AsyncSession, ref: SongRef) -> Meant:
    """Return which songs may be the one that somebody wrote."""
    (proposals,) = await songs.propose(session, [Written(ref)])
    return Meant(ref, proposals)


async def _proposed(
    session: AsyncSession, written: Sequence[Written], progress: Progress, *, search_too: bool
) -> list[list[Proposal]]:
    proposals: list[list[Proposal]] = []
    for start in range(0, len(written), _AT_ONCE):
        proposals += await songs.propose(session, written[start : start + _AT_ONCE], search_too=search_too)
        progress(len(proposals) / len(written))
    return proposals


_Known = Sequence[tuple[Reading, Written, Sequence[Proposal]]]


def _written(entry: Entry, reading: Reading) -> Written:
    ref = song_of(title=reading.title, artist=reading.artist, album=reading.album or "", duration_ms=entry.duration_ms)
    return Written(ref or SongRef(title=""), reading.title_is_cut)


def _is_known(proposals: Sequence[Proposal]) -> bool:
    return bool(proposals) and proposals[0].score >= ACCEPTED


def _order(known: Sequence[_Known]) -> Order:
    """Return whether titles come first: what most rows' layout says, unless the catalogue knows more the other way."""
    usual = sum(1 if row[0][0].order == "title first" else -1 for row in known if row)
    orders: tuple[Order, Order] = ("title first", "artist first")
    if usual < 0:
        orders = ("artist first", "title first")
    likely, other = (
        sum(max((p[0].score for r, _, p in row if r.order == order and _is_known(p)), default=0.0) for row in known)
        for order in orders
    )
    return orders[1] if other > likely else orders[0]


def _choice(row: _Known, order: Order) -> tuple[Written, Sequence[Proposal]]:
    """Return of a row's readings in an order the one that is known best, or else the first."""
    fitting = [(written, proposals) for reading, written, proposals in row if reading.order == order]
    fitting = fitting or [(written, proposals) for _, written, proposals in row]
    known = [one for one in fitting if _is_known(one[1])]
    return max(known, key=lambda one: one[1][0].score) if known else fitting[0]
