"""What a listener says of songs: likes, ratings and "sounds like me", from whatever domain keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.library.evidence import service as library
from segue.taste import repository
from segue.taste.weighing import Evidence, weigh


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a listener says of a song; None where they say nothing."""

    liked: bool | None = None
    rating: int | None = None
    sounds_like_me: int | None = None

    def weight(self) -> float:
        """Return it as a weight, -3 to 3; 0 where nothing is said."""
        said = Evidence(liked=self.liked, rating=self.rating, sounds_like_me=self.sounds_like_me)
        return float(weigh([said], now())[0])


async def opinions_of(session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID]) -> dict[UUID, Opinion]:
    """Return what a user says of each of these tracks."""
    told = await library.opinions(session, user_id, track_ids)
    stars = await repository.feedback(session, user_id, track_ids)
    return {track: Opinion(*told.get(track, (None, None)), stars.get(track)) for track in track_ids}
