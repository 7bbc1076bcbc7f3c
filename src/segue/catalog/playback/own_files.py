"""Whether a listener has a file of their own of a song that Segue knows by name only."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.playback import repository
from segue.catalog.songs.matching import ACCEPTED, facts_of, score
from segue.catalog.songs.refs import SongRef
from segue.catalog.tables import SourceTrack

#: Uploads whose titles are most alike are looked at.
_CANDIDATES: Final = 20


async def own_file(session: AsyncSession, user_id: UUID, song: SongRef) -> SourceTrack | None:
    """Return the upload of a user's that is the same song by its title, artist and length, if they have one."""
    wanted = facts_of(song)
    candidates = await repository.uploads_like(session, user_id, song.title, limit=_CANDIDATES)
    scored = [(score(wanted, facts_of(_named(track))), track) for track in candidates]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= ACCEPTED else None


def _named(track: SourceTrack) -> SongRef:
    duration_ms = track.asset and round(1000 * track.asset.probe["duration_s"])
    return SongRef(title=track.title, artist=track.artist or "", duration_ms=duration_ms or None)
