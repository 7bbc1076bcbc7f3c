"""What the routes of players' passwords give."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class PlayerPasswordOut(BaseModel):
    """The password of one's players, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    created_at: datetime
    last_used_at: datetime | None = Field(description="To the hour")


class PlayerPasswordMade(PlayerPasswordOut):
    """A new password for one's players, with its secret."""

    username: str = Field(description="What to give the player as the user; your email does, too", examples=["ada"])
    password: str = Field(description="Keep it now: it cannot be shown again", examples=["k7mq-..."])
    server: str = Field(description="What to give the player as the server", examples=["http://127.0.0.1:8472"])
