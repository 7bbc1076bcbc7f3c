"""All SQL of the songs of a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.tables import SourceTrack
from segue.library.moments import Pages
from segue.library.tables import LibrarySong


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which songs are meant.

    Attributes
    ----------
    words
        Each is in the title, or in the artist's name.
    """

    kept: bool | None = None
    liked: bool | None = None
    rated_from: int | None = None
    words: tuple[str, ...] = ()


async def songs_of(session: AsyncSession, user_id: UUID, wanted: Wanted, pages: Pages) -> Sequence[LibrarySong]:
    """Return a page of a user's songs, the last added first, and one more if there is another page."""
    query = select(LibrarySong).where(LibrarySong.user_id == user_id)
    if wanted.kept is not None:
        query = query.where(LibrarySong.kept.is_(wanted.kept))
    if wanted.liked is not None:
        query = query.where(LibrarySong.liked.is_(wanted.liked))
    if wanted.rated_from is not None:
        query = query.where(LibrarySong.rating >= wanted.rated_from)
    if wanted.words:
        query = query.join(SourceTrack, SourceTrack.id == LibrarySong.track_id)
    for word in wanted.words:
        title, artist = SourceTrack.title, SourceTrack.artist
        query = query.where(or_(title.icontains(word, autoescape=True), artist.icontains(word, autoescape=True)))
    found = await session.scalars(pages.of(query, LibrarySong.added_at, LibrarySong.track_id))
    return found.all()
