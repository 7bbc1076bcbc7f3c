"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): a POST that is sent twice is done once.

The answer is stored in the transaction of the work itself. A process that is killed in the middle has therefore stored
neither, and the client may send its request again; one that had finished gives the same answer again for a day.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from sqlalchemy import LargeBinary, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.datastructures import UploadFile

from segue.kit.clock import now
from segue.kit.database import Base
from segue.kit.errors import Conflict, InvalidRequest
from segue.kit.web.dependencies import CurrentUser, UserSession

#: How long an answer is kept.
KEPT_FOR = timedelta(hours=24)
_CHUNK = 2**20
_STATE = "idempotent_request"


class KeyReused(InvalidRequest):
    """The key was sent before, with another request."""

    type = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class StillRunning(Conflict):
    """The first request with this key has not been answered yet."""

    type = "idempotency-key-in-use"
    title = "The first request with this Idempotency-Key still runs"


class StoredAnswer(Base):
    """What was answered to a request that carried a key."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    media_type: Mapped[str | None]
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Replay(Exception):
    """Ends a request with the answer that was given before."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True)
class _Pending:
    """A request whose answer is to be stored."""

    session: AsyncSession
    user_id: UUID
    key: str
    fingerprint: bytes


async def _once(
    request: Request,
    user: CurrentUser,
    session: UserSession,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=255,
            description="Your own name for this request, such as a UUID: sent again, it is answered as before.",
        ),
    ] = None,
) -> None:
    if idempotency_key is None:
        return
    key = idempotency_key.strip().strip('"')
    if not key:
        raise InvalidRequest("Idempotency-Key is empty: send a UUID, or leave the header out.")
    await _lock(session, user.user_id, key)
    fingerprint = await _fingerprint(request)
    stored = await session.get(StoredAnswer, (user.user_id, key))
    if stored is not None and stored.created_at > now() - KEPT_FOR:
        if stored.fingerprint != fingerprint:
            raise KeyReused("Use a new Idempotency-Key for every new request.")
        raise Replay(_answer(stored))
    request.scope.setdefault("state", {})[_STATE] = _Pending(session, user.user_id, key, fingerprint)


#: Put it among the ``dependencies`` of a route whose router has ``route_class=ApiRoute``.
Idempotent = Depends(_once, scope="function")


async def store_answer(request: Request, response: Response) -> None:
    """Keep `response`, if the request carried a key, in the request's own transaction."""
    pending = cast("_Pending | None", request.scope.get("state", {}).get(_STATE))
    if pending is None:
        return
    session = pending.session
    stale = StoredAnswer.created_at <= now() - KEPT_FOR
    await session.execute(delete(StoredAnswer).where(StoredAnswer.user_id == pending.user_id, stale))
    session.add(
        StoredAnswer(
            user_id=pending.user_id,
            key=pending.key,
            fingerprint=pending.fingerprint,
            status=response.status_code,
            media_type=response.headers.get("content-type"),
            location=response.headers.get("location"),
            body=bytes(response.body),
            created_at=now(),
        )
    )
    await session.flush()


async def forget_answers(session: AsyncSession, user_id: UUID) -> None:
    """Delete the answers that are kept for a user who leaves; the session is the system's."""
    await session.execute(delete(StoredAnswer).where(StoredAnswer.user_id == user_id))


async def forget_stale_answers(session: AsyncSession) -> int:
    """Delete the answers that are kept too long, whoever's they are; return how many."""
    statement = delete(StoredAnswer).where(StoredAnswer.created_at <= now() - KEPT_FOR)
    return len((await session.scalars(statement.returning(StoredAnswer.key))).all())


async def _lock(session: AsyncSession, user_id: UUID, key: str) -> None:
    """Hold the key until the transaction ends, which the death of its process ends too."""
    digest = hashlib.sha256(user_id.bytes + key.encode()).digest()
    lock_id = int.from_bytes(digest[:8], "big", signed=True)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(lock_id))):
        raise StillRunning(
            "Wait for the answer to your first request, or send this one again shortly.", headers={"Retry-After": "1"}
        )


async def _fingerprint(request: Request) -> bytes:
    """Return a digest of what is asked for; multipart boundaries and the API's version prefix do not count."""
    path = request.url.path.replace("/api/v1/", "/api/", 1)
    digest = hashlib.sha256(f"{request.method} {path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").startswith(("multipart/", "application/x-www-form-urlencoded")):
        for name, value in (await request.form()).multi_items():
            digest.update(f"\n{len(name)}:{name}=".encode())
            if isinstance(value, UploadFile):
                digest.update(await _file_digest(value))
            else:
                digest.update(value.encode())
    else:
        digest.update(await request.body())
    return digest.digest()


async def _file_digest(file: UploadFile) -> bytes:
    digest = hashlib.sha256((file.filename or "").encode())
    await file.seek(0)
    while chunk := await file.read(_CHUNK):
        digest.update(chunk)
    await file.seek(0)
    return digest.digest()


def _answer(stored: StoredAnswer) -> Response:
    response = Response(stored.body, status_code=stored.status, media_type=stored.media_type)
    if stored.location is not None:
        response.headers["Location"] = stored.location
    response.headers["Idempotent-Replayed"] = "true"
    return response
