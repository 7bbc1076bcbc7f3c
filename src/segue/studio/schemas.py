"""What the studio's routes take and give."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.audio.mashup.types import TransitionStyle, Vibe
from segue.kit.jobs import JobStatus
from segue.kit.text import Storable


class MashupRequest(BaseModel):
    """What to make a mashup of: two tracks, or two to eight stems of one's own choice."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "tracks": ["01a1fbbd-0420-719b-ab81-588080a44bc5", "01a1fbbd-0777-7a52-a2d3-7e1f53b8c9aa"],
                "vibe": "balanced",
                "intensity": 0.5,
                "transition_style": "smooth",
            }
        },
    )

    tracks: Annotated[list[UUID], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="The vocals of the first are laid over the accompaniment of the second"
    )
    stems: Annotated[list[UUID], Field(min_length=2, max_length=8)] | None = Field(
        default=None, description="Stems of at least two tracks; the track with drums, or else the last, leads the beat"
    )
    vibe: Vibe = "balanced"
    intensity: float = Field(default=0.5, ge=0, le=1)
    transition_style: TransitionStyle = "smooth"

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.tracks is None) == (self.stems is None):
            raise ValueError("send either `tracks` or `stems`")
        chosen = self.tracks or self.stems or []
        if len(set(chosen)) < len(chosen):
            raise ValueError("name each track or stem once")
        return self


class MashupStarted(BaseModel):
    """The job that makes the mashup."""

    jobId: UUID = Field(description="Poll it at /mashup/ai/{jobId}, or watch /jobs/{jobId}/events")  # noqa: N815


class MashupOut(BaseModel):
    """A mashup that was made: what was done, and why."""

    id: UUID
    track_id: UUID
    title: str
    url: str = Field(description="MP3, signed, for a while")
    compatibility: float
    report: dict[str, Any] = Field(description="What `segue mashup --json` prints")
    published_at: datetime | None
    created_at: datetime


class MashupProgress(BaseModel):
    """How far a mashup is."""

    jobId: UUID  # noqa: N815
    status: JobStatus
    progress: int = Field(ge=0, le=100)
    stage: str | None
    error_message: str | None
    mashup: MashupOut | None = Field(description="There once `status` is `complete`")


class PublishRequest(BaseModel):
    """How a mashup is published."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "On the run to Code Monkey"}})

    title: Annotated[str, Field(min_length=1, max_length=300), Storable] | None = Field(
        default=None, description="Absent: it keeps its title"
    )


class PublishedMashup(BaseModel):
    """A mashup as everyone sees it."""

    id: UUID
    track_id: UUID
    title: str
    tempo_bpm: float
    key: dict[str, Any]
    duration_s: float
    sources: list[str] = Field(description="The songs that it is made of")
    peaks: list[float] = Field(description="Its waveform, for drawing, 0 to 1")
    published_at: datetime


class CreatorPage(BaseModel):
    """A creator's public page."""

    handle: str
    display_name: str
    bio: str | None
    mashups: list[PublishedMashup]
    next_cursor: str | None
