"""What the routes of screenshots take and give."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
_Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class BoxView(BaseModel):
    """Where on the image something stands, in pixels from its left upper corner."""

    left: int
    top: int
    right: int
    bottom: int


class MatchView(BaseModel):
    """A song of the catalogue that a row may be."""

    track_id: UUID = Field(description="Show it at /tracks/{track_id}")
    title: str
    artist: str | None
    album: str | None
    duration_s: float | None
    score: float | None = Field(ge=0, le=1, description="How probable it is by its name; null where you chose it")


class RowView(BaseModel):
    """A row of a screenshot, as it was read or corrected."""

    number: int
    box: BoxView | None = Field(description="Null for rows that you added")
    text: str | None = Field(description="What was read, a line for each line, columns parted by tabs")
    confidence: float | None = Field(ge=0, le=1, description="How sure the reading is, by what was read worst")
    title: str
    artist: str
    album: str | None
    duration_s: float | None
    match: MatchView | None = Field(description="The song that it counts as; null: one is looked for or added as read")
    alternatives: list[MatchView] = Field(description="Others that it may be, the likeliest first")
    dropped: bool = Field(description="It does not count; so begin rows that the image shows in part")


class Rows(BaseModel):
    """Rows of a screenshot, from the top."""

    items: list[RowView]
    next_after: int | None = Field(default=None, description="Send it as `after` to get what follows")


class RowChange(BaseModel):
    """What of a row is otherwise; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "Harbour Lights", "artist": "The Piers"}})

    title: _Title | None = None
    artist: _Name | None = None
    album: _Name | None = None
    track_id: UUID | None = Field(default=None, description="The song that it is; null: none that the catalogue has")
    dropped: bool | None = None


class NewRow(BaseModel):
    """A row that was overlooked."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "Low Tide", "artist": "The Piers"}})

    title: _Title
    artist: _Name = ""
    album: _Name | None = None
    track_id: UUID | None = None


class Confirmation(BaseModel):
    """How to keep the rows."""

    model_config = ConfigDict(json_schema_extra={"example": {"playlist": "Evening by the sea"}})

    playlist: _Title | None = Field(default=None, description="What to call the list; null: as the image does")
