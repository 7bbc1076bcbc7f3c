"""What the routes of generation take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from segue.engines.generation import GenerationMode
from segue.kit.jobs import JobStatus


class SteerIn(BaseModel):
    """What was liked and skipped in the queue that a radio's next track is made for."""

    model_config = ConfigDict(extra="forbid")

    liked: Annotated[list[UUID], Field(max_length=200)] = []
    skipped: Annotated[list[UUID], Field(max_length=200)] = []


class GenerateRequest(BaseModel):
    """What to make."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"mode": "new", "duration": 180, "create_band": False}}
    )

    mode: GenerationMode = Field(
        description="extend: go on with source_id; similar: like it; new: by your taste; radio: by a playlist or queue"
    )
    source_id: UUID | None = Field(default=None, description="The track to extend or to resemble")
    playlist_id: UUID | None = Field(default=None, description="What a radio is about; absent: your taste")
    duration: float | None = Field(
        default=None,
        ge=10,
        le=3600,
        description="Seconds; in extend with the source's, and longer than it. Absent: 180, in extend two minutes more",
    )
    create_band: bool = Field(default=False, description="Whether a band is made up that plays it")
    band_id: UUID | None = Field(default=None, description="A band of yours that plays it")
    seed: int | None = Field(
        default=None, ge=0, lt=2**53, description="The same request with the same seed gives the same track"
    )
    steer: SteerIn | None = Field(default=None, description="In a radio: what bends it")


class QuotaOut(BaseModel):
    """How many tracks are made for you a day."""

    tier: Literal["free", "premium"]
    limit: int | None = Field(description="Tracks a day; null: as many as you like")
    used: int = Field(description="Of today; what failed before anything could be heard is not counted")
    left: int | None
    resets_at: datetime = Field(description="Your midnight")
    time_zone: str = Field(examples=["Europe/Berlin"])


class GenerationStarted(BaseModel):
    """The job that makes the track."""

    job_id: UUID = Field(description="Poll it at /generate/{job_id}, or watch /jobs/{job_id}/events")
    generation_id: UUID
    seed: int
    quota: QuotaOut


class GenerationOut(BaseModel):
    """How far a track is, and what came of it."""

    job_id: UUID
    generation_id: UUID
    mode: GenerationMode
    status: JobStatus
    progress: int = Field(ge=0, le=100)
    stage: str | None
    error_message: str | None
    title: str | None
    seed: int
    explanation: str | None = Field(description="Why it became what it is; there before the sound is")
    beginning_url: str | None = Field(description="MP3 of the first seconds, long before the rest is done; signed")
    url: str | None = Field(description="FLAC, signed, for a while; there before `status` is `complete`")
    track_id: UUID | None
    band_id: UUID | None
    midi_url: str | None
    project_url: str | None
    stems: dict[str, str] = Field(description="Addresses of its true stems, by their names")
    created_at: datetime
    completed_at: datetime | None
