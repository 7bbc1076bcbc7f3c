"""What is in a playlist, as a file tells it to others."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs.telling import refs_of
from segue.kit.runtime import Runtime
from segue.library.playlists import repository
from segue.library.playlists.writing import Song


async def songs_of(session: AsyncSession, runtime: Runtime, playlist_id: UUID) -> list[Song]:
    """Return a list's songs in their order; those that the session's user may not see are left out."""
    _, entries = await repository.entries_of(session, playlist_id)
    refs = await refs_of(session, {entry.track_id for entry in entries})
    return [
        Song(refs[entry.track_id], f"{runtime.settings.base_url}/listen/{entry.track_id}", entry.added_at)
        for entry in entries
        if entry.track_id in refs
    ]
