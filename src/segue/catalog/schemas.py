"""What the catalogue's routes take and give."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

TrackSource = Literal["uploaded", "generated", "mashup", "external"]
Visibility = Literal["private", "public"]


class UploadResult(BaseModel):
    """A song that was taken in, and the job that analyses it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "url": "http://127.0.0.1:8472/media/9f86d081884c7d65.../on-the-run.ogg?expires=1790000000&signature=...",
                "filename": "on-the-run.ogg",
                "size": 4127744,
                "track_id": "01a1fbbd-0420-719b-ab81-588080a44bc5",
                "job_id": "01a1fbbd-0421-7f3e-8f54-2a6f1d9e7b10",
            }
        }
    )

    url: str = Field(description="Where the file can be fetched, for a while")
    filename: str
    size: int = Field(description="Bytes")
    track_id: UUID
    job_id: UUID = Field(description="Watch it at /jobs/{job_id}/events")


class TrackSummary(BaseModel):
    """A track in a list."""

    id: UUID
    source: TrackSource
    title: str
    artist: str | None
    duration_s: float | None
    visibility: Visibility
    created_at: datetime


class Track(TrackSummary):
    """A track as its owner, or anyone if it is public, sees it."""

    url: str | None = Field(description="The audio, signed, for a while")
    probe: dict[str, Any] | None = Field(description="Container, codec, rate, channels of the file")
    analysis: dict[str, Any] | None = Field(description="What `segue analyze --json` prints; null until it is done")
