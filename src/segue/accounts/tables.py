"""Accounts in the database: who signs in, how others see them, the sign-ins and keys that are still good."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column

from segue.kit.database import Base
from segue.kit.ids import new_id


class User(Base):
    """Somebody who signs in: with a password here, or at the project that `issuer` names."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("issuer IS NOT NULL OR (email IS NOT NULL AND password_hash IS NOT NULL)", name="can_sign_in"),
        CheckConstraint("tier IN ('free', 'premium')", name="tier"),
        Index("uq_users_email", "email", unique=True, postgresql_where=text("issuer IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str | None] = mapped_column(CITEXT)
    password_hash: Mapped[str | None]
    issuer: Mapped[str | None]
    user_metadata: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]
    #: Where this listener's taste lies, and what they prefer: the domain of tastes has them written.
    taste_vector: Mapped[Any] = mapped_column(Vector(768), nullable=True, deferred=True)
    preferences_profile: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"), deferred=True)
    tier: Mapped[Literal["free", "premium"]] = mapped_column(Text, server_default=text("'free'"))
    #: IANA's name of where they are: their day ends at midnight there.
    time_zone: Mapped[str] = mapped_column(server_default=text("'UTC'"))
    #: How many tracks were made for them in the day that `daily_from` and `daily_until` say: `generation` counts.
    daily_count: Mapped[int] = mapped_column(server_default=text("0"))
    daily_from: Mapped[datetime | None]
    daily_until: Mapped[datetime | None]


class Profile(Base):
    """How a user appears to others."""

    __tablename__ = "profiles"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    handle: Mapped[str] = mapped_column(String(30), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    bio: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime]


class RefreshToken(Base):
    """One link of a chain: each use replaces it by the next one of the same family, which is one sign-in."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    family_id: Mapped[UUID] = mapped_column(index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiToken(Base):
    """What a player or script of a user's sends in place of a sign-in; good until it is revoked."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PrivateSession(Base):
    """A time in which nothing that a user hears is kept; the one that ends last may still run."""

    __tablename__ = "private_sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]


class DataExport(Base):
    """All that is a user's, in one file, for as long as it is kept; the job that makes it tells how far it is."""

    __tablename__ = "data_exports"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    job_id: Mapped[UUID]
    sha256: Mapped[str | None] = mapped_column(index=True)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class DeletedAccount(Base):
    """That somebody who signs in elsewhere has deleted their account: no token of before may make it anew."""

    __tablename__ = "deleted_accounts"

    #: SHA-256 of the user's id: enough to know it again.
    id_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    deleted_at: Mapped[datetime]
