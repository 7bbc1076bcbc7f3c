"""What the routes of histories take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from segue.library.history.service import Which
from segue.library.playlists.schemas import TrackInList


class Period(BaseModel):
    """From when until when."""

    since: AwareDatetime | None = Field(default=None, description="From then on")
    until: AwareDatetime | None = Field(default=None, description="Until before then")
    source: str | None = Field(default=None, max_length=100, description="The format or service that told it")

    def which(self, track_id: UUID | None = None, skipped: bool | None = None) -> Which:
        """Return the listens that are meant."""
        return Which(self.since, self.until, self.source, track_id, skipped)


class ListenView(BaseModel):
    """That you heard a track."""

    track_id: UUID
    track: TrackInList | None = Field(description="Null: it is another's, and no longer public")
    listened_at: datetime
    played_s: float | None
    skipped: bool
    source: str


class TopTrack(BaseModel):
    """A track, and how often you heard it."""

    track_id: UUID
    track: TrackInList | None
    plays: int
    played_s: float = Field(description="Of those plays of which it is known")
    last_at: datetime


class TopArtist(BaseModel):
    """An artist, and how often you heard them."""

    artist: str
    plays: int
    tracks: int
    played_s: float = Field(description="Of those plays of which it is known")
    last_at: datetime


class TopTracks(BaseModel):
    """Tracks, the one that you heard most first."""

    items: list[TopTrack]


class TopArtists(BaseModel):
    """Artists, the one whom you heard most first."""

    items: list[TopArtist]
