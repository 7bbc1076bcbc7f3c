"""What the library's routes take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ImportCounts(BaseModel):
    """What an import found, in rows, and what of it was new."""

    entries: int = Field(description="All rows that were read")
    songs: int = Field(description="Distinct songs, as the file spells them")
    listens: int
    kept: int = Field(description="Songs in the library, among favourites and in playlists")
    refused: int = Field(description="Rows that could not be read: see `/imports/{id}/problems`")
    omitted: dict[str, int] = Field(description="Rows left out on purpose, by reason")
    new_listens: int = Field(description="Listens that no other source had told of")
    new_songs: int = Field(description="Songs that are new in the library")


class ImportView(BaseModel):
    """A file that was brought."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": "01a1fbbd-0420-719b-ab81-588080a44bc5",
                "job_id": "01a1fbbd-0421-7f3e-8f54-2a6f1d9e7b10",
                "format": "spotify-extended",
                "filename": "my_spotify_data.zip",
                "size_bytes": 48211334,
                "counts": None,
                "created_at": "2026-11-20T10:00:00Z",
                "completed_at": None,
                "awaits_review": False,
            }
        },
    )

    id: UUID
    job_id: UUID | None = Field(description="Watch it at /jobs/{job_id}/events")
    format: str
    filename: str
    size_bytes: int
    counts: ImportCounts | None = Field(description="Null until the job is complete")
    created_at: datetime
    completed_at: datetime | None
    awaits_review: bool = Field(description="Look over what was read at /imports/{id}/rows, then confirm it")


class ProblemView(BaseModel):
    """A row of an import that was refused."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    place: str = Field(description="Where it stands in the file")
    reason: str


class Problems(BaseModel):
    """Refused rows of an import."""

    items: list[ProblemView]
    next_after: int | None = Field(default=None, description="Send it as `after` to get what follows")
