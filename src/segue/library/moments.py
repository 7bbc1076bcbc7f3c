"""Pages of what is told by a moment and a track, newest first: a cursor is both."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import DateTime, Select, Uuid, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from segue.kit.errors import InvalidRequest

_FORMAT: Final = struct.Struct(">q16s")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class At:
    """Where a page ended."""

    moment: datetime
    track_id: UUID

    def as_cursor(self) -> str:
        """Return it as what clients send back."""
        packed = _FORMAT.pack((self.moment - _EPOCH) // _MICROSECOND, self.track_id.bytes)
        return urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def of_cursor(cls, cursor: str) -> Self:
        """Return what `as_cursor` made a text of.

        Raises
        ------
        InvalidRequest
            It did not.
        """
        try:
            microseconds, track = _FORMAT.unpack(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            return cls(_EPOCH + microseconds * _MICROSECOND, UUID(bytes=track))
        except (ValueError, struct.error, OverflowError) as error:
            raise InvalidRequest("The cursor is not one of ours: send `next_cursor` back unchanged.") from error


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page is asked for."""

    limit: int
    after: At | None

    def of(
        self, query: Select[Any], moment: InstrumentedAttribute[datetime], track: InstrumentedAttribute[UUID]
    ) -> Select[Any]:
        """Return a query for the page, newest first, and one row more: whether there is another page."""
        if self.after is not None:
            moment_then = literal(self.after.moment, DateTime(timezone=True))
            before = tuple_(moment_then, literal(self.after.track_id, Uuid))
            query = query.where(tuple_(moment, track) < before)
        return query.order_by(moment.desc(), track.desc()).limit(self.limit + 1)


def _pages(
    limit: Annotated[int, Query(ge=1, le=200, description="How many items at most")] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
) -> Pages:
    return Pages(limit, None if cursor is None else At.of_cursor(cursor))


AskedPages = Annotated[Pages, Depends(_pages)]
