"""What taste's routes take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Like(BaseModel):
    """What you say of a song."""

    liked: bool | None = Field(default=True, description="True: like it; false: dislike it; null: take it back")


class Stars(BaseModel):
    """How you rate a song."""

    rating: int | None = Field(ge=1, le=5, description="Stars, 1 to 5; null: take it back", examples=[4])


class SoundsLikeMe(BaseModel):
    """How much a song sounds like you."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"track_id": "01a1ff10-0664-763c-80bf-c013439a3095", "sounds_like_me": 5}}
    )

    track_id: UUID
    sounds_like_me: int = Field(ge=1, le=5, description="1: not at all; 3: neither; 5: very much")


class TasteMoved(BaseModel):
    """How your taste has moved."""

    track_id: UUID
    said: float = Field(description="All that you say of this song together, -3 to 3")
    before: float | None = Field(description="How near the song was to your taste, -1 to 1; null: not known")
    after: float | None = Field(description="How near it is now")
    job_id: UUID | None = Field(
        default=None, description="A job that finds it anew, if there is one: watch /jobs/{job_id}/events"
    )


class Forgotten(BaseModel):
    """What was forgotten of what you heard."""

    listens: int
    job_id: UUID | None = Field(description="A job that finds your taste anew, if there is one")


class TempoRange(BaseModel):
    """Tempi, in beats a minute."""

    model_config = ConfigDict(extra="forbid")

    min_bpm: int = Field(ge=30, le=300)
    max_bpm: int = Field(ge=30, le=300)

    @model_validator(mode="after")
    def _ordered(self) -> "TempoRange":
        if self.min_bpm > self.max_bpm:
            raise ValueError("min_bpm is above max_bpm")
        return self


Language = Annotated[str, Field(pattern="^[a-z]{2,3}$", description="ISO 639: en, ja, yue")]
Decade = Annotated[int, Field(ge=1900, le=2090, multiple_of=10)]


class PreferencesUpdate(BaseModel):
    """What you prefer: send what you want to say; null takes back what you said; the rest stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"energy": "calm", "tempo_range": {"min_bpm": 70, "max_bpm": 110}, "eras": None}},
    )

    bass_level: Literal["light", "balanced", "heavy"] | None = None
    tempo_range: TempoRange | None = None
    explicit_lyrics: bool | None = Field(default=None, description="Whether explicit lyrics are welcome")
    energy: Literal["calm", "balanced", "energetic"] | None = None
    vocals: Literal["vocal", "both", "instrumental"] | None = None
    languages: list[Language] | None = Field(default=None, max_length=20)
    eras: list[Decade] | None = Field(default=None, max_length=20, description="Decades: 1990")


class PreferenceView(BaseModel):
    """A preference as it counts."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    value: Any = Field(description="Null where nothing is known")
    source: Literal["said", "inferred"] | None = Field(description="What was said counts more than what was inferred")
    evidence: str
    inferred: Any = Field(description="What your songs tell, whatever you said")


class Preferences(BaseModel):
    """All preferences as they count."""

    items: list[PreferenceView]


class Example(BaseModel):
    """A song of a facet."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    artist: str | None


class FacetView(BaseModel):
    """One kind of music that you like."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    share: float = Field(description="Of your taste, 0 to 1")
    tags: list[str]
    artists: list[str]
    songs: int
    examples: list[Example]
    tempo: float | None = Field(description="Of its middle song, in beats a minute; null where not known")
    year: float | None
    energy: float | None = Field(description="0 to 1")


class HistogramView(BaseModel):
    """How your songs are spread over a measure."""

    edges: list[float]
    shares: list[float]
    low: float | None = Field(description="A tenth lies below")
    middle: float | None
    high: float | None = Field(description="A tenth lies above")
    songs: int = Field(description="Of how many songs the measure is known")


class TasteView(BaseModel):
    """Your taste."""

    state: Literal["empty", "fresh", "stale", "building"]
    words: list[str]
    facets: list[FacetView]
    tempo: HistogramView | None
    eras: HistogramView | None
    energy: HistogramView | None
    songs: int = Field(description="Songs that speak for it")
    against: int = Field(description="Songs that say what it is not")
    moved: int = Field(description="By how many songs you have moved it since it was found")
    preferences: list[PreferenceView]
    read_at: datetime | None = Field(description="When your library was last read as a whole")
    job_id: UUID | None = Field(description="The job that finds it anew, if any does: watch /jobs/{job_id}/events")
