"""What the routes of songs give."""

from uuid import UUID

from pydantic import BaseModel, Field


class SongSuggestion(BaseModel):
    """A song that may be meant."""

    track_id: UUID = Field(description="Show it at /tracks/{track_id}")
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float | None
    popularity: float = Field(ge=0, le=100, description="As far as is known; 0 for what nobody has told")


class SongSuggestions(BaseModel):
    """What was found for what was typed so far."""

    items: list[SongSuggestion] = Field(description="The likeliest first")
