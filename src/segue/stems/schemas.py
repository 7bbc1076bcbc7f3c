"""What the stems' routes take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from segue.engines.separation import StemName


class SeparationRequest(BaseModel):
    """Which track to part into stems."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"track_id": "01a1fbbd-0420-719b-ab81-588080a44bc5"}}
    )

    track_id: UUID


class SeparationStarted(BaseModel):
    """The job that separates."""

    job_id: UUID = Field(description="Watch it at /jobs/{job_id}/events; the stems are then at /tracks/{id}/stems")


class StemOut(BaseModel):
    """One part of a track."""

    id: UUID
    name: StemName
    engine: str
    engine_version: str
    duration_s: float
    size: int = Field(description="Bytes")
    url: str = Field(description="FLAC, signed, for a while")
    created_at: datetime
