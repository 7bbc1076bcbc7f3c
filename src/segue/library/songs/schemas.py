"""What the route of a library's songs gives."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from segue.library.playlists.schemas import TrackInList


class SongView(BaseModel):
    """A song of your library."""

    track_id: UUID
    track: TrackInList | None = Field(description="Null: it is another's, and no longer public")
    kept: bool = Field(description="False: it is there only because of what you say of it")
    liked: bool | None = Field(description="False: you do not want to hear it")
    rating: int | None = Field(description="Stars, 1 to 5")
    play_count: int = Field(description="As a library elsewhere counted; `/history` has what was heard when")
    added_at: datetime
    last_played_at: datetime | None
