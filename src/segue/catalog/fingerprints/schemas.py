"""What the routes of recognising give."""

from uuid import UUID

from pydantic import BaseModel, Field

from segue.catalog.schemas import TrackSource


class Recording(BaseModel):
    """A track that was recognised."""

    track_id: UUID
    title: str
    artist: str | None
    source: TrackSource


class Identified(Recording):
    """A track that an excerpt is of."""

    start_s: float = Field(description="Where in the track the excerpt begins")
    end_s: float = Field(description="Where it ends")
    speed: float = Field(description="Seconds of the track in a second of the excerpt: above 1 the excerpt is faster")
    transposed_semitones: float = Field(description="How much higher than the track the excerpt sounds")
    confidence: float = Field(ge=0, le=1, description="1 less the chance that other music looks so much like it")


class Identification(BaseModel):
    """What an excerpt is."""

    matches: list[Identified] = Field(description="Best first; none if nothing that you may see is like it")


class SourceRange(BaseModel):
    """A time in which a source sounds."""

    start_s: float
    end_s: float
    source_start_s: float = Field(description="Where in the source that is")
    source_end_s: float
    speed: float = Field(description="Seconds of the source in a second of the mix")
    transposed_semitones: float = Field(description="How much higher it sounds than the source")


class MixSource(Recording):
    """A track that sounds in a mix."""

    ranges: list[SourceRange]


class Sources(BaseModel):
    """What a track is made of, as heard in its audio."""

    job_id: UUID | None = Field(description="If the track was not fingerprinted yet: the job that does it; ask again")
    sources: list[MixSource] = Field(description="The most heard first; among the tracks that you may see")
