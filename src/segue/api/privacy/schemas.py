"""What goes over the wire about exports."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from segue.kit.jobs import JobStatus


class ExportIn(BaseModel):
    """What to export."""

    audio: bool = Field(default=True, description="Whether the audio is to be in it: uploads, stems, mashups")


class ExportView(BaseModel):
    """An export: how far it is, and where the newest one lies."""

    job_id: UUID
    status: JobStatus
    progress: int = Field(ge=0, le=100, description="Percent")
    error_message: str | None
    made_at: datetime | None = Field(
        description="When the newest one was made; null: there is none yet, or none any more"
    )
    expires_at: datetime | None
    size_bytes: int | None
    url: str | None = Field(description="Where whoever has this address may fetch it; ask again for a new one")
