"""How a playlist is changed: by whoever holds it, from what it is to what it shall be, so that it can be taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.errors import Conflict, Forbidden
from segue.kit.ids import new_id
from segue.library.playlists import repository, revisions_repository
from segue.library.playlists.ordering import placed
from segue.library.playlists.repository import Placed
from segue.library.playlists.tables import PlaylistHead
from segue.library.tables import Playlist

Kind = Literal["add", "remove", "move", "replace", "describe", "delete", "source"]

#: So many edits of a list can be taken back, unless they are of very many entries.
MOST_REVISIONS: Final = 100
_MOST_CHANGES: Final = 50_000
#: A list has no more.
MOST_ENTRIES: Final = 10_000
_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class PlaylistChanged(Conflict):
    """Somebody else has changed the list since it was read."""

    type = "playlist-changed"
    title = "The list has changed meanwhile"


@dataclass(frozen=True, slots=True)
class New:
    """A track that is to come into a list."""

    track_id: UUID
    added_by: UUID | None
    added_at: datetime | None = field(default_factory=now)
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Held:
    """A playlist that nobody else edits until the transaction ends.

    Attributes
    ----------
    entries
        In their order; none where they were not asked for.
    user_id
        Who edits it; None: its source does.
    """

    playlist: Playlist
    head: PlaylistHead
    entries: list[Placed]
    user_id: UUID | None


async def hold(
    session: AsyncSession,
    playlist: Playlist,
    user_id: UUID | None,
    *,
    seen: int | None = None,
    with_entries: bool = True,
) -> Held:
    """Take hold of a list that the user may edit, as it is now.

    Parameters
    ----------
    seen
        The version that they have seen, if they say so.

    Raises
    ------
    PlaylistChanged
        It is another one by now: nothing is done to it.
    """
    head = await repository.hold(session, playlist.id)
    if seen is not None and head.version != seen:
        raise PlaylistChanged(
            "Somebody has changed this list since you read it: read it again, and say again what you want.",
            version=head.version,
        )
    entries = await repository.placed_entries(session, playlist.id) if with_entries else []
    return Held(playlist, head, entries, user_id)


async def rewrite(
    session: AsyncSession, held: Held, kind: Kind, target: Sequence[Placed | New], *, recorded: bool = True
) -> bool:
    """Make a list consist of these entries in this order; tell whether it was another before.

    Parameters
    ----------
    recorded
        Whether it can be taken back.

    Raises
    ------
    Conflict
        That is too many.
    """
    if len(target) > max(MOST_ENTRIES, len(held.entries)) and kind != "source":
        raise Conflict(f"A list has {MOST_ENTRIES} entries at most: make another one.")
    positions = placed([one.position if isinstance(one, Placed) else None for one in target])
    put = list(zip(target, positions, strict=True))
    new = [(one, position) for one, position in put if isinstance(one, New)]
    moved = [(one, position) for one, position in put if isinstance(one, Placed) and one.position != position]
    stay = {one.id for one in target}
    gone = [one for one in held.entries if one.id not in stay]
    if not (new or moved or gone):
        return False
    rows = [_row(one, position) for one, position in new]
    to = {one.id: position for one, position in moved}
    if recorded:
        await record(session, held, kind, put={**to, **dict.fromkeys((one.id for one in gone), None)}, new=rows)
    else:
        _renew(held.head, held.head.revision)
    await repository.delete_entries(session, held.playlist.id, [one.id for one in gone])
    await repository.set_positions(session, held.playlist.id, to)
    await repository.add_entries(session, held.playlist.id, rows)
    return True


async def record(
    session: AsyncSession,
    held: Held,
    kind: Kind,
    *,
    put: Mapping[UUID, int | None] = _NOTHING,
    new: Sequence[dict[str, Any]] = (),
    texts: Mapping[str, str] = _NOTHING,
) -> None:
    """Keep an edit as the newest revision, before it is done; what had been taken back cannot be done again after it.

    Parameters
    ----------
    put, new
        As `revisions_repository.add` wants them.
    texts
        Names and descriptions before and after, by the revision's columns.
    """
    playlist_id, number = held.playlist.id, held.head.revision + 1
    await revisions_repository.drop_above(session, playlist_id, held.head.revision)
    revision = {
        "playlist_id": playlist_id,
        "number": number,
        "kind": kind,
        "made_by": held.user_id,
        "made_at": now(),
        "size": len(put) + len(new),
    }
    await revisions_repository.add(session, {**revision, **texts}, put=put, new=new)
    await revisions_repository.drop_old(session, playlist_id, most=MOST_REVISIONS, most_changes=_MOST_CHANGES)
    _renew(held.head, number)


async def undo(session: AsyncSession, held: Held) -> Kind:
    """Take back the last edit, whoever made it; return what it was.

    Raises
    ------
    Conflict
        There is none that is remembered.
    """
    return await _step(session, held, held.head.revision, side="before")


async def redo(session: AsyncSession, held: Held) -> Kind:
    """Do again the edit that was taken back last; return what it is.

    Raises
    ------
    Conflict
        There is none.
    """
    return await _step(session, held, held.head.revision + 1, side="after")


async def _step(session: AsyncSession, held: Held, number: int, *, side: Literal["before", "after"]) -> Kind:
    revision = await revisions_repository.revision(session, held.playlist.id, number)
    if revision is None:
        raise Conflict("There is nothing to take back." if side == "before" else "There is nothing to do again.")
    if revision.kind == "describe" and held.user_id != held.playlist.user_id:
        raise Forbidden("What the list is called and said to be is its owner's: only they may take that back.")
    await revisions_repository.apply(session, held.playlist.id, number, side=side)
    name = revision.name_before if side == "before" else revision.name_after
    description = revision.description_before if side == "before" else revision.description_after
    if name is not None:
        held.playlist.name = name
    if description is not None:
        held.playlist.description = description
    _renew(held.head, number - 1 if side == "before" else number)
    kind: Kind = revision.kind  # type: ignore[assignment]
    return kind


def _renew(head: PlaylistHead, revision: int) -> None:
    head.version += 1
    head.revision = revision
    head.edited_at = now()


def _row(new: New, position: int) -> dict[str, Any]:
    return {
        "id": new.id,
        "position": position,
        "track_id": new.track_id,
        "added_at": new.added_at,
        "added_by": new.added_by,
    }
