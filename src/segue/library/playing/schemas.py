"""What the routes of playing take and give."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from segue.catalog.playback.service import PlayFormat
from segue.catalog.schemas import TrackSource
from segue.library.playing.counting import Outcome, is_mistaken
from segue.library.playing.embeds import EmbedPlatform

MOST_PLAYS = 500


class PlayQuery(BaseModel):
    """How somebody wants to play a track."""

    format: PlayFormat = Field(default="original", description="What to bring it into; `original`: as it was brought")
    bitrate: int | None = Field(default=None, ge=16, le=2000, description="kbit/s at most")
    normalize: bool = Field(default=False, description="Bring it to -14 LUFS, so far as its peaks allow")
    platform: EmbedPlatform | None = Field(default=None, description="Whose player you prefer")


class EmbedView(BaseModel):
    """A platform's own player."""

    model_config = ConfigDict(from_attributes=True)

    platform: EmbedPlatform
    embed_url: str = Field(description="For an `<iframe>`")


class Gapless(BaseModel):
    """What lies around the sound in the file, in samples: a player that cuts it off plays without a gap."""

    sample_rate: int
    samples: int = Field(description="Of the sound itself")
    delay: int = Field(description="Before it; also told in the file: LAME tag, edit list, Opus's pre-skip")
    padding: int = Field(description="Behind it")


class Playable(BaseModel):
    """How a track is played: at `url`, or by a platform's own player at `embed_url`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "ai",
                "url": "http://127.0.0.1:8472/media/9f86d0.../opus-128-+0.0dB-v1/Low%20Tide.opus?expires=...",
                "title": "Low Tide",
                "format": "opus",
            }
        }
    )

    type: Literal["ai", "real"] = Field(description="`ai`: made by Segue; `real`: a recording that somebody brought")
    track_id: UUID
    source: TrackSource
    title: str
    artist: str | None
    url: str | None = Field(description="Audio, with range requests, signed, for a while; null: play `embed_url`")
    embed_url: str | None = Field(description="The platform's player that suits you best; null: play `url`")
    embeds: list[EmbedView] = Field(description="All platforms' players of this song, the best first")
    audio_track_id: UUID | None = Field(description="The track that is heard: your own upload of the same song, say")
    duration_s: float | None
    media_type: str | None
    format: str | None = Field(description="Of what is at `url`: the container, or what it is brought into")
    bit_rate_kbps: int | None
    ready: bool = Field(description="Whether `url` answers ranges at once; if not, it streams while it is made")
    loudness_lufs: float | None = Field(description="As it was brought; null until it is analysed")
    gain_db: float | None = Field(description="To be added for -14 LUFS, so far as its peaks allow")
    applied_gain_db: float = Field(description="What is added already at `url`")
    peak: float | None = Field(description="True peak as it was brought, full scale = 1")
    gapless: Gapless | None = Field(description="Null until it is known")


class Waveform(BaseModel):
    """What a player draws."""

    track_id: UUID
    duration_s: float
    peaks: list[float] = Field(description="Highest level of so many equal stretches, 0 to 1")


def _not_to_come(moment: AwareDatetime) -> AwareDatetime:
    if is_mistaken(moment):
        raise ValueError("it lies in the future: is the clock right?")
    return moment


class PlayReport(BaseModel):
    """How far a play is: send it again, with more of it heard, as often as you like."""

    track_id: UUID
    started_at: Annotated[AwareDatetime, AfterValidator(_not_to_come)] = Field(
        description="When it began, the same in each report: by it and the track a play is told from others"
    )
    played_ms: int = Field(default=0, ge=0, le=24 * 3600 * 1000, description="How much has been heard so far")
    event: Literal["start", "progress", "skip", "end"] = Field(
        description="`skip`: the listener left it; `end`: it ran to its end, or was stopped"
    )


class PlayReports(BaseModel):
    """Reports of one play or of many: what was heard offline can be told later."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "plays": [
                    {
                        "track_id": "01a1fbbd-0420-719b-ab81-588080a44bc5",
                        "started_at": "2026-11-20T10:00:00.250Z",
                        "played_ms": 31000,
                        "event": "progress",
                    }
                ]
            }
        }
    )

    plays: list[PlayReport] = Field(min_length=1, max_length=MOST_PLAYS)


class PlayOutcome(BaseModel):
    """What became of a report."""

    track_id: UUID
    outcome: Outcome = Field(
        description="`counted`: it is a play; `skipped`: it was left too early; `noted`: it may become either yet"
    )


class PlayOutcomes(BaseModel):
    """What became of reports, in their order."""

    items: list[PlayOutcome]


class NowPlaying(BaseModel):
    """What your player plays."""

    track_id: UUID | None
    since: AwareDatetime | None
