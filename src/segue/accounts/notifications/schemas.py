"""What the routes of notifications take and give."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class NotificationView(BaseModel):
    """Something that you were told."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": "01a1ff10-0664-763c-80bf-c013439a3095",
                "kind": "band.release",
                "subject_id": "01a1ff10-0555-7c1e-9d5c-5e4f1f6a7b11",
                "data": {"title": "Quiet Harbour", "body": "New single: Slow Light"},
                "created_at": "2026-11-21T10:00:00Z",
                "read_at": None,
            }
        },
    )

    id: UUID
    kind: str = Field(description="`band.release`, `band.name_taken`; others may come")
    subject_id: UUID = Field(description="What it is about: a release, a band")
    data: dict[str, Any] = Field(description="`title` and `body` to be shown, and what the kind has beside")
    created_at: datetime
    read_at: datetime | None


class ReadIn(BaseModel):
    """What you have read."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"up_to": "01a1ff10-0664-763c-80bf-c013439a3095"}}
    )

    up_to: UUID | None = Field(default=None, description="The newest one that you have read; absent: all")


class Unread(BaseModel):
    """What is left to read."""

    unread: int


class PushKeyView(BaseModel):
    """What a page needs in order to subscribe."""

    public_key: str = Field(description="Give it to `PushManager.subscribe` as `applicationServerKey`")


class PushKeysIn(BaseModel):
    """The keys of a browser's subscription."""

    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class PushSubscriptionIn(BaseModel):
    """A browser's subscription, as its `PushSubscription.toJSON()` gives it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
                "keys": {"p256dh": "BNc...", "auth": "tBH..."},
            }
        }
    )

    endpoint: str = Field(max_length=2000)
    keys: PushKeysIn
    expirationTime: float | None = None  # noqa: N815 - the browsers' name


class PushSubscriptionOut(BaseModel):
    """A browser that is pushed to."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime


class PushEndpointIn(BaseModel):
    """A browser that shall not be pushed to any more."""

    model_config = ConfigDict(json_schema_extra={"example": {"endpoint": "https://fcm.googleapis.com/fcm/send/abc"}})

    endpoint: str = Field(max_length=2000)
