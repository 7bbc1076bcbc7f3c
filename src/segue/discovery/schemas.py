"""What the routes of the queue take and give."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from segue.catalog.schemas import TrackSource
from segue.discovery.line import AddedBy, ItemOutcome
from segue.discovery.radio import Note, SeedKind

Version = Annotated[
    int | None, Field(ge=0, description="Of the queue that you saw: if it is another by now, nothing is changed (409)")
]


class ItemView(BaseModel):
    """A track in a queue."""

    id: UUID
    track_id: UUID = Field(description="Play it at /play/{track_id}")
    type: Literal["ai", "real"]
    source: TrackSource
    title: str
    artist: str | None
    duration_s: float | None
    added_by: AddedBy
    outcome: ItemOutcome | None = Field(description="Null until it is past")


class RadioView(BaseModel):
    """What keeps a queue filled."""

    seed: SeedKind
    seed_id: UUID | None
    began_at: AwareDatetime
    making: int = Field(description="Tracks that are being made for it")
    note: Note | None = Field(
        description="Why nothing is made ahead: `quota`: as many as today's were made; `busy`: too much of yours waits;"
        " `unavailable`. It goes on with what there is"
    )


class QueueView(BaseModel):
    """Your queue, the same on all your devices."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"version": 7, "position": 2, "current": None, "items": [], "radio": None}}
    )

    version: int
    position: int = Field(description="Index of what plays; beyond the last: all is past")
    current: ItemView | None
    items: list[ItemView]
    radio: RadioView | None
    can_undo: bool = Field(description="Whether something that was cleared or removed can be put back")


class Add(BaseModel):
    """Tracks to add: yours, public ones, songs of the catalogue, generated ones, mixed as you like."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"track_ids": ["01a1ff10-0664-763c-80bf-c013439a3095"], "where": "next"}}
    )

    track_ids: list[UUID] = Field(min_length=1, max_length=200)
    where: Literal["next", "end"] = Field(default="end", description="`end`: before what a radio adds")
    version: Version = None


class Move(BaseModel):
    """An item, and the index that it is to have."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"item_id": "01a1ff10-0664-763c-80bf-c013439a3095", "to": 0}}
    )

    item_id: UUID
    to: int = Field(ge=0)
    version: Version = None


class Change(BaseModel):
    """A change that needs no more than the version that it is meant for."""

    version: Version = None


class GoOn(Change):
    """What became of the item that played."""

    skipped: bool = Field(default=False, description="Whether you left it: a radio bends away from it")
    item_id: UUID | None = Field(
        default=None, description="Which item that was: if another plays by now, nothing is done"
    )


class Jump(Change):
    """The item to play."""

    model_config = ConfigDict(json_schema_extra={"example": {"item_id": "01a1ff10-0664-763c-80bf-c013439a3095"}})

    item_id: UUID


class BeginRadio(Change):
    """What a radio begins with: a track, a playlist, or, with neither, your taste."""

    track_id: UUID | None = None
    playlist_id: UUID | None = None

    @model_validator(mode="after")
    def _one_seed(self) -> "BeginRadio":
        if self.track_id is not None and self.playlist_id is not None:
            raise ValueError("a radio begins with a track or with a playlist, not with both")
        return self
