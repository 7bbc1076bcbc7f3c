"""What the routes of songs take and give."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from segue.catalog.songs.refs import isrc_of
from segue.kit.text import Storable


def _isrc(value: str) -> str:
    plain = isrc_of(value)
    if plain is None:
        raise ValueError("an ISRC is two letters, three letters or digits, and seven digits: GB-AYE-06-01477")
    return plain


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), Storable]


class NewSong(BaseModel):
    """A song that is told by hand."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"title": "Low Tide", "artist": "Ann Vale", "album": "Harbours", "year": 1971}}
    )

    title: Name
    artist: Name
    album: Name | None = None
    year: int | None = Field(default=None, ge=1860, le=2100)
    duration_ms: int | None = Field(default=None, ge=1, le=24 * 3600 * 1000)
    isrc: Annotated[str, AfterValidator(_isrc)] | None = Field(
        default=None, description="Of the recording, with or without hyphens"
    )


class SongSuggestion(BaseModel):
    """A song that may be meant."""

    track_id: UUID = Field(description="Show it at /tracks/{track_id}")
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float | None
    popularity: float = Field(ge=0, le=100, description="As far as is known; 0 for what nobody has told")


class SongSuggestions(BaseModel):
    """What was found for what was typed so far."""

    items: list[SongSuggestion] = Field(description="The likeliest first")


class AddedSong(BaseModel):
    """The song that was told of."""

    song: SongSuggestion
    how: Literal["id", "name", "new"] = Field(description="By what it was found; `new`: nobody had told of it before")
    score: float = Field(ge=0, le=1, description="How probable it is that this is the song; 1 for a new one")
    alternatives: list[SongSuggestion] = Field(description="Songs that it may be as well, the likeliest first")
