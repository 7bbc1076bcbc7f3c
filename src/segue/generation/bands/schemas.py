"""What the routes of bands take and give."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from segue.kit.text import Storable

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\r\n\t]+$"), Storable
]
Bio = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Storable]
Visibility = Literal["private", "public"]
ReleaseKind = Literal["single", "ep", "album"]


class SaveBandIn(BaseModel):
    """A band to keep, and what to change of it; what is absent stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"track_id": "01a1ff10-0664-763c-80bf-c013439a3095", "visibility": "public"}},
    )

    band_id: UUID | None = None
    track_id: UUID | None = Field(
        default=None, description="A generated track of yours: its band; one is founded if it has none"
    )
    name: Name | None = Field(default=None, description="No artist's of the catalogue, and no other band's")
    bio: Bio | None = None
    visibility: Visibility | None = Field(
        default=None, description="Public: everyone sees the band and plays its tracks, and may follow it"
    )
    releases_weekly: bool | None = Field(
        default=None, description="A new single every week while the band has followers; it counts as yours of the day"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.band_id is None) == (self.track_id is None):
            raise ValueError("send either `band_id` or `track_id`")
        return self


class FollowBandIn(BaseModel):
    """A band to follow, or not any more."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"band_id": "01a1ff10-0555-7c1e-9d5c-5e4f1f6a7b11", "follow": True}},
    )

    band_id: UUID
    follow: bool = True


class BandSummary(BaseModel):
    """A band."""

    id: UUID
    name: str
    bio: str
    cover: str = Field(description="JPEG, 1000 pixels square; the address is good for a while")
    visibility: Visibility
    own: bool = Field(description="Whether it is yours")
    saved: bool = Field(description="Whether its owner keeps it")
    followers: int
    following: bool = Field(description="Whether you follow it")
    created_at: datetime


class BandTrackView(BaseModel):
    """A track of a release."""

    id: UUID
    title: str
    duration_s: float | None


class ReleaseView(BaseModel):
    """A single, EP or album."""

    id: UUID
    title: str
    kind: ReleaseKind
    released_at: datetime
    cover: str = Field(description="JPEG, 1000 pixels square; the address is good for a while")
    tracks: list[BandTrackView]


class BandView(BandSummary):
    """A band with all that it released."""

    styles: list[str] = Field(description="What it plays, the most of it first")
    instruments: list[str]
    releases_weekly: bool
    next_release_at: datetime | None
    name_taken_at: datetime | None = Field(
        description="Since when the catalogue knows an artist of this name; give the band another one"
    )
    albums: list[ReleaseView] = Field(description="Newest first; a single may come again on an album")


class Followed(BaseModel):
    """How you stand to a band."""

    band_id: UUID
    following: bool
    followers: int
