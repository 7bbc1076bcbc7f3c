"""What the routes of playlists take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from segue.catalog.schemas import TrackSource
from segue.kit.pagination import Page
from segue.kit.text import Storable
from segue.library.playlists.editing import MOST_ENTRIES

MOST_AT_ONCE = 1_000
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), Storable]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), Storable]


class NewPlaylist(BaseModel):
    """A list that is to be made."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Late trains", "tracks": ["01a1ff10-0664-763c-80bf-c013439a3095"]}}
    )

    name: Name
    tracks: list[UUID] = Field(default=[], max_length=MOST_ENTRIES, description="In their order; one may be in twice")
    description: Description = ""
    public: bool = Field(default=False, description="Whether everyone may see it, at an address of its own")


class PlaylistPatch(BaseModel):
    """What to change; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Later trains", "public": True}})

    name: Name | None = None
    description: Description | None = None
    public: bool | None = None


class _Place(BaseModel):
    position: int | None = Field(default=None, ge=0, description="So many entries stand before them then")
    before: UUID | None = Field(default=None, description="The entry before which they come: sure, whoever else edits")

    @model_validator(mode="after")
    def _one_place(self) -> "_Place":
        if self.position is not None and self.before is not None:
            raise ValueError("say a position, or an entry to come before: not both")
        return self


class NewEntries(_Place):
    """Tracks that come into a list; at its end, unless a place is said."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"tracks": ["01a1ff10-0664-763c-80bf-c013439a3095"], "position": 0}}
    )

    tracks: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Moving(_Place):
    """Entries that go elsewhere in a list; to its end, unless a place is said, which is told without them."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"entries": ["01a1ff10-0664-763c-80bf-c013439a3095"], "position": 0}}
    )

    entries: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE, description="In the order they are to have")


class Removing(BaseModel):
    """Entries that are taken out of a list."""

    model_config = ConfigDict(json_schema_extra={"example": {"entries": ["01a1ff10-0664-763c-80bf-c013439a3095"]}})

    entries: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Replacing(BaseModel):
    """What a list is to consist of; entries of tracks that stay keep who added them, and when."""

    model_config = ConfigDict(json_schema_extra={"example": {"tracks": ["01a1ff10-0664-763c-80bf-c013439a3095"]}})

    tracks: list[UUID] = Field(max_length=MOST_ENTRIES)


class Person(BaseModel):
    """Somebody, by what they are called."""

    model_config = ConfigDict(from_attributes=True)

    handle: str
    display_name: str


class PlaylistView(BaseModel):
    """A list, without what is in it."""

    id: UUID
    name: str
    description: str
    source: str = Field(description="`segue` if it was made here, else the format or service that it came from")
    owner: Person | None
    role: Literal["owner", "editor", "viewer", "invited", "visitor"] = Field(description="What you may do with it")
    public_url: str | None = Field(description="Where everyone may see it; null: it is not public")
    cover_url: str
    entries: int = Field(description="How many there are")
    duration_s: float = Field(description="Of those tracks of which it is known")
    version: int = Field(description='Send it as `If-Match: "7"` with an edit: if it is another by then, 409')
    created_at: datetime
    edited_at: datetime
    deleted_at: datetime | None


class TrackInList(BaseModel):
    """A track, as a list shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    artist: str | None
    album: str | None
    source: TrackSource
    duration_s: float | None


class EntryView(BaseModel):
    """A track in a list, with a place of its own."""

    id: UUID
    position: int
    track_id: UUID
    track: TrackInList | None = Field(description="Null: it is another's, and private")
    added_at: datetime | None
    added_by: Person | None = Field(description="Null: the list's source, or somebody who is gone")


class PlaylistWithEntries(PlaylistView):
    """A list with the beginning of what is in it."""

    items: Page[EntryView] = Field(description="Go on at `/playlists/{id}/entries`")


class Added(BaseModel):
    """What came into a list."""

    entries: list[UUID]
    playlist: PlaylistView


class RevisionView(BaseModel):
    """An edit of a list."""

    number: int
    kind: Literal["add", "remove", "move", "replace", "describe", "delete", "source"]
    made_by: Person | None
    made_at: datetime
    size: int = Field(description="How many entries it changed")
    undone: bool = Field(description="It was taken back, and can be done again")


class Revisions(BaseModel):
    """Edits of a list, the newest first."""

    items: list[RevisionView]
    next_below: int | None = Field(default=None, description="Send it as `below` to get older ones")


class Inviting(BaseModel):
    """Somebody who is to share a list, and as what."""

    handle: str = Field(min_length=1, max_length=40, examples=["ada"])
    role: Literal["viewer", "editor"] = "editor"


class CollaboratorView(BaseModel):
    """Somebody who shares a list."""

    person: Person | None
    role: Literal["viewer", "editor"]
    invited_at: datetime
    joined_at: datetime | None = Field(description="Null: they have not answered yet")


class Collaborators(BaseModel):
    """Those who share a list."""

    items: list[CollaboratorView]


class NewLink(BaseModel):
    """A link by which whoever has it joins a list."""

    role: Literal["viewer", "editor"] = "editor"
    good_for_hours: int = Field(default=7 * 24, ge=1, le=90 * 24)


class LinkView(BaseModel):
    """A link to join by, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    role: Literal["viewer", "editor"]
    created_at: datetime
    expires_at: datetime


class LinkMade(LinkView):
    """A new link to join by."""

    token: str = Field(description="Give it on now: it cannot be shown again. It is taken at POST /playlists/join")


class Links(BaseModel):
    """Links to join by."""

    items: list[LinkView]


class Joining(BaseModel):
    """The secret of a link to join by."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "what the link ends with"}})

    token: str = Field(min_length=1, max_length=100)


class Joined(BaseModel):
    """The list that was joined."""

    playlist_id: UUID


class CommentIn(BaseModel):
    """What somebody says of a list."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "The third one!"}})

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), Storable]


class CommentView(BaseModel):
    """What somebody said of a list."""

    id: UUID
    author: Person | None
    text: str
    created_at: datetime
    edited_at: datetime | None
