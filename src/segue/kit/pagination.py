"""Lists in pages: newest first, by an opaque cursor, so that rows added meanwhile neither repeat nor hide others."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from segue.kit.errors import InvalidRequest

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """A part of a list, and where the next part begins."""

    items: list[Item]
    next_cursor: str | None = Field(
        default=None, description="Send it back as `cursor` to get what follows; absent at the end of the list."
    )


class Paging(BaseModel):
    """Which part of a list is asked for."""

    limit: int = Field(default=50, ge=1, le=200)
    before: UUID | None = None


def encode_cursor(last_id: UUID) -> str:
    """Return the cursor of what follows the row `last_id`."""
    return urlsafe_b64encode(last_id.bytes).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> UUID:
    """Return the id that `cursor` was made from.

    Raises
    ------
    InvalidRequest
        If it was not made by `encode_cursor`.
    """
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise InvalidRequest("The cursor is not one of ours: send `next_cursor` back unchanged.") from error


async def newest_first(
    session: AsyncSession, statement: Select[Row], *, by: InstrumentedAttribute[UUID], paging: Paging
) -> tuple[Sequence[Row], str | None]:
    """Return one page of `statement`'s rows, newest first, and the cursor of the next page.

    Parameters
    ----------
    statement
        Selects one entity, filtered as the caller needs, not ordered.
    by
        The entity's UUIDv7 id, which sorts by the time it was made.
    """
    if paging.before is not None:
        statement = statement.where(by < paging.before)
    rows = (await session.scalars(statement.order_by(by.desc()).limit(paging.limit + 1))).all()
    if len(rows) <= paging.limit:
        return rows, None
    page = rows[: paging.limit]
    last: Any = page[-1]
    return page, encode_cursor(getattr(last, by.key))
