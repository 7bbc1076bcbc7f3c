"""What goes over the wire about accounts."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints

from segue.kit.text import Storable

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
#: Atoms, an @, host labels (RFC 5321, 4.1.2, without quoted strings, with the letters of RFC 6531).
_EMAIL = re.compile(
    r"(?=.{3,254}$)(?=[^@]{1,64}@)" + _ATOM + r"(?:\." + _ATOM + r")*@" + _LABEL + r"(?:\." + _LABEL + r")*"
)
_HANDLE = re.compile(r"[a-z0-9][a-z0-9_-]{1,28}[a-z0-9]")
#: Handles that would be taken for us, or for an address of ours.
_RESERVED = frozenset(
    {"about", "admin", "administrator", "api", "app", "docs", "help", "login", "logout", "me", "moderator", "null"}
    | {"official", "profile", "root", "security", "segue", "settings", "signup", "static", "support", "system", "www"}
)


def _check_email(value: str) -> str:
    """Return an address as it is compared; hosts of a home network (``ada@nas.local``) are as good as any."""
    address = unicodedata.normalize("NFKC", value.strip()).lower()
    if not _EMAIL.fullmatch(address):
        raise ValueError("this is not an email address: write it like ada@example.com")
    return address


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _check_handle(value: str) -> str:
    if not _HANDLE.fullmatch(value):
        raise ValueError("a handle has 3 to 30 of a-z, 0-9, - and _, and begins and ends with a letter or digit")
    if value in _RESERVED:
        raise ValueError("this handle is reserved")
    return value


def _check_time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("this is no time zone: write it as IANA does, like Europe/Berlin")
    return value


TimeZone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"]), AfterValidator(_check_time_zone)]
Email = Annotated[
    str,
    AfterValidator(_check_email),
    Field(max_length=254, examples=["ada@example.com"], json_schema_extra={"format": "email"}),
]
Password = Annotated[SecretStr, Field(max_length=4096, examples=["correct horse battery"])]
Handle = Annotated[str, BeforeValidator(_lower), AfterValidator(_check_handle), Field(examples=["ada"])]

DisplayName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), Storable]
Bio = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Storable]


class Credentials(BaseModel):
    """Who signs up or in."""

    email: Email
    password: Password


class RefreshIn(BaseModel):
    """The refresh token of a sign-in."""

    refresh_token: str = Field(min_length=1, max_length=512, examples=["Vq3J0nU1m0y3H1cZ4tT2mQ6sK8fJ5rB7wX9pL0aD2eE"])


class PasswordChange(BaseModel):
    """The password that was and the one that shall be."""

    current_password: Password
    new_password: Password


class ProfileOut(BaseModel):
    """How a user appears to others."""

    model_config = ConfigDict(from_attributes=True)

    user_id: UUID
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    bio: str = Field(examples=["I weave algebraical patterns."])
    created_at: datetime


class ProfilePatch(BaseModel):
    """What to change; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid")

    time_zone: TimeZone | None = Field(
        default=None, description="Where you are, by IANA's name: your day ends at midnight there"
    )
    handle: Handle | None = None
    display_name: DisplayName | None = Field(default=None, examples=["Ada Lovelace"])
    bio: Bio | None = Field(default=None, examples=["I weave algebraical patterns."])


class UserOut(BaseModel):
    """An account, in the words of Supabase Auth."""

    id: UUID
    aud: Literal["authenticated"] = "authenticated"
    role: Literal["authenticated"] = "authenticated"
    email: str | None = Field(examples=["ada@example.com"])
    created_at: datetime
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]


class Me(UserOut):
    """The account that is signed in, and its profile."""

    user_id: UUID
    profile: ProfileOut
    private_until: datetime | None = Field(description="When the private session ends; null: there is none")
    time_zone: str = Field(examples=["Europe/Berlin"])
    tier: Literal["free", "premium"]


class DeletionIn(BaseModel):
    """That one really wants one's account deleted."""

    password: Password | None = Field(default=None, description="Not needed right after signing in")


class PrivateSessionIn(BaseModel):
    """Whether to listen in private from now on, and for how long."""

    on: bool = Field(examples=[True])
    minutes: int = Field(default=6 * 60, ge=1, le=7 * 24 * 60, description="It ends by itself after so many")


class PrivateSessionOut(BaseModel):
    """Whether one listens in private, and until when."""

    on: bool
    until: datetime | None


class TokensOut(BaseModel):
    """A sign-in: an access token for requests, and a refresh token for the next one."""

    access_token: str = Field(description="Send it as `Authorization: Bearer ...`")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a kind, not a secret
    expires_in: int = Field(description="Seconds that the access token is good for", examples=[900])
    expires_at: int = Field(description="The same as a Unix time", examples=[1794960000])
    refresh_token: str = Field(description="Good for one use: the answer brings the next one")
    user_id: UUID
    user: UserOut


class ApiTokenIn(BaseModel):
    """A token that is to be made."""

    name: str = Field(min_length=1, max_length=80, examples=["Pano Scrobbler on my phone"])


class ApiTokenOut(BaseModel):
    """A token, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the hour")


class ApiTokenMade(ApiTokenOut):
    """A new token, with its secret."""

    token: str = Field(description="Keep it now: it cannot be shown again", examples=["segue_..."])
