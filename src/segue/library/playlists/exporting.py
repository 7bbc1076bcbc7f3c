"""What a user takes with them of playlists beside the lists themselves: edits, covers, sharing, what they said."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.exporting import named_rows_part
from segue.kit.exporting import Part, StoredFile, Text, rows_part
from segue.library.playlists.tables import (
    PlaylistChange,
    PlaylistCollaborator,
    PlaylistComment,
    PlaylistHead,
    PlaylistInvitation,
    PlaylistRevision,
)
from segue.library.tables import Playlist


def _of_own(column: Any) -> Callable[[UUID], ColumnElement[bool]]:
    def condition(user_id: UUID) -> ColumnElement[bool]:
        of_own: ColumnElement[bool] = column.in_(select(Playlist.id).where(Playlist.user_id == user_id))
        return of_own

    return condition


def _of_either(user_id: UUID) -> ColumnElement[bool]:
    return (PlaylistCollaborator.user_id == user_id) | (PlaylistCollaborator.owner_id == user_id)


async def _covers(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text | StoredFile]:
    """Give the covers that were uploaded; others are drawn from what is in the lists."""
    query = select(Playlist.id, Playlist.cover_sha256).where(Playlist.user_id == user_id)
    for playlist_id, sha256 in (await session.execute(query)).all():
        if sha256 is not None:
            # Beside the audio, whose sizes tell how far the packing is, a picture is nothing.
            yield StoredFile(f"library/covers/{playlist_id}.jpg", sha256, 0)


PARTS: tuple[Part, ...] = (
    Part(("playlists",), _covers),
    rows_part(PlaylistHead, "library/playlist-versions.jsonl", of=_of_own(PlaylistHead.playlist_id)),
    rows_part(PlaylistRevision, "library/playlist-edits.jsonl", of=_of_own(PlaylistRevision.playlist_id)),
    named_rows_part(PlaylistChange, "library/playlist-changes.jsonl", of=_of_own(PlaylistChange.playlist_id)),
    rows_part(PlaylistCollaborator, "library/playlist-collaborators.jsonl", of=_of_either),
    rows_part(
        PlaylistInvitation,
        "library/playlist-invitations.jsonl",
        of=lambda user_id: PlaylistInvitation.owner_id == user_id,
        leave_out=("token_hash",),
    ),
    rows_part(PlaylistComment, "library/playlist-comments.jsonl"),
)
