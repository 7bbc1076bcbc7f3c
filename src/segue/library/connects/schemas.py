"""What connects say over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from segue.library.connects.platforms.platform import PlatformName
from segue.library.connects.service import Standing
from segue.library.connects.tables import ConnectionStatus


class ConnectIn(BaseModel):
    """What an app may bring to connect an account."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "7bd0e2a5-2b2c-4b3f-9d3c-0e9a4b8a1c55"}})

    token: SecretStr | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="ListenBrainz: the user token; Apple Music: the music user token that MusicKit gave",
    )

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not all("!" <= sign <= "~" for sign in token.get_secret_value()):
            raise ValueError("A token has ASCII letters, digits and signs only, and no spaces: copy it again.")
        return token


class ConnectionView(BaseModel):
    """A connected account."""

    model_config = ConfigDict(from_attributes=True)

    account: str = Field(description="What the platform calls you")
    status: ConnectionStatus = Field(description="lapsed: connect again")
    connected_at: datetime
    last_polled_at: datetime | None
    next_poll_at: datetime
    cursors: dict[str, Any] = Field(description="How far each resource has been read")
    last_error: str | None = Field(description="What went wrong at the last look")
    import_id: UUID | None = Field(description="All that it has brought, as an import: see /imports/{id}")


class PlatformView(BaseModel):
    """A platform that is set up here, and how you stand with it."""

    platform: PlatformName
    title: str
    connects_by: Literal["redirect", "token"]
    connection: ConnectionView | None = Field(description="Null: not connected")

    @classmethod
    def of(cls, standing: Standing) -> "PlatformView":
        """Show a standing."""
        connection = standing.connection
        return cls(
            platform=standing.platform,
            title=standing.title,
            connects_by=standing.connects_by,
            connection=None if connection is None else ConnectionView.model_validate(connection),
        )


class Connections(BaseModel):
    """The platforms that are set up here."""

    items: list[PlatformView]


class NextStep(BaseModel):
    """What an app has to do next to connect an account."""

    step: Literal["authorize", "token", "music_user_token", "connected"] = Field(
        description="authorize: open `url` in the browser; token: have the user copy the one at `url`, and send it; "
        "music_user_token: give `developer_token` to MusicKit, and send the token that it gives; connected: nothing"
    )
    url: str | None = None
    developer_token: str | None = None
    expires_at: datetime | None = Field(default=None, description="Begin again after this")
    connection: ConnectionView | None = None


class AggregateIn(BaseModel):
    """Which accounts to look at."""

    platforms: list[PlatformName] | None = Field(
        default=None, max_length=6, description="Absent: all", examples=[["spotify", "lastfm"]]
    )


class AggregateStarted(BaseModel):
    """A look that has begun."""

    job_id: UUID = Field(description="Watch it at /jobs/{job_id}/events")


class Disconnected(BaseModel):
    """An account that is connected no more."""

    revoked: bool = Field(
        description="Whether the platform was told. If not, take Segue off the apps that your account there lists"
    )
